import { ApiProperty } from '@nestjs/swagger';
import { graceSecondsMax, type RotationState } from '../../core/rotation.js';
import { FlagField, IntegerField, TimeField } from '../../platform/http/fields.js';

export const rotationStates: readonly RotationState[] = [
  'scheduled',
  'open',
  'finished',
  'expired',
  'cancelled',
];

export class OpenRotationRequest {
  @IntegerField({
    min: 0,
    max: graceSecondsMax,
    example: 604_800,
    description: 'Seconds during which the old secret works beside the new one',
  })
  graceSeconds!: number;
}

export class CancelRotationRequest {
  @FlagField({
    required: false,
    fallback: false,
    description: 'Ends the new secret although it is in use',
  })
  force?: boolean;
}

export class ExtendRotationRequest {
  @TimeField({
    description:
      'When the old secret is to stop working: at most 90 days after the rotation was opened',
  })
  graceEndsAt!: string;
}

export class SecretCallerResponse {
  @ApiProperty({ type: String, nullable: true })
  ip!: string | null;

  @ApiProperty({ type: String, nullable: true })
  userAgent!: string | null;

  @ApiProperty()
  calls!: number;

  @ApiProperty({ format: 'date-time' })
  firstSeenAt!: string;

  @ApiProperty({ format: 'date-time' })
  lastSeenAt!: string;
}

export class RotationSideResponse {
  @ApiProperty()
  secretId!: string;

  @ApiProperty({ description: 'Calls since the rotation was opened' })
  calls!: number;

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

  @ApiProperty({ format: 'date-time' })
  startedAt!: string;

  @ApiProperty({ format: 'date-time', description: 'When the retiring secret stops working' })
  graceEndsAt!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  endedAt!: string | null;

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
