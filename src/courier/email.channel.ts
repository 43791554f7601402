import { Inject, Injectable, Logger } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import type { Notice } from '../core/notice.js';
import { SETTINGS, type Settings, type SmtpSettings } from '../platform/config/settings.js';
import type { NoticeDeliveryEntity } from '../store/entities/notice-delivery.entity.js';
import type { NoticeEntity } from '../store/entities/notice.entity.js';
import { answered, type Channel, type Sent } from './channel.js';
import { noticeEmail } from './notice-email.js';

/** Milliseconds: to connect, to be greeted, and without a word after that. */
const [connectionTimeout, greetingTimeout, socketTimeout] = [10_000, 10_000, 10_000];

/** What nodemailer says of a failure; the text of the server's answer is not kept, for it may repeat anything. */
interface SmtpFailure {
  readonly code?: string;
  readonly responseCode?: number;
}

/** Sends notices by SMTP, one message for each recipient. */
@Injectable()
export class EmailChannel implements Channel {
  readonly #logger = new Logger('EmailChannel');
  readonly #smtp: SmtpSettings | null;
  readonly #transport: ReturnType<typeof transportTo> | null;
  #hasSaidKept = false;

  constructor(@Inject(SETTINGS) { smtp }: Settings) {
    this.#smtp = smtp;
    this.#transport = smtp && transportTo(smtp);
  }

  async send(
    notice: NoticeEntity,
    { id, recipient, memberId }: NoticeDeliveryEntity,
  ): Promise<Sent | 'kept'> {
    if (this.#smtp === null || this.#transport === null) return this.#keep();
    const { from } = this.#smtp;
    try {
      await this.#transport.sendMail({
        ...noticeEmail({ kind: notice.kind, data: notice.data } as Notice, memberId !== null),
        from: { name: 'Latchkey', address: from },
        to: { name: '', address: recipient },
        date: new Date(notice.createdAt),
        // The same at each attempt: by it a message that was sent twice is known for one.
        messageId: `<${notice.id}.${id}@${from.split('@')[1]}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      return { delivered: true, code: 250, error: null };
    } catch (error) {
      return faultOf(error as SmtpFailure);
    }
  }

  #keep(): 'kept' {
    if (!this.#hasSaidKept) {
      this.#hasSaidKept = true;
      this.#logger.warn('SMTP_URL is not set: notices by e-mail are kept and shown, but not sent');
    }
    return 'kept';
  }
}

function transportTo({ host, port, secure, user, password }: SmtpSettings) {
  return createTransport({
    ...{ host, port, secure, connectionTimeout, greetingTimeout, socketTimeout },
    ...(user !== null && { auth: { user, pass: password ?? '' } }),
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
}

function faultOf({ code, responseCode }: SmtpFailure): Sent {
  if (code === 'EAUTH')
    return { delivered: false, code: responseCode ?? null, error: 'login refused' };
  if (responseCode === undefined)
    return { delivered: false, code: null, error: 'mail server not reachable' };
  // 5xx is for good (RFC 5321, 4.2.1).
  return { delivered: false, ...answered(responseCode), isFinal: responseCode >= 500 };
}
