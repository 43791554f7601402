import { ApiProperty } from '@nestjs/swagger';
import type { SecretState } from '../../core/call.js';
import type { KeyState } from '../../core/key-state.js';
import { environments, type Environment } from '../../core/secret-format.js';
import {
  ChoiceField,
  EmailField,
  ObjectField,
  ScopesField,
  TextField,
  TimeField,
} from '../../platform/http/fields.js';
import { IpAllowlistField, IpAllowlistResponse } from '../../platform/http/ip-allowlist.dto.js';
import { PageQuery, Paging } from '../../platform/http/pages.js';
import { RateLimitsField, RateLimitsResponse } from '../../platform/http/rate-limits.dto.js';

export const keyStates: readonly KeyState[] = ['active', 'suspended', 'revoked', 'expired'];
export const secretStates: readonly SecretState[] = ['current', 'retiring', 'expired', 'revoked'];

export class CreateApiKeyRequest {
  @TextField({ max: 200, example: 'Mail merge vendor' })
  name!: string;

  @TextField({ min: 0, max: 2000, required: false, nullable: true })
  description?: string | null;

  @TextField({
    min: 0,
    max: 2000,
    required: false,
    nullable: true,
    description: 'What the recipient uses the data for; it stands in the register of access',
  })
  purpose?: string | null;

  @TextField({
    min: 0,
    max: 2000,
    required: false,
    nullable: true,
    description: 'Who receives the data; it stands in the register of access',
  })
  recipient?: string | null;

  @EmailField({
    required: false,
    nullable: true,
    description: 'Who gets the notices of this key by e-mail, beside those who get the account’s',
  })
  contactEmail?: string | null;

  @ChoiceField({
    of: environments,
    required: false,
    fallback: 'production',
    description: "Fixed for the key's life",
  })
  environment?: Environment;

  @ScopesField({ description: 'What the key may do', example: ['contacts.read'] })
  scopes!: string[];

  @ScopesField({ required: false, description: 'What the key may hand out to keys that it makes' })
  grantableScopes?: string[];

  @ObjectField({ type: () => IpAllowlistField, required: false })
  ipAllowlist?: IpAllowlistField;

  @TimeField({
    required: false,
    nullable: true,
    description: 'When the key stops working; null is never',
  })
  expiresAt?: string | null;

  @ObjectField({
    ...{ type: () => RateLimitsField, required: false, nullable: true },
    description: 'How often it may call; those of its account hold as well',
  })
  rateLimits?: RateLimitsField | null;
}

export class UpdateApiKeyRequest {
  @TextField({ max: 200, required: false })
  name?: string;

  @TextField({ min: 0, max: 2000, required: false, nullable: true })
  description?: string | null;

  @TextField({ min: 0, max: 2000, required: false, nullable: true })
  purpose?: string | null;

  @TextField({ min: 0, max: 2000, required: false, nullable: true })
  recipient?: string | null;

  @EmailField({ required: false, nullable: true })
  contactEmail?: string | null;

  @ScopesField({ required: false })
  scopes?: string[];

  @ScopesField({ required: false })
  grantableScopes?: string[];

  @TimeField({ required: false, nullable: true })
  expiresAt?: string | null;

  @ObjectField({
    ...{ type: () => RateLimitsField, required: false, nullable: true },
    description: 'Replaces all of them',
  })
  rateLimits?: RateLimitsField | null;
}

export class ListApiKeysQuery extends PageQuery {
  @ChoiceField({ of: keyStates, required: false })
  state?: KeyState;

  @ChoiceField({ of: environments, required: false })
  environment?: Environment;

  @TextField({ max: 128, required: false, description: 'Keys that hold this scope' })
  scope?: string;

  @TextField({
    max: 200,
    required: false,
    description: 'Text in name, description, purpose or recipient',
  })
  q?: string;

  @ChoiceField({
    of: ['underway'],
    required: false,
    description:
      'underway: keys whose rotation has not ended, whether its overlap has begun or not',
  })
  rotation?: 'underway';

  @ChoiceField({
    of: ['hours'],
    required: false,
    description: 'hours: each key with what it was used for in the last 24 hours',
  })
  with?: 'hours';

  @ChoiceField({ of: ['oldest', 'newest'], required: false, fallback: 'oldest' })
  order: 'oldest' | 'newest' = 'oldest';
}

export class SecretResponse {
  @ApiProperty({ example: 'sec_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty({
    description: 'The first characters, to tell secrets apart',
    example: 'lk_prod_4fGh',
  })
  start!: string;

  @ApiProperty({ enum: secretStates })
  state!: SecretState;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'The end of its grace',
  })
  expiresAt!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  lastUsedAt!: string | null;
}

export class OpenRotationResponse {
  @ApiProperty({ example: 'rot_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty({ enum: ['scheduled', 'open'] })
  state!: string;

  @ApiProperty({ format: 'date-time', description: 'When the old secret begins to retire' })
  startedAt!: string;

  @ApiProperty({ format: 'date-time', description: 'When the retiring secret stops working' })
  graceEndsAt!: string;
}

export class ApiKeyResponse {
  @ApiProperty({ example: 'key_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty()
  accountId!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ type: String, nullable: true })
  description!: string | null;

  @ApiProperty({ type: String, nullable: true })
  purpose!: string | null;

  @ApiProperty({ type: String, nullable: true })
  recipient!: string | null;

  @ApiProperty({ type: String, nullable: true })
  contactEmail!: string | null;

  @ApiProperty({ enum: environments })
  environment!: Environment;

  @ApiProperty({ enum: keyStates })
  state!: KeyState;

  @ApiProperty({ type: [String] })
  scopes!: string[];

  @ApiProperty({ type: [String] })
  grantableScopes!: string[];

  @ApiProperty()
  ipAllowlist!: IpAllowlistResponse;

  @ApiProperty()
  rateLimits!: RateLimitsResponse;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expiresAt!: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ type: String, nullable: true, description: 'The key that made it' })
  createdBy!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  lastUsedAt!: string | null;

  @ApiProperty({ type: String, nullable: true })
  lastUsedIp!: string | null;

  @ApiProperty({ type: [SecretResponse] })
  secrets!: SecretResponse[];

  @ApiProperty({ type: OpenRotationResponse, nullable: true })
  openRotation!: OpenRotationResponse | null;
}

export class IssuedApiKeyResponse extends ApiKeyResponse {
  @ApiProperty({
    required: false,
    description:
      'The secret: shown this once, and nowhere kept; a retry by Idempotency-Key is answered without it',
  })
  secret!: string;
}

export class KeyHourResponse {
  @ApiProperty({ format: 'date-time', description: 'When the hour begins, in UTC' })
  hour!: string;

  @ApiProperty({ type: 'integer' })
  calls!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Those of them that were denied, for whatever reason',
  })
  deniedCalls!: number;
}

export class ListedApiKeyResponse extends ApiKeyResponse {
  @ApiProperty({
    type: [KeyHourResponse],
    required: false,
    description:
      'Asked for with hours: those of the last 24 hours in which it was used, the earliest first; left out where the log could not be asked',
  })
  hours?: KeyHourResponse[];
}

export class ApiKeysPage {
  @ApiProperty({ type: [ListedApiKeyResponse] })
  results!: ListedApiKeyResponse[];

  @ApiProperty()
  paging!: Paging;
}
