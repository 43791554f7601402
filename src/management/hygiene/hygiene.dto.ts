import { ApiProperty } from '@nestjs/swagger';
import { findingKinds, type FindingKind } from '../../core/hygiene.js';
import type { KeyState } from '../../core/key-state.js';
import { environments, type Environment } from '../../core/secret-format.js';
import { Paging } from '../../platform/http/pages.js';

export class FindingActionResponse {
  @ApiProperty({ description: 'What to do, in a sentence' })
  advice!: string;

  @ApiProperty({ enum: ['PATCH', 'POST', 'PUT'] })
  method!: 'PATCH' | 'POST' | 'PUT';

  @ApiProperty({ description: 'Of the management API: the call that does it' })
  path!: string;

  @ApiProperty({
    type: Object,
    nullable: true,
    description: 'What to send; null where something has to be decided first',
  })
  body!: object | null;
}

export class FindingResponse {
  @ApiProperty({
    enum: findingKinds,
    description:
      'never_used, unused (for 90 days); secret_over_age, secret_soon_over_age (within 14 days); no_expiry, expires_soon (within 30 days); unused_scopes (for 90 days, or never); no_ip_allowlist (neither the key nor its account enforces one); rotation_safe_to_finish (its old secret is quiet). More may come',
  })
  kind!: FindingKind;

  @ApiProperty({ format: 'date-time', description: 'From when on it has been so' })
  since!: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description:
      'When what it warns of comes: the expiry, or the day on which the secret is over age',
  })
  dueAt!: string | null;

  @ApiProperty({ type: [String], description: 'Of unused_scopes: which' })
  scopes!: string[];

  @ApiProperty()
  action!: FindingActionResponse;
}

export class KeyHygieneResponse {
  @ApiProperty({ example: 'key_3f9hX0aB1cD2eF3gH4iJ' })
  keyId!: string;

  @ApiProperty()
  keyName!: string;

  @ApiProperty({ enum: environments })
  environment!: Environment;

  @ApiProperty({ enum: ['active', 'suspended'] })
  state!: KeyState;

  @ApiProperty({ type: [FindingResponse] })
  findings!: FindingResponse[];
}

export class HygienePage {
  @ApiProperty({ type: [KeyHygieneResponse] })
  results!: KeyHygieneResponse[];

  @ApiProperty()
  paging!: Paging;
}
