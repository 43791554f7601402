import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import type { KeyState } from '../../core/key-state.js';
import { environments, type Environment } from '../../core/secret-format.js';
import { ChoiceField, TextField, TimeField } from '../../platform/http/fields.js';
import { IpAllowlistResponse } from '../../platform/http/ip-allowlist.dto.js';

const keyStates: readonly KeyState[] = ['active', 'suspended', 'revoked', 'expired'];

export const registerFormats = ['json', 'csv', 'html'] as const;

export type RegisterFormat = (typeof registerFormats)[number];

class RegisterQuery {
  @ChoiceField({ of: registerFormats, required: false, fallback: 'json' })
  format: RegisterFormat = 'json';

  @TimeField({ required: false, description: 'Calls before this time; now unless given' })
  to?: string;
}

export class AccessRegisterQuery extends RegisterQuery {
  @TimeField({
    required: false,
    description: 'Calls at or after this time; 30 days before `to` unless given',
  })
  from?: string;
}

export class IncidentOfAllQuery extends RegisterQuery {
  @TimeField({
    required: false,
    description: 'Calls at or after this time; from the beginning unless given',
  })
  from?: string;

  @TextField({
    max: 64,
    required: false,
    description: "The callers' address, or a network as CIDR",
  })
  ip?: string;
}

export class IncidentQuery extends IncidentOfAllQuery {
  @TextField({ max: 64, required: false })
  keyId?: string;
}

const text = { type: String, nullable: true } as const;
const time = { type: String, format: 'date-time', nullable: true } as const;

/** What some calls come to. Times are `null` where there was none. */
export class CallSumResponse {
  @ApiProperty({ type: 'integer' })
  calls!: number;

  @ApiProperty({ type: 'integer' })
  deniedCalls!: number;

  @ApiProperty(time)
  firstCallAt!: string | null;

  @ApiProperty(time)
  lastCallAt!: string | null;
}

export class RegisterCallerResponse extends CallSumResponse {
  @ApiProperty({
    ...text,
    description:
      'An address. Those beyond the first 1,000 of a key, or 10,000 of a report, are summed up under their block (/24, for IPv6 /64), and beyond as many blocks under *. null: a proxy named no address',
  })
  ip!: string | null;
}

export class RegisterRouteResponse extends CallSumResponse {
  @ApiProperty({ ...text, description: 'null: a route of Latchkey itself, or none was found' })
  serviceId!: string | null;

  @ApiProperty({ ...text, description: 'null for a service that is not there any more' })
  serviceName!: string | null;

  @ApiProperty(text)
  method!: string | null;

  @ApiProperty({
    ...text,
    description: 'Its template. null: no route was found. *: all beyond the first thousand',
  })
  route!: string | null;
}

export class RegisterDenialResponse {
  @ApiProperty({ ...text, example: 'SCOPE_MISSING' })
  reason!: string | null;

  @ApiProperty({ type: 'integer' })
  calls!: number;

  @ApiProperty({ format: 'date-time' })
  firstCallAt!: string;

  @ApiProperty({ format: 'date-time' })
  lastCallAt!: string;
}

/** What the catalogue says of a scope now, and what was done with it. */
export class RegisterScopeResponse extends CallSumResponse {
  @ApiProperty({ description: '*: lists of scopes beyond the first thousand' })
  scope!: string;

  @ApiProperty({ description: 'Whether the catalogue has it now' })
  inCatalogue!: boolean;

  @ApiProperty(text)
  description!: string | null;

  @ApiProperty()
  sensitive!: boolean;

  @ApiProperty({ type: [String] })
  dataCategories!: string[];
}

export class GrantedScopeResponse extends RegisterScopeResponse {
  @ApiProperty({ description: 'Whether the key holds it now' })
  granted!: boolean;
}

/** A call that several scopes of one category opened counts once. */
export class RegisterCategoryResponse extends CallSumResponse {
  @ApiProperty({ example: 'contact data' })
  name!: string;

  @ApiProperty({ type: [String], description: 'The scopes that open it' })
  scopes!: string[];
}

export class RegisterKeyResponse extends CallSumResponse {
  @ApiProperty(text)
  accountId!: string | null;

