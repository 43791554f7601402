import type { SecretPlace } from './misplaced-secret.js';
import type { Environment } from './secret-format.js';

/** What a notice can tell of. Clients treat a kind that they do not know as "other". */
export const noticeKinds = [
  'rotation.opened',
  'rotation.extended',
  'rotation.cancelled',
  'rotation.finished',
  'rotation.expired',
  'rotation.ends_in_7_days',
  'rotation.ends_in_24_hours',
  'secret.over_age',
  'secret.misplaced',
  'key.expiring',
  'key.suspended',
  'key.revoked',
  'key.first_used_from_new_ip',
  'webhook.test',
] as const;

export type NoticeKind = (typeof noticeKinds)[number];

/** Which key it is about. Names are as they were then; times are ISO 8601, UTC. */
export interface OfKey {
  readonly keyId: string;
  readonly keyName: string;
  readonly environment: Environment;
}

export interface OfRotation extends OfKey {
  readonly rotationId: string;
  readonly startedAt: string;
  /** When the old secret stops working, or did. */
  readonly graceEndsAt: string;
}

/** The old secret of a rotation that ends soon, and who has not moved. */
export interface OfStraggler extends OfRotation {
  readonly oldSecretLastUsedAt: string;
  /** Callers of the old secret since the rotation began, told apart by address and user agent. */
  readonly oldSecretCallers: number;
}

/** A secret that is older than its account's policy lets it be. */
export interface OfAgedSecret extends OfKey {
  readonly secretId: string;
  /** Its display start. */
  readonly secretStart: string;
  readonly createdAt: string;
  readonly maxAgeDays: number;
  /** Whether its calls are refused for that. */
  readonly isRefused: boolean;
}

/** A secret that somebody sent where none belongs: it may stand in the logs of every system on its way. */
export interface OfMisplacedSecret extends OfKey {
  readonly secretId: string;
  /** Its display start. */
  readonly secretStart: string;
  readonly place: SecretPlace;
  /** Of the call that brought it, which need not be one of this account. */
  readonly callId: string;
  /** `null` if no caller could be determined. */
  readonly callerIp: string | null;
  readonly seenAt: string;
}

/** What a notice of each kind carries: never a secret. */
export interface NoticeData {
  readonly 'rotation.opened': OfRotation;
  readonly 'rotation.extended': OfRotation;
  readonly 'rotation.cancelled': OfRotation;
  readonly 'rotation.finished': OfRotation;
  readonly 'rotation.expired': OfRotation;
  readonly 'rotation.ends_in_7_days': OfStraggler;
  readonly 'rotation.ends_in_24_hours': OfStraggler;
  readonly 'secret.over_age': OfAgedSecret;
  readonly 'secret.misplaced': OfMisplacedSecret;
  readonly 'key.expiring': OfKey & { readonly expiresAt: string; readonly withinDays: number };
  readonly 'key.suspended': OfKey;
  readonly 'key.revoked': OfKey;
  readonly 'key.first_used_from_new_ip': OfKey & {
    readonly ip: string;
    readonly firstSeenAt: string;
  };
  readonly 'webhook.test': { readonly webhookId: string };
}

/** A closed union: `kind` tells what `data` holds. */
export type Notice = {
  readonly [K in NoticeKind]: { readonly kind: K; readonly data: NoticeData[K] };
}[NoticeKind];

/** The steps of a rotation that are told of as they are taken. */
export type RotationNoticeKind = Extract<
  NoticeKind,
  | 'rotation.opened'
  | 'rotation.extended'
  | 'rotation.cancelled'
  | 'rotation.finished'
  | 'rotation.expired'
>;
