import { LRUCache } from 'lru-cache';
import type { HeldAccount, HeldBinding, HeldCredential } from '../core/ports.js';

/** What many credentials have in common. */
interface AccountParts {
  readonly account: HeldAccount;
  /** By the environment of the key. */
  readonly bindings: Map<string, ReadonlyMap<string, HeldBinding>>;
}

const noScopes: ReadonlySet<string> = new Set();
/** Sets of scopes that are shared: more than there are kinds of keys, as a rule. */
const scopeSetsMax = 10_000;

/**
 * Credentials by their fingerprints, at most so many: the least recently used goes first.
 *
 * Keys of one account share what is the account's, and keys with the same scopes share those: what is left to each is what it
 * alone has. The account of all is that of the first: a change of it forgets every one of them.
 */
export class RememberedCredentials {
  readonly #credentials: LRUCache<string, HeldCredential>;
  /** By the id of a secret, a key or an account, the fingerprints of what it is part of: mostly there is one. */
  readonly #fingerprintsOf = new Map<string, string | Set<string>>();
  readonly #accounts = new Map<string, AccountParts>();
  readonly #scopeSets = new LRUCache<string, ReadonlySet<string>>({ max: scopeSetsMax });

  constructor(max: number) {
    this.#credentials = new LRUCache({
      max,
      dispose: (credential, fingerprint) => this.#unlink(fingerprint, credential),
    });
  }

  get(fingerprint: string): HeldCredential | undefined {
    return this.#credentials.get(fingerprint);
  }

  /** @returns it, as it is remembered: to be given out instead */
  set(fingerprint: string, credential: HeldCredential): HeldCredential {
    const { key } = credential;
    const { account, bindings } = this.#partsOf(credential);
    const held: HeldCredential = {
      ...credential,
      account,
      key: {
        ...key,
        bindings: sharedIn(bindings, key.environment, key.bindings),
        scopes: this.#shared(key.scopes),
        grantableScopes: this.#shared(key.grantableScopes),
      },
    };
    this.#credentials.set(fingerprint, held);
    // After what it may have taken the place of was unlinked.
    this.#accounts.set(account.id, { account, bindings });
    for (const id of subjectsOf(held)) this.#link(id, fingerprint);
    return held;
  }

  /** Forgets whatever this is part of: a secret, a key, an account. */
  forget(id: string): void {
    const linked = this.#fingerprintsOf.get(id) ?? [];
    for (const fingerprint of typeof linked === 'string' ? [linked] : [...linked])
      this.#credentials.delete(fingerprint);
  }

  clear(): void {
    this.#credentials.clear();
  }

  #partsOf({ account }: HeldCredential): AccountParts {
    return this.#accounts.get(account.id) ?? { account, bindings: new Map() };
  }

  #shared(scopes: ReadonlySet<string>): ReadonlySet<string> {
    if (scopes.size === 0) return noScopes;
    // A scope has no space in it.
    return sharedIn<ReadonlySet<string>>(this.#scopeSets, [...scopes].toSorted().join(' '), scopes);
  }

  #link(id: string, fingerprint: string): void {
    const linked = this.#fingerprintsOf.get(id);
    if (linked === undefined) this.#fingerprintsOf.set(id, fingerprint);
    else if (typeof linked !== 'string') linked.add(fingerprint);
    else if (linked !== fingerprint) this.#fingerprintsOf.set(id, new Set([linked, fingerprint]));
  }

  #unlink(fingerprint: string, credential: HeldCredential): void {
    for (const id of subjectsOf(credential)) {
      const linked = this.#fingerprintsOf.get(id);
      if (typeof linked === 'object') linked.delete(fingerprint);
      if (linked === fingerprint || (typeof linked === 'object' && linked.size === 0)) {
        this.#fingerprintsOf.delete(id);
        this.#accounts.delete(id);
      }
    }
  }
}

/** What, when it changes, makes a remembered credential stale. */
function subjectsOf(credential: HeldCredential): readonly string[] {
  return [credential.id, credential.key.id, credential.account.id];
}

/** What a pool has by that name, or else this from now on. */
function sharedIn<Value extends object>(
  pool: { get(name: string): Value | undefined; set(name: string, value: Value): unknown },
  name: string,
  value: Value,
): Value {
  const shared = pool.get(name);
  if (shared !== undefined) return shared;
  pool.set(name, value);
  return value;
}
