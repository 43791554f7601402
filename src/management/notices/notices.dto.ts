import { ApiProperty } from '@nestjs/swagger';
import { noticeKinds, type NoticeKind } from '../../core/notice.js';
import { EmailsField } from '../../platform/http/fields.js';
import { Paging } from '../../platform/http/pages.js';
import type { DeliveryState, NoticeChannel } from '../../store/entities/notice-delivery.entity.js';

const channels: readonly NoticeChannel[] = ['email', 'webhook'];
const deliveryStates: readonly DeliveryState[] = ['pending', 'delivered', 'given_up', 'kept'];

export class NoticeEmails {
  @EmailsField({
    max: 20,
    description: 'Who gets every notice of the account by e-mail',
    example: ['ops@example.com'],
  })
  emails!: string[];
}

export class DeliveryResponse {
  @ApiProperty({ example: 'dlv_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty({ enum: channels })
  channel!: NoticeChannel;

  @ApiProperty({ description: 'An e-mail address, or the id of a webhook' })
  recipient!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'The member who is told by their role; null where the account or the key names the address',
    example: 'mem_3f9hX0aB1cD2eF3gH4iJ',
  })
  memberId!: string | null;

  @ApiProperty({
    enum: deliveryStates,
    description:
      'pending: to be sent, or to be sent again; given_up: tried for a day, or refused for good, or for a member who was removed; kept: not sent, because SMTP_URL is not set',
  })
  state!: DeliveryState;

  @ApiProperty({ type: 'integer', description: 'Attempts since it was last asked for' })
  attempts!: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  nextAttemptAt!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  deliveredAt!: string | null;
}

export class AttemptResponse {
  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ enum: ['delivered', 'failed'] })
  outcome!: 'delivered' | 'failed';

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'What was answered: a status of HTTP, or a reply code of SMTP',
  })
  code!: number | null;

  @ApiProperty({ type: 'integer' })
  durationMs!: number;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'answered 503',
    description: 'Such as: refused by policy, not reachable, answered 503',
  })
  error!: string | null;
}

export class LoggedDeliveryResponse extends DeliveryResponse {
  @ApiProperty({ type: [AttemptResponse], description: 'The delivery log, oldest first' })
  log!: AttemptResponse[];
}

export class NoticeFacts {
  @ApiProperty({ example: 'ntc_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty()
  accountId!: string;

  @ApiProperty({ enum: noticeKinds })
  kind!: NoticeKind;

  @ApiProperty({ type: String, nullable: true })
  keyId!: string | null;

  @ApiProperty({ type: String, nullable: true })
  rotationId!: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ description: 'In one line, for a person' })
  subject!: string;

  @ApiProperty({ description: 'What happened' })
  happened!: string;

  @ApiProperty({ description: 'What to do' })
  toDo!: string;

  @ApiProperty({ type: Object, description: 'The same for a program; a webhook gets it as data' })
  data!: object;
}

export class NoticeResponse extends NoticeFacts {
  @ApiProperty({ type: [DeliveryResponse] })
  deliveries!: DeliveryResponse[];
}

export class LoggedNoticeResponse extends NoticeFacts {
  @ApiProperty({ type: [LoggedDeliveryResponse] })
  deliveries!: LoggedDeliveryResponse[];
}

export class NoticesPage {
  @ApiProperty({ type: [NoticeResponse] })
  results!: NoticeResponse[];

  @ApiProperty()
  paging!: Paging;
}
