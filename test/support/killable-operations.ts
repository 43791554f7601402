import type { MortalLatchkey, MortalRequest } from './mortal-latchkey.js';
import type { Json } from './send.js';

/** A request that changes something, and what has to be there for it. */
export interface KillableOperation {
  readonly name: string;
  /** The actions of the audit events that it leaves; `null` if it leaves none. */
  readonly event: string | readonly string[] | null;
  /** @param tag names all that is made for this one run */
  prepare(latchkey: MortalLatchkey, tag: string): Promise<PreparedOperation>;
}

export interface PreparedOperation {
  readonly request: MortalRequest;
  /** The answers of what was made for it, in the order in which it was made. */
  readonly made: readonly unknown[];
  /** Where it is about one key: its secrets, of which one has to work whenever the process dies. */
  readonly key?: KeyAtStake;
}

export interface KeyAtStake {
  readonly path: string;
  readonly secrets: readonly SecretAtStake[];
  /** When the key is suspended or revoked, so that no secret has to work. */
  readonly shut?: 'before' | 'after';
}

export interface SecretAtStake {
  readonly text: string;
  /** A secret that was never used cannot be asked with without a trace. */
  readonly isUsed: boolean;
  readonly works: { readonly before: boolean; readonly after: boolean };
}

export const always = { before: true, after: true };
export const untilThen = { before: true, after: false };

export function operation(
  name: string,
  event: KillableOperation['event'],
  prepare: KillableOperation['prepare'],
): KillableOperation {
  return { name, event, prepare };
}

export function manages(
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): MortalRequest {
  return {
    ...{ door: 'management', method, path },
    ...(body !== undefined && { body }),
    ...(headers !== undefined && { headers }),
  };
}

/** A request that is carried out once, however often it is asked for. */
export function managesOnce(method: string, path: string, body: unknown, tag: string) {
  return manages(method, path, body, { 'idempotency-key': tag });
}

export function openAccount(latchkey: MortalLatchkey, tag: string): Promise<Json> {
  return latchkey.manage('POST', '/v1/accounts', { name: tag });
}

/** The scopes that operations of keys may count on. */
export const scopesAtHand = ['contacts.read', 'contacts.write'];

export interface MadeKey {
  readonly path: string;
  readonly secret: string;
  readonly made: readonly unknown[];
}

/** A key in an account of its own. */
export async function makeKey(latchkey: MortalLatchkey, tag: string): Promise<MadeKey> {
  const account = await openAccount(latchkey, tag);
  const keys = `/v1/accounts/${account.id}/keys`;
  const key = await latchkey.manage('POST', keys, {
    name: tag,
    scopes: ['contacts.read', 'latchkey.self.rotate'],
  });
  return { path: `${keys}/${key.id}`, secret: key.secret, made: [account, key] };
}

/** A key whose secret has been used. */
export async function makeUsedKey(latchkey: MortalLatchkey, tag: string): Promise<MadeKey> {
  const key = await makeKey(latchkey, tag);
  if (!(await latchkey.works(key.secret))) throw new Error('The new key does not work.');
  return key;
}
