import { ApiProperty } from '@nestjs/swagger';
import { TextField, TimeField } from '../../platform/http/fields.js';

/** The longest time whose hours are told in one answer. */
export const daysMax = 31;
export const daysDefault = 7;

export class KeyUsageQuery {
  @TimeField({
    required: false,
    description: `Hours that begin at or after this time; ${daysDefault} days before \`to\` unless given, and at most ${daysMax}`,
  })
  from?: string;

  @TimeField({
    required: false,
    description: 'Hours that begin before this time; now unless given',
  })
  to?: string;

  @TextField({
    max: 64,
    required: false,
    description: 'Hours of this one of its secrets alone',
  })
  secretId?: string;
}

export class LastUseResponse {
  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ type: String, nullable: true })
  ip!: string | null;

  @ApiProperty({ type: String, nullable: true })
  userAgent!: string | null;

  @ApiProperty({ type: String, nullable: true, example: '/contacts/{id}' })
  route!: string | null;
}

class CallCounts {
  @ApiProperty({ type: 'integer' })
  calls!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Those of them that were denied, for whatever reason',
  })
  deniedCalls!: number;
}

export class DenialsResponse {
  @ApiProperty({ example: 'SCOPE_MISSING' })
  reason!: string;

  @ApiProperty({ type: 'integer' })
  calls!: number;
}

export class UsageHourResponse extends CallCounts {
  @ApiProperty({ format: 'date-time', description: 'When the hour begins, in UTC' })
  hour!: string;

  @ApiProperty({ type: [DenialsResponse], description: 'Most frequent first' })
  denials!: DenialsResponse[];
}

export class SecretUsageResponse extends CallCounts {
  @ApiProperty({ example: 'sec_3f9hX0aB1cD2eF3gH4iJ' })
  secretId!: string;

  @ApiProperty()
  lastUse!: LastUseResponse;
}

export class RouteUsageResponse extends CallCounts {
  @ApiProperty({ type: String, nullable: true, description: "null for Latchkey's own routes" })
  serviceId!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'null with the route *' })
  method!: string | null;

  @ApiProperty({
    example: '/contacts/{id}',
    description: 'Beyond the first thousand routes of a key *',
  })
  route!: string;

  @ApiProperty({ format: 'date-time' })
  firstUsedAt!: string;

  @ApiProperty({ format: 'date-time' })
  lastUsedAt!: string;
}

export class ScopeUsageResponse {
  @ApiProperty({
    example: 'contacts.read',
    description: 'Beyond the first thousand scopes of a key *',
  })
  scope!: string;

  @ApiProperty({ type: 'integer', description: 'Calls whose route it helped to open' })
  calls!: number;

  @ApiProperty({ format: 'date-time' })
  firstUsedAt!: string;

  @ApiProperty({ format: 'date-time' })
  lastUsedAt!: string;
}

export class KeyCallerResponse extends CallCounts {
  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'Beyond the first thousand callers of a key a block such as 203.0.113.0/24, and beyond two thousand *',
  })
  ip!: string | null;

  @ApiProperty({ format: 'date-time' })
  firstSeenAt!: string;

  @ApiProperty({ format: 'date-time' })
  lastSeenAt!: string;
}

export class KeyUsageResponse {
  @ApiProperty({ example: 'key_3f9hX0aB1cD2eF3gH4iJ' })
  keyId!: string;

  @ApiProperty({
    type: LastUseResponse,
    nullable: true,
    description: 'The latest call that carried one of its secrets, let through or not',
  })
  lastUse!: LastUseResponse | null;

  @ApiProperty({
    format: 'date-time',
    description:
      'Since when hours, routes, scopes and callers are counted; last uses, and the sums of secrets, go back to the beginning of the log',
  })
  countedSince!: string;

  @ApiProperty({ type: [SecretUsageResponse], description: 'Those that were ever used' })
  secrets!: SecretUsageResponse[];

  @ApiProperty({ format: 'date-time' })
  from!: string;

  @ApiProperty({ format: 'date-time' })
  to!: string;

  @ApiProperty({
    type: [UsageHourResponse],
    description: 'The hours between from and to in which it was used, the earliest first',
  })
  hours!: UsageHourResponse[];

  @ApiProperty({
    type: [RouteUsageResponse],
    description: 'The most recently used first, whatever from and to; so are scopes and callers',
  })
  routes!: RouteUsageResponse[];

  @ApiProperty({ type: [ScopeUsageResponse] })
  scopes!: ScopeUsageResponse[];

  @ApiProperty({ type: [KeyCallerResponse] })
  callers!: KeyCallerResponse[];
}
