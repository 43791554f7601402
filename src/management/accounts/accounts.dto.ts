import { ApiProperty } from '@nestjs/swagger';
import {
  ChoiceField,
  FlagField,
  ObjectField,
  ScopesField,
  TextField,
  TimeZoneField,
} from '../../platform/http/fields.js';
import { Paging } from '../../platform/http/pages.js';
import { RateLimitsField, RateLimitsResponse } from '../../platform/http/rate-limits.dto.js';
import type { AccountKind } from '../../store/entities/account.entity.js';

export const accountKinds: readonly AccountKind[] = ['production', 'developer', 'sandbox'];

export class CreateAccountRequest {
  @TextField({ max: 200, example: 'Rolling Donut Ltd' })
  name!: string;

  @ChoiceField({ of: accountKinds, required: false, fallback: 'production' })
  kind?: AccountKind;

  @FlagField({
    required: false,
    fallback: true,
    description: 'Whether its keys may travel as the query parameter hapikey',
  })
  allowHapikey?: boolean;

  @ScopesField({
    required: false,
    nullable: true,
    max: 10_000,
    description: 'The scopes that its keys can use of the catalogue; null is all of them',
  })
  entitledScopes?: string[] | null;

  @ObjectField({
    ...{ type: () => RateLimitsField, required: false, nullable: true },
    description: 'How often its keys may call, all of them together; null is as often as they like',
  })
  rateLimits?: RateLimitsField | null;

  @TimeZoneField({
    ...{ required: false, fallback: 'UTC', example: 'Europe/Dublin' },
    description: 'By whose calendar the days of its limits are, and of its keys’ limits',
  })
  timeZone?: string;
}

export class UpdateAccountRequest {
  @TextField({ max: 200, required: false })
  name?: string;

  @ChoiceField({ of: accountKinds, required: false })
  kind?: AccountKind;

  @FlagField({ required: false })
  allowHapikey?: boolean;

  @ScopesField({ required: false, nullable: true, max: 10_000 })
  entitledScopes?: string[] | null;

  @ObjectField({
    ...{ type: () => RateLimitsField, required: false, nullable: true },
    description: 'Replaces all of them',
  })
  rateLimits?: RateLimitsField | null;

  @TimeZoneField({ required: false })
  timeZone?: string;
}

export class AccountResponse {
  @ApiProperty({ example: 'acc_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: accountKinds })
  kind!: AccountKind;

  @ApiProperty({ enum: ['active', 'suspended'] })
  state!: 'active' | 'suspended';

  @ApiProperty({ description: 'The one account whose keys act on every account' })
  isOperator!: boolean;

  @ApiProperty()
  allowHapikey!: boolean;

  @ApiProperty({ type: [String], nullable: true })
  entitledScopes!: string[] | null;

  @ApiProperty({ description: 'Over all of its keys together' })
  rateLimits!: RateLimitsResponse;

  @ApiProperty({ example: 'Europe/Dublin' })
  timeZone!: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;
}

export class AccountsPage {
  @ApiProperty({ type: [AccountResponse] })
  results!: AccountResponse[];

  @ApiProperty()
  paging!: Paging;
}
