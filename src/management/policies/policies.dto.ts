import { ApiProperty } from '@nestjs/swagger';
import {
  guideUrlLengthMax,
  overAgeChoices,
  policyDaysMax,
  quietSecondsMax,
  retentionDaysMax,
  type OverAge,
  type PolicySource,
} from '../../core/account-policy.js';
import { graceSecondsMax } from '../../core/rotation.js';
import { ChoiceField, FlagField, IntegerField, TextField } from '../../platform/http/fields.js';

/** What is left out, or null, is as in the whole installation. */
const own = { required: false, nullable: true } as const;

const told = {
  secretAgeDaysMax: 'Days after which a secret is to be replaced',
  overAge:
    'What becomes of a current secret that is older: it is only told of, or its calls are refused (SECRET_OVER_AGE) until its key is rotated',
  keyLifetimeDaysMax: 'Days from the making of a key to its latest expiry; null is no limit',
  graceSecondsDefault: 'The grace of a rotation that is opened without one',
  graceSecondsMax: 'The longest grace of a rotation',
  quietSeconds: 'How long an old secret must be quiet to be safely ended',
  deprecationHeaders:
    'Whether answers to a retiring secret carry Deprecation and Sunset as well, unless the upstream sent one of them',
  rotationGuideUrl:
    'Where the Link of such answers leads: a page that says what to do; null is one of ours',
  retentionDaysCalls: 'Days for which rows of the request log are kept',
  retentionDaysCounters: 'Days for which counters of what keys are used for are kept',
  retentionDaysAudit:
    'Days for which audit events and notices are kept; what is taken away is told of by an audit event',
};

const days = { ...own, min: 1, max: retentionDaysMax } as const;

export class PutPolicyRequest {
  @IntegerField({ ...own, min: 1, max: policyDaysMax, description: told.secretAgeDaysMax })
  secretAgeDaysMax?: number | null;

  @ChoiceField({ ...own, of: overAgeChoices, description: told.overAge })
  overAge?: OverAge | null;

  @IntegerField({
    ...own,
    min: 1,
    max: policyDaysMax,
    description: 'Days from the making of a key to its latest expiry',
  })
  keyLifetimeDaysMax?: number | null;

  @IntegerField({ ...own, min: 0, max: graceSecondsMax, description: told.graceSecondsDefault })
  graceSecondsDefault?: number | null;

  @IntegerField({ ...own, min: 0, max: graceSecondsMax, description: told.graceSecondsMax })
  graceSecondsMax?: number | null;

  @IntegerField({ ...own, min: 0, max: quietSecondsMax, description: told.quietSeconds })
  quietSeconds?: number | null;

  @FlagField({ ...own, description: told.deprecationHeaders })
  deprecationHeaders?: boolean | null;

  @TextField({ ...own, max: guideUrlLengthMax, description: told.rotationGuideUrl })
  rotationGuideUrl?: string | null;

  @IntegerField({ ...days, description: told.retentionDaysCalls })
  retentionDaysCalls?: number | null;

  @IntegerField({ ...days, description: told.retentionDaysCounters })
  retentionDaysCounters?: number | null;

  @IntegerField({ ...days, description: told.retentionDaysAudit })
  retentionDaysAudit?: number | null;
}

/** Each part `null` where the account asks for nothing of its own. */
export class OwnPolicyResponse {
  @ApiProperty({ type: 'integer', nullable: true })
  secretAgeDaysMax!: number | null;

  @ApiProperty({ enum: overAgeChoices, nullable: true })
  overAge!: OverAge | null;

  @ApiProperty({ type: 'integer', nullable: true })
  keyLifetimeDaysMax!: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  graceSecondsDefault!: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  graceSecondsMax!: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  quietSeconds!: number | null;

  @ApiProperty({ type: Boolean, nullable: true })
  deprecationHeaders!: boolean | null;

  @ApiProperty({ type: String, nullable: true })
  rotationGuideUrl!: string | null;

  @ApiProperty({ type: 'integer', nullable: true })
  retentionDaysCalls!: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  retentionDaysCounters!: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  retentionDaysAudit!: number | null;
}

export class PolicyInForceResponse {
  @ApiProperty({ type: 'integer', description: told.secretAgeDaysMax })
  secretAgeDaysMax!: number;

  @ApiProperty({ enum: overAgeChoices, description: told.overAge })
  overAge!: OverAge;

  @ApiProperty({ type: 'integer', nullable: true, description: told.keyLifetimeDaysMax })
  keyLifetimeDaysMax!: number | null;

  @ApiProperty({ type: 'integer', description: told.graceSecondsDefault })
  graceSecondsDefault!: number;

  @ApiProperty({ type: 'integer', description: told.graceSecondsMax })
  graceSecondsMax!: number;

  @ApiProperty({ type: 'integer', description: told.quietSeconds })
  quietSeconds!: number;

  @ApiProperty({ description: told.deprecationHeaders })
  deprecationHeaders!: boolean;

  @ApiProperty({ type: String, nullable: true, description: told.rotationGuideUrl })
  rotationGuideUrl!: string | null;

  @ApiProperty({ type: 'integer', description: told.retentionDaysCalls })
  retentionDaysCalls!: number;

  @ApiProperty({ type: 'integer', description: told.retentionDaysCounters })
  retentionDaysCounters!: number;

  @ApiProperty({ type: 'integer', description: told.retentionDaysAudit })
  retentionDaysAudit!: number;
}

const sources: readonly PolicySource[] = ['account', 'installation', 'fixed'];

export class PolicySourcesResponse {
  @ApiProperty({ enum: sources })
  secretAgeDaysMax!: PolicySource;

  @ApiProperty({ enum: sources })
  overAge!: PolicySource;

  @ApiProperty({ enum: sources })
  keyLifetimeDaysMax!: PolicySource;

  @ApiProperty({ enum: sources })
  graceSecondsDefault!: PolicySource;

  @ApiProperty({ enum: sources })
  graceSecondsMax!: PolicySource;

  @ApiProperty({ enum: sources })
  quietSeconds!: PolicySource;

  @ApiProperty({ enum: sources })
  deprecationHeaders!: PolicySource;

  @ApiProperty({ enum: sources })
  rotationGuideUrl!: PolicySource;

  @ApiProperty({ enum: sources })
  retentionDaysCalls!: PolicySource;

  @ApiProperty({ enum: sources })
  retentionDaysCounters!: PolicySource;

  @ApiProperty({ enum: sources })
  retentionDaysAudit!: PolicySource;
}

export class PolicyResponse {
  @ApiProperty({ description: 'What the account asks for by itself' })
  set!: OwnPolicyResponse;

  @ApiProperty()
  inForce!: PolicyInForceResponse;

  @ApiProperty({
    description:
      "Where each part comes from; fixed: the operator's own secrets are never refused for their age, because nobody could rotate the last of them",
  })
  source!: PolicySourcesResponse;
}