  @ApiProperty({ ...text, description: 'null: calls without a key; *: keys beyond the thousandth' })
  keyId!: string | null;

  @ApiProperty({ ...text, description: 'As it was called at its latest of these calls' })
  keyName!: string | null;
}

class RegisterHeadResponse {
  @ApiProperty({ example: 'reg_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty({ format: 'date-time' })
  madeAt!: string;

  @ApiProperty({ ...time, description: 'null: from the beginning of the log' })
  from!: string | null;

  @ApiProperty({ format: 'date-time' })
  to!: string;

  @ApiProperty({
    format: 'date-time',
    description: 'Since when the log has all rows: of calls before that, some may be gone',
  })
  completeSince!: string;

  @ApiProperty({ description: 'Whether no row of the period can be gone' })
  isComplete!: boolean;
}

/** Settings are those of now; calls are those of the period. */
export class KeyAccessResponse extends CallSumResponse {
  @ApiProperty()
  keyId!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty(text)
  description!: string | null;

  @ApiProperty(text)
  purpose!: string | null;

  @ApiProperty(text)
  recipient!: string | null;

  @ApiProperty(text)
  contactEmail!: string | null;

  @ApiProperty({ enum: environments })
  environment!: Environment;

  @ApiProperty({ enum: keyStates })
  state!: KeyState;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty(time)
  expiresAt!: string | null;

  @ApiProperty({ description: "Beside it the account's own list applies" })
  ipAllowlist!: IpAllowlistResponse;

  @ApiProperty({ type: [String], description: 'What it may hand out to keys that it makes' })
  grantableScopes!: string[];

  @ApiProperty({ type: [String], description: 'Of the scopes that it holds' })
  grantedDataCategories!: string[];

  @ApiProperty({ type: [RegisterCategoryResponse], description: 'That were opened' })
  usedDataCategories!: RegisterCategoryResponse[];

  @ApiProperty({ type: [GrantedScopeResponse], description: 'Held now, or used in the period' })
  scopes!: GrantedScopeResponse[];

  @ApiProperty({ type: [RegisterRouteResponse] })
  routes!: RegisterRouteResponse[];

  @ApiProperty({ type: [RegisterCallerResponse] })
  callers!: RegisterCallerResponse[];

  @ApiProperty({ type: [RegisterDenialResponse] })
  denials!: RegisterDenialResponse[];
}

export class AccessRegisterHead extends RegisterHeadResponse {
  @ApiProperty()
  accountId!: string;

  @ApiProperty()
  accountName!: string;

  @ApiProperty()
  accountIpAllowlist!: IpAllowlistResponse;
}

export class AccessRegisterResponse extends AccessRegisterHead {
  @ApiProperty({ type: [KeyAccessResponse], description: 'Oldest first' })
  keys!: KeyAccessResponse[];

  @ApiProperty({ type: 'integer', description: 'How many keys are listed' })
  keyCount!: number;
}

export class IncidentHead extends RegisterHeadResponse {
  @ApiProperty({ ...text, description: 'null: all accounts' })
  accountId!: string | null;

  @ApiProperty(text)
  accountName!: string | null;

  @ApiProperty(text)
  keyId!: string | null;

  @ApiProperty(text)
  ip!: string | null;
}

/** What a report finds, beside what it was asked. */
export class IncidentFindings extends CallSumResponse {
  @ApiProperty({ type: [RegisterCategoryResponse] })
  dataCategories!: RegisterCategoryResponse[];

  @ApiProperty({ type: [RegisterScopeResponse] })
  scopes!: RegisterScopeResponse[];

  @ApiProperty({ type: [RegisterKeyResponse] })
  keys!: RegisterKeyResponse[];

  @ApiProperty({ type: [RegisterCallerResponse] })
  callers!: RegisterCallerResponse[];

  @ApiProperty({ type: [RegisterRouteResponse] })
  routes!: RegisterRouteResponse[];

  @ApiProperty({ type: [RegisterDenialResponse] })
  denials!: RegisterDenialResponse[];
}

export class IncidentResponse extends IntersectionType(IncidentHead, IncidentFindings) {}
