import { ApiProperty } from '@nestjs/swagger';
import { noticeKinds, type NoticeKind } from '../../core/notice.js';
import { ChoicesField, FlagField, TextField } from '../../platform/http/fields.js';
import { Paging } from '../../platform/http/pages.js';

const urlLengthMax = 2000;

export class CreateWebhookRequest {
  @TextField({
    max: urlLengthMax,
    example: 'https://hooks.example.com/latchkey',
    description:
      'Where notices are sent by POST: a public address by https, or what WEBHOOK_ALLOWED_RANGES allows',
  })
  url!: string;

  @ChoicesField({
    of: noticeKinds,
    required: false,
    nullable: true,
    description: 'Of which kinds; null is all, those to come included',
  })
  kinds?: NoticeKind[] | null;

  @FlagField({ required: false, fallback: true })
  enabled?: boolean;
}

export class UpdateWebhookRequest {
  @TextField({ max: urlLengthMax, required: false })
  url?: string;

  @ChoicesField({ of: noticeKinds, required: false, nullable: true })
  kinds?: NoticeKind[] | null;

  @FlagField({ required: false })
  enabled?: boolean;
}

export class WebhookResponse {
  @ApiProperty({ example: 'whk_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty()
  accountId!: string;

  @ApiProperty()
  url!: string;

  @ApiProperty({ enum: noticeKinds, isArray: true, nullable: true })
  kinds!: NoticeKind[] | null;

  @ApiProperty()
  enabled!: boolean;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Until then the secret before this one signs as well',
  })
  previousSecretSignsUntil!: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;
}

export class IssuedWebhookResponse extends WebhookResponse {
  @ApiProperty({
    required: false,
    description:
      'With which the receiver verifies signatures (Standard Webhooks): shown this once; a retry by Idempotency-Key is answered without it',
  })
  secret!: string;
}

export class WebhookTestResponse {
  @ApiProperty({
    example: 'ntc_3f9hX0aB1cD2eF3gH4iJ',
    description: 'The notice that is on its way: see there what becomes of it',
  })
  id!: string;
}

export class WebhooksPage {
  @ApiProperty({ type: [WebhookResponse] })
  results!: WebhookResponse[];

  @ApiProperty()
  paging!: Paging;
}
