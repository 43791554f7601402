import { createHmac } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';

/** An audit event as its digest covers it: all of it, and through the digest before it all that came before. */
export interface ChainedEvent {
  readonly id: string;
  readonly accountId: string;
  /** 1, 2, 3, … within the account. */
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly action: string;
  readonly actor: unknown;
  readonly callerIp: string | null;
  readonly targetType: string;
  readonly targetId: string;
  readonly before: unknown;
  readonly after: unknown;
  /** The digest of the event before; of the first one, empty. */
  readonly previousDigest: string;
}

export interface DigestedEvent extends ChainedEvent {
  readonly digest: string;
}

/** A place in a chain. As the last one, its head, it stands for all that came before it. */
export interface ChainPlace {
  readonly seq: number;
  readonly digest: string;
}

/** HMAC-SHA256 over the event in canonical JSON (RFC 8785), base64url. */
export function eventDigest(event: ChainedEvent, key: Buffer): string {
  const { id, accountId, seq, at, action, actor, callerIp } = event;
  const { targetType, targetId, before, after, previousDigest } = event;
  const covered = {
    ...{ id, accountId, seq, at, action, actor, callerIp },
    ...{ targetType, targetId, before, after, previousDigest },
  };
  return createHmac('sha256', key).update(canonicalJson(covered)).digest('base64url');
}

/** The action of the event that tells of events which retention took away, and so says where the rest begins. */
export const prunedAction = 'audit.pruned';

/** What such an event says in its `after`. */
export interface PrunedEvents {
  /** How many were taken away. */
  readonly events: number;
  /** The last of them. */
  readonly upTo: ChainPlace;
  /** ISO 8601: every one of them was older than this. */
  readonly before: string;
}

/** Where the chain begins, as an event says; `null` if it says nothing of the kind. */
export function beginningToldBy({ action, after }: ChainedEvent): ChainPlace | null {
  if (action !== prunedAction || typeof after !== 'object' || after === null) return null;
  const { upTo } = after as Partial<PrunedEvents>;
  const isPlace = Number.isSafeInteger(upTo?.seq) && typeof upTo?.digest === 'string';
  return upTo !== undefined && isPlace ? upTo : null;
}
