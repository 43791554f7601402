import type { Schemas } from '@latchkey/sdk';
import { queryOptions } from '@tanstack/react-query';
import { api, taggedAnswer } from '../api/client.js';

export type Policy = Schemas['PolicyResponse'];
export type PolicyChange = Schemas['PutPolicyRequest'];
export type Part = keyof Policy['inForce'];

export const policyQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['policy', accountId],
    queryFn: () =>
      taggedAnswer(api.GET('/v1/accounts/{accountId}/policy', { params: { path: { accountId } } })),
  });

const [hour, day] = [3600, 86_400];

/** How a part of the policy is shown and typed. */
export interface PartText {
  readonly label: string;
  readonly says: string;
  /** What is typed, in the unit that the API counts; for times of a length that people do not count in seconds. */
  readonly unit?: { readonly name: string; readonly size: number };
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  /** What stands for no value at all. */
  readonly none?: string;
}

const days = { name: 'days', size: 1 };

export const parts: Readonly<Record<Part, PartText>> = {
  secretAgeDaysMax: {
    label: 'Age of a secret',
    says: 'After so long a secret is to be replaced.',
    unit: days,
  },
  overAge: {
    label: 'A secret over that age',
    says: 'What becomes of calls with it, until its key is rotated.',
    choices: [
      { value: 'report', label: 'goes on, and is told of' },
      { value: 'refuse', label: 'is refused' },
    ],
  },
  keyLifetimeDaysMax: {
    label: 'Life of a key',
    says: 'How long after it was made a key ends at the latest.',
    unit: days,
    none: 'no limit',
  },
  graceSecondsDefault: {
    label: 'Grace of a rotation',
    says: 'How long an old secret goes on beside the new one, where nothing else is chosen.',
    unit: { name: 'days', size: day },
  },
  graceSecondsMax: {
    label: 'Longest grace',
    says: 'More cannot be chosen.',
    unit: { name: 'days', size: day },
  },
  quietSeconds: {
    label: 'Quiet before the end',
    says: 'How long nobody may have used an old secret before it counts as safe to end.',
    unit: { name: 'hours', size: hour },
  },
  deprecationHeaders: {
    label: 'Deprecation headers',
    says: 'Whether answers to an old secret say so in Deprecation and Sunset as well.',
    choices: [
      { value: 'true', label: 'sent' },
      { value: 'false', label: 'not sent' },
    ],
  },
  rotationGuideUrl: {
    label: 'Guide to rotations',
    says: 'Where such answers lead whoever reads them.',
    none: 'a page of Latchkey’s own',
  },
  retentionDaysCalls: {
    label: 'Request log',
    says: 'For so long calls are kept.',
    unit: days,
  },
  retentionDaysCounters: {
    label: 'Counters of use',
    says: 'For so long it is kept what keys are used for.',
    unit: days,
  },
  retentionDaysAudit: {
    label: 'Audit trail and notices',
    says: 'For so long they are kept.',
    unit: days,
  },
};

export const partNames = Object.keys(parts) as Part[];

/** A value of a part, in words. */
export function valueInWords(part: Part, value: Policy['inForce'][Part]): string {
  const { unit, choices, none } = parts[part];
  if (value === null) return none ?? 'not set';
  if (unit !== undefined) {
    const count = Number(value) / unit.size;
    const rounded = Math.round(count * 100) / 100;
    return `${rounded.toLocaleString()} ${rounded === 1 ? unit.name.slice(0, -1) : unit.name}`;
  }
  return choices?.find((choice) => choice.value === String(value))?.label ?? String(value);
}

/** What is typed for a part; nothing is what the installation has. */
export function typedOf(part: Part, own: Policy['set'][Part]): string {
  if (own === null) return '';
  const { unit } = parts[part];
  return unit === undefined ? String(own) : String(Number(own) / unit.size);
}

/** The policy that was typed, in the API's units. What makes no sense goes as it is, and is refused in words. */
export function policyOf(typed: Readonly<Record<Part, string>>): PolicyChange {
  const set = partNames
    .map((part) => [part, typed[part].trim()] as const)
    .filter(([, text]) => text !== '')
    .map(([part, text]) => [part, readValue(parts[part], text)] as const);
  return Object.fromEntries(set) as PolicyChange;
}

function readValue({ unit, choices }: PartText, text: string): string | number | boolean {
  if (unit !== undefined) {
    const count = Number(text) * unit.size;
    return Number.isFinite(count) ? Math.round(count) : text;
  }
  const isFlag = choices?.some(({ value }) => value === 'true') ?? false;
  return isFlag ? text === 'true' : text;
}
