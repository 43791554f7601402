import { Injectable, Logger } from '@nestjs/common';
import type { Notice } from '../core/notice.js';
import type { NoticeDeliveryEntity } from '../store/entities/notice-delivery.entity.js';
import type { NoticeEntity } from '../store/entities/notice.entity.js';
import type { Channel, Sent } from './channel.js';
import { MailServer } from './mail-server.js';
import { noticeEmail } from './notice-email.js';

/** Sends notices by SMTP. */
@Injectable()
export class EmailChannel implements Channel {
  readonly #logger = new Logger('EmailChannel');
  #hasSaidKept = false;

  constructor(private readonly server: MailServer) {}

  async send(
    notice: NoticeEntity,
    { id, recipient, memberId }: NoticeDeliveryEntity,
  ): Promise<Sent | 'kept'> {
    const sent = await this.server.send({
      ...noticeEmail({ kind: notice.kind, data: notice.data } as Notice, memberId !== null),
      // The same at each attempt.
      ...{ to: recipient, id: `${notice.id}.${id}`, date: notice.createdAt },
    });
    return sent ?? this.#keep();
  }

  #keep(): 'kept' {
    if (!this.#hasSaidKept) {
      this.#hasSaidKept = true;
      this.#logger.warn('SMTP_URL is not set: notices by e-mail are kept and shown, but not sent');
    }
    return 'kept';
  }
}
