import type { Schemas } from '@latchkey/sdk';
import {
  allowlistOf,
  noAllowlist,
  type AllowlistDraft,
} from '../ip-allowlists/allowlist-fields.js';
import { counted } from '../parts/counted.js';
import { oneOf, present, type RawSearch } from '../parts/search.js';
import { limitsOf, noLimits, type LimitsDraft } from '../rate-limits/limits.js';
import { noTexts, saidOf, type KeyTexts } from './key-texts.js';
import type { ApiKey } from './keys.js';

/** What is asked of somebody who makes a key, in the order it is asked. */
export const steps = ['who', 'what', 'limits', 'review'] as const;
export type Step = (typeof steps)[number];

/** How far one is: each step is a place that `back` leads to. */
export interface NewKeySearch {
  readonly step?: Step;
}

export function readNewKeySearch(search: RawSearch): NewKeySearch {
  return present({ step: oneOf(steps, search.step) });
}

/** A key as it is typed. */
export interface NewKey extends KeyTexts {
  readonly environment: ApiKey['environment'];
  readonly scopes: string[];
  readonly allowlist: AllowlistDraft;
  readonly limits: LimitsDraft;
  /** How many days it lives; empty is for ever. */
  readonly lifetimeDays: string;
}

export const newKey: NewKey = {
  ...noTexts,
  environment: 'production',
  scopes: [],
  limits: noLimits,
  allowlist: noAllowlist,
  lifetimeDays: '',
};

const dayMs = 86_400_000;

/** When it will expire, if it is made now; `null` is never. */
function endOf({ lifetimeDays }: NewKey): string | null {
  if (lifetimeDays === '') return null;
  return new Date(Date.now() + Number(lifetimeDays) * dayMs).toISOString();
}

/** The same as the API has it. */
export function bodyOf(key: NewKey): Schemas['CreateApiKeyRequest'] {
  const { environment, scopes, allowlist, limits, lifetimeDays: _, ...texts } = key;
  return {
    ...{ ...saidOf(texts), environment, scopes },
    rateLimits: limitsOf(limits),
    ...(allowlist.mode !== 'off' && { ipAllowlist: allowlistOf(allowlist) }),
    expiresAt: endOf(key),
  };
}

/** In which step a field is asked for, by the name that the API or the form has for it. */
export function stepOf(field: string): Step {
  const [name = ''] = field.split('.');
  if (/^scopes\b/.test(name)) return 'what';
  return /^(ipAllowlist|allowlist|rateLimits|limits|expiresAt|lifetimeDays)\b/.test(name)
    ? 'limits'
    : 'who';
}

const lifetimes = [
  { value: '', label: 'Never' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '180', label: 'In half a year' },
  { value: '365', label: 'In a year' },
];

/** @param daysMax how long a key may live; `null` is for ever */
export function lifetimesUpTo(daysMax: number | null) {
  if (daysMax === null) return lifetimes;
  const allowed = lifetimes.filter(({ value }) => value !== '' && Number(value) < daysMax);
  return [...allowed, { value: String(daysMax), label: `In ${counted(daysMax, 'day')}` }];
}
