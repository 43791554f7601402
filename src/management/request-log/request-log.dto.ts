import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import type { CredentialKind, Door, SecretState } from '../../core/call.js';
import { ChoiceField, IntegerField, TextField, TimeField } from '../../platform/http/fields.js';
import { PageQuery, Paging } from '../../platform/http/pages.js';

const doors: readonly Door[] = ['gateway', 'forward_auth', 'verify', 'self', 'management'];
const credentials: readonly CredentialKind[] = [
  'hapikey',
  'bearer',
  'access_token',
  'session',
  'none',
];
const secretStates: readonly SecretState[] = ['current', 'retiring', 'expired', 'revoked'];

/** Which calls: all that is given must match. */
export class CallFilterQuery {
  @TextField({ max: 64, required: false })
  keyId?: string;

  @TextField({ max: 64, required: false })
  secretId?: string;

  @TextField({
    max: 64,
    required: false,
    description: "The caller's address, or a network as CIDR",
  })
  ip?: string;

  @TextField({ max: 32, required: false, example: 'GET' })
  method?: string;

  @TextField({
    max: 2048,
    required: false,
    description: "How the path begins; with a { in it, a route's whole template",
  })
  path?: string;

  @IntegerField({ min: 100, max: 599, required: false, inQuery: true })
  status?: number;

  @ChoiceField({ of: ['allowed', 'denied'], required: false })
  decision?: 'allowed' | 'denied';

  @TextField({ max: 64, required: false, example: 'SCOPE_MISSING' })
  reason?: string;

  @TextField({
    max: 64,
    required: false,
    example: 'IP_NOT_ALLOWED',
    description: 'What an allowlist in report mode would have said',
  })
  wouldDeny?: string;

  @ChoiceField({ of: doors, required: false })
  door?: Door;

  @ChoiceField({
    of: ['callers', 'people'],
    required: false,
    description:
      'people: made by somebody who was signed in. callers: all others, with whatever credential',
  })
  by?: 'callers' | 'people';

  @TimeField({ required: false, description: 'Calls at or after this time' })
  from?: string;

  @TimeField({ required: false, description: 'Calls before this time' })
  to?: string;

  @TextField({ max: 200, required: false, description: 'Text in the path or the user agent' })
  q?: string;
}

export class RequestLogQuery extends IntersectionType(PageQuery, CallFilterQuery) {
  @ChoiceField({ of: ['newest', 'oldest'], required: false, fallback: 'newest' })
  order: 'newest' | 'oldest' = 'newest';
}

const text = { type: String, nullable: true } as const;
const number = { type: Number, nullable: true } as const;

export class CallResponse {
  @ApiProperty({ example: 'call_01tX3wWJcQk9hX0aB1cD2eF' })
  id!: string;

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty(text)
  accountId!: string | null;

  @ApiProperty(text)
  keyId!: string | null;

  @ApiProperty(text)
  keyName!: string | null;

  @ApiProperty(text)
  environment!: string | null;

  @ApiProperty(text)
  secretId!: string | null;

  @ApiProperty(text)
  secretStart!: string | null;

  @ApiProperty({ enum: secretStates, nullable: true })
  secretState!: SecretState | null;

  @ApiProperty(text)
  rotationId!: string | null;

  @ApiProperty({ enum: credentials })
  credential!: CredentialKind;

  @ApiProperty({ enum: doors })
  door!: Door;

  @ApiProperty(text)
  actor!: string | null;

  @ApiProperty(text)
  serviceId!: string | null;

  @ApiProperty()
  method!: string;

  @ApiProperty(text)
  host!: string | null;

  @ApiProperty({ description: 'Redacted, and cut at 2 KB' })
  path!: string;

  @ApiProperty({ ...text, description: 'Redacted, and cut at 2 KB' })
  query!: string | null;

  @ApiProperty({ ...text, example: '/contacts/{id}' })
  route!: string | null;

  @ApiProperty({ type: [String] })
  requiredScopes!: string[];

  @ApiProperty({ type: [String] })
  usedScopes!: string[];

  @ApiProperty({ type: [String] })
  missingScopes!: string[];

  @ApiProperty({ enum: ['allowed', 'denied'] })
  decision!: 'allowed' | 'denied';

  @ApiProperty({
    ...text,
    description: 'Why it was denied, or why an allowed call was not answered by the upstream',
  })
  reason!: string | null;

  @ApiProperty({ ...text, description: 'What an allowlist in report mode would have said' })
  wouldDeny!: string | null;

  @ApiProperty({ ...number, description: 'null: admitted, outcome unknown' })
  status!: number | null;

  @ApiProperty(number)
  upstreamStatus!: number | null;

  @ApiProperty({ ...text, description: 'The address the decision was made on' })
  callerIp!: string | null;

  @ApiProperty({ description: 'The TCP peer' })
  peerIp!: string;

  @ApiProperty(text)
  forwardedFor!: string | null;

  @ApiProperty(text)
  userAgent!: string | null;

  @ApiProperty({ ...text, description: "The caller's own X-Request-Id" })
  clientRequestId!: string | null;

  @ApiProperty({ ...number, description: 'Milliseconds to our first byte' })
  durationMs!: number | null;

  @ApiProperty(number)
  upstreamMs!: number | null;

  @ApiProperty(number)
  requestBytes!: number | null;

  @ApiProperty(number)
  responseBytes!: number | null;

  @ApiProperty()
  nodeId!: string;

  @ApiProperty({ description: 'Numbers the rows of a node without gaps' })
  seq!: number;
}

export class CallsPage {
  @ApiProperty({ type: [CallResponse] })
  results!: CallResponse[];

  @ApiProperty()
  paging!: Paging;

  @ApiProperty({
    ...text,
    format: 'date-time',
    description:
      'Given where the page ended because looking for more would have taken too long: up to here the log was looked through, and the rest is behind paging.next. Such a page can be empty',
  })
  searchedTo!: string | null;
}
