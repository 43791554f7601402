import { ApiProperty } from '@nestjs/swagger';
import {
  requestsMax,
  windowSecondsMax,
  windowSecondsUnlessSet,
  type LimitHolder,
  type LimitStanding,
  type RateLimits,
} from '../../core/rate-limits.js';
import { IntegerField, ObjectField } from './fields.js';
import { iso } from './times.js';

const told = {
  rolling: 'No more calls than these in any stretch of so many seconds; null is no limit',
  daily: 'No more calls than these in a day of the account’s time zone; null is no limit',
};

export class RollingLimitField {
  @IntegerField({ min: 1, max: requestsMax, example: 100 })
  requests!: number;

  @IntegerField({
    ...{ required: false, fallback: windowSecondsUnlessSet },
    ...{ min: 1, max: windowSecondsMax },
  })
  windowSeconds?: number;
}

export class DailyLimitField {
  @IntegerField({ min: 1, max: requestsMax, example: 250_000 })
  requests!: number;
}

export class RateLimitsField {
  @ObjectField({
    ...{ type: () => RollingLimitField, required: false, nullable: true },
    description: told.rolling,
  })
  rolling?: RollingLimitField | null;

  @ObjectField({
    ...{ type: () => DailyLimitField, required: false, nullable: true },
    description: told.daily,
  })
  daily?: DailyLimitField | null;
}

class RollingLimitResponse {
  @ApiProperty({ type: 'integer' })
  requests!: number;

  @ApiProperty({ type: 'integer' })
  windowSeconds!: number;
}

class DailyLimitResponse {
  @ApiProperty({ type: 'integer' })
  requests!: number;
}

export class RateLimitsResponse {
  @ApiProperty({ type: RollingLimitResponse, nullable: true, description: told.rolling })
  rolling!: RollingLimitResponse | null;

  @ApiProperty({ type: DailyLimitResponse, nullable: true, description: told.daily })
  daily!: DailyLimitResponse | null;
}

const holders: readonly LimitHolder[] = ['key', 'account'];

export class LimitStandingResponse {
  @ApiProperty({ example: 'TEN_SECONDLY_ROLLING', description: 'DAILY for the limit of a day' })
  policyName!: string;

  @ApiProperty({
    enum: holders,
    description: 'account: over all keys of the account together',
  })
  appliesTo!: LimitHolder;

  @ApiProperty({ type: 'integer' })
  limit!: number;

  @ApiProperty({ type: 'integer' })
  used!: number;

  @ApiProperty({ type: 'integer' })
  remaining!: number;

  @ApiProperty({ type: 'integer', description: 'Of the window; 86400000 for a day' })
  intervalMilliseconds!: number;

  @ApiProperty({
    format: 'date-time',
    description:
      'When more remains than now, if no call is made until then: the end of the day, or when a call leaves the window',
  })
  resetsAt!: string;
}

/** What a request asks for; limits that limit nothing are none. */
export function rateLimitsOf(field: RateLimitsField | null): RateLimits | null {
  const { rolling, daily } = field ?? {};
  if (!rolling && !daily) return null;
  return {
    rolling: rolling
      ? {
          requests: rolling.requests,
          windowSeconds: rolling.windowSeconds ?? windowSecondsUnlessSet,
        }
      : null,
    daily: daily ? { requests: daily.requests } : null,
  };
}

export function rateLimitsResponse(limits: RateLimits | null): RateLimitsResponse {
  return { rolling: limits?.rolling ?? null, daily: limits?.daily ?? null };
}

export function limitStandingResponse(standing: LimitStanding): LimitStandingResponse {
  const { intervalMs, resetsAt, ...rest } = standing;
  return { ...rest, intervalMilliseconds: intervalMs, resetsAt: iso(resetsAt) };
}
