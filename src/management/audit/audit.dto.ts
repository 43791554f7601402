import { ApiProperty } from '@nestjs/swagger';
import { Paging } from '../../platform/http/pages.js';

export class ActorResponse {
  @ApiProperty({ enum: ['key', 'member', 'installation'] })
  kind!: 'key' | 'member' | 'installation';

  @ApiProperty({ type: String, nullable: true })
  id!: string | null;

  @ApiProperty()
  name!: string;
}

export class AuditTargetResponse {
  @ApiProperty({ example: 'key' })
  type!: string;

  @ApiProperty()
  id!: string;
}

export class AuditEventResponse {
  @ApiProperty({ example: 'evt_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty({ description: '1, 2, 3, … within the account' })
  seq!: number;

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ example: 'key.created' })
  action!: string;

  @ApiProperty()
  actor!: ActorResponse;

  @ApiProperty({ type: String, nullable: true })
  callerIp!: string | null;

  @ApiProperty()
  target!: AuditTargetResponse;

  @ApiProperty({ type: Object, nullable: true, description: 'The object before the change' })
  before!: object | null;

  @ApiProperty({ type: Object, nullable: true, description: 'The object after the change' })
  after!: object | null;

  @ApiProperty({ description: 'The digest of the event before; empty for the first' })
  previousDigest!: string;

  @ApiProperty({
    description: 'HMAC-SHA256 over the previous digest and this event in canonical JSON, base64url',
  })
  digest!: string;
}

export class AuditEventsPage {
  @ApiProperty({ type: [AuditEventResponse] })
  results!: AuditEventResponse[];

  @ApiProperty()
  paging!: Paging;
}
