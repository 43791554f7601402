import { ApiProperty } from '@nestjs/swagger';
import type { ChainFault } from '../../core/audit-chain-walk.js';
import { TextField, TimeField } from '../../platform/http/fields.js';
import { PageQuery, Paging } from '../../platform/http/pages.js';

/** Which events: all that is given must match. */
export class AuditEventsQuery extends PageQuery {
  @TextField({ max: 64, required: false, example: 'key.created' })
  action?: string;

  @TextField({ max: 64, required: false, description: 'Whoever made the change, such as a key' })
  actorId?: string;

  @TextField({ max: 128, required: false, description: 'What was changed' })
  targetId?: string;

  @TimeField({ required: false, description: 'Events at or after this time' })
  from?: string;

  @TimeField({ required: false, description: 'Events before this time' })
  to?: string;
}

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

export class ChainPlaceResponse {
  @ApiProperty({ type: 'integer', description: 'The number of the last event; 0 if there is none' })
  seq!: number;

  @ApiProperty({ description: 'Its digest, which stands for all events up to it' })
  digest!: string;
}

export class AuditHeadResponse extends ChainPlaceResponse {
  @ApiProperty()
  accountId!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Its time' })
  at!: string | null;
}

export class AuditHeadsPage {
  @ApiProperty({ type: [AuditHeadResponse] })
  results!: AuditHeadResponse[];

  @ApiProperty()
  paging!: Paging;
}

const faults: readonly ChainFault[] = [
  ...(['altered', 'foreign', 'missing', 'cut_off', 'moved', 'repeated', 'unlinked'] as const),
  ...(['head_missing', 'head_altered', 'rewritten'] as const),
];

export class ChainBreakResponse {
  @ApiProperty({ enum: faults })
  fault!: ChainFault;

  @ApiProperty({ type: 'integer', description: 'The first number at which something is wrong' })
  seq!: number;

  @ApiProperty({ type: 'integer', required: false, description: 'Of several numbers, the last' })
  toSeq?: number;

  @ApiProperty({ required: false, description: 'The event that stands there' })
  eventId?: string;

  @ApiProperty({ type: 'integer', required: false, description: 'What a moved event was before' })
  writtenAs?: number;

  @ApiProperty({ description: 'The same in words' })
  message!: string;
}

export class AuditVerificationResponse {
  @ApiProperty()
  intact!: boolean;

  @ApiProperty({ type: 'integer', description: 'How many events were looked at' })
  events!: number;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'The number of the first; retention takes earlier ones away',
  })
  firstSeq!: number | null;

  @ApiProperty({ nullable: true, type: ChainPlaceResponse, description: 'Where the chain ends' })
  head!: ChainPlaceResponse | null;

  @ApiProperty({ nullable: true, type: ChainBreakResponse })
  brokenAt!: ChainBreakResponse | null;
}
