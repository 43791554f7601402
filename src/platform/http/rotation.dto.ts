import { ApiProperty } from '@nestjs/swagger';
import { graceSecondsMax, type RotationState, type RotationWish } from '../../core/rotation.js';
import type { RotationVerdict } from '../../core/rotation-verdict.js';
import { invalidField } from '../errors/api-error.js';
import { IntegerField, TimeField } from './fields.js';

export const rotationStates: readonly RotationState[] = [
  'scheduled',
  'open',
  'finished',
  'expired',
  'cancelled',
];

const verdicts: readonly RotationVerdict[] = [
  'new_not_used_yet',
  'still_in_use',
  'quiet_so_far',
  'safe_to_finish',
];

/** A key rotates itself at once: one that could plan would have two secrets for longer than its account's longest grace. */
export class OpenOwnRotationRequest {
  @IntegerField({
    min: 0,
    max: graceSecondsMax,
    required: false,
    example: 604_800,
    description:
      "How long the old secret works beside the new one; the account's policy says how long unless it is given, and how long at most",
  })
  graceSeconds?: number;

  @TimeField({
    required: false,
    description: 'In place of graceSeconds: when the old secret stops working',
  })
  graceEndsAt?: string;
}

export class OpenRotationRequest extends OpenOwnRotationRequest {
  @TimeField({
    required: false,
    description:
      'When the old secret begins to retire, at most 90 days ahead; at once unless given. The new one works at once either way',
  })
  startsAt?: string;
}

/** @throws ApiError 400 if the request says in two ways how long the old secret is to work */
export function rotationWish(
  request: OpenOwnRotationRequest & { startsAt?: string },
): RotationWish {
  const { graceSeconds, graceEndsAt, startsAt } = request;
  const start = startsAt === undefined ? {} : { startsAt: Date.parse(startsAt) };
  if (graceSeconds !== undefined && graceEndsAt !== undefined)
    throw invalidField('graceSeconds', 'graceSeconds and graceEndsAt must not both be given.');
  if (graceSeconds !== undefined) return { ...start, grace: { seconds: graceSeconds } };
  return graceEndsAt === undefined
    ? start
    : { ...start, grace: { endsAt: Date.parse(graceEndsAt) } };
}

export class BrownoutResponse {
  @ApiProperty({ format: 'date-time' })
  startsAt!: string;

  @ApiProperty({ format: 'date-time' })
  endsAt!: string;
}

export class SecretCallerResponse {
  @ApiProperty({
    type: String,
    nullable: true,
    example: '203.0.113.7',
    description:
      'Beyond the first thousand callers a block such as 203.0.113.0/24, and beyond two thousand *',
  })
  ip!: string | null;

  @ApiProperty({ type: String, nullable: true })
  userAgent!: string | null;

  @ApiProperty()
  calls!: number;

  @ApiProperty({ description: 'Those of them that were denied, for whatever reason' })
  deniedCalls!: number;

  @ApiProperty({ description: 'Those of them that were denied because of a brownout' })
  brownoutCalls!: number;

  @ApiProperty({ format: 'date-time' })
  firstSeenAt!: string;

  @ApiProperty({ format: 'date-time' })
  lastSeenAt!: string;

  @ApiProperty({ type: [String], description: 'The routes they called, at most twenty' })
  routes!: string[];
}

export class RotationSideResponse {
  @ApiProperty()
  secretId!: string;

  @ApiProperty({
    description: 'Calls since the rotation was opened, until thirty days after its end',
  })
  calls!: number;

  @ApiProperty({ description: 'Those of them that were denied, for whatever reason' })
  deniedCalls!: number;

  @ApiProperty({ description: 'Those of them that were denied because of a brownout' })
  brownoutCalls!: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  lastUsedAt!: string | null;

  @ApiProperty({
    type: [SecretCallerResponse],
    description: 'Who used it since, most recent first',
  })
  callers!: SecretCallerResponse[];
}

export class RotationResponse {
  @ApiProperty({ example: 'rot_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty()
  keyId!: string;

  @ApiProperty({ enum: rotationStates })
  state!: RotationState;

  @ApiProperty({
    format: 'date-time',
    description: 'When the old secret begins to retire; while that is to come, it is scheduled',
  })
  startedAt!: string;

  @ApiProperty({ format: 'date-time', description: 'When the retiring secret stops working' })
  graceEndsAt!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  endedAt!: string | null;

  @ApiProperty({
    type: [BrownoutResponse],
    description: 'Short times in which the old secret is refused (SECRET_BROWNOUT)',
  })
  brownouts!: BrownoutResponse[];

  @ApiProperty({
    enum: verdicts,
    nullable: true,
    description:
      'Whether the old secret can be ended: new_not_used_yet, nobody has the new one; still_in_use, the old one was used within the quiet period; quiet_so_far, it was not, but the rotation is younger than that; safe_to_finish. null once the rotation is over, and where the log could not be asked after a change',
  })
  verdict!: RotationVerdict | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description:
      'When the old secret was used last; if it was not since, when the rotation began, or the log',
  })
  quietSince!: string | null;

  @ApiProperty({
    description:
      "How long the old secret must be quiet to be safely ended: a part of the account's policy",
  })
  quietSeconds!: number;

  @ApiProperty({ description: 'The old secret' })
  retiring!: RotationSideResponse;

  @ApiProperty({ description: 'The new secret' })
  replacing!: RotationSideResponse;
}

export class IssuedRotationResponse extends RotationResponse {
  @ApiProperty({
    required: false,
    description:
      'The new secret: shown this once, and nowhere kept; a retry by Idempotency-Key is answered without it',
  })
  secret!: string;
}
