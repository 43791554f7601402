import { ApiProperty } from '@nestjs/swagger';
import { ChoiceField, FlagField, ScopesField, TextField } from '../../platform/http/fields.js';
import { Paging } from '../../platform/http/pages.js';
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

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;
}

export class AccountsPage {
  @ApiProperty({ type: [AccountResponse] })
  results!: AccountResponse[];

  @ApiProperty()
  paging!: Paging;
}
