import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { IsNull } from 'typeorm';
import type { AccountPolicy } from '../core/account-policy.js';
import type { Clock, HeldCredential, KeyDirectory } from '../core/ports.js';
import { StoreUnavailableError } from '../core/ports.js';
import { digestOfSecret, fingerprintOfSecret, type Pepper } from '../core/secret-digest.js';
import { legacyLengthMax, shapeOfSecret } from '../core/secret-format.js';
import { readCredential } from './credential-query.js';
import { Database, isStale, type Stale } from './database.js';
import { SecretEntity } from './entities/secret.entity.js';
import { Lease } from './lease.js';
import { orUnavailable } from './or-unavailable.js';
import { RememberedCredentials } from './remembered-credentials.js';
import { SealedCredentials } from './sealed-credentials.js';
import { CLOCK, KEY_PREFIXES, PEPPERS, POLICY_DEFAULTS } from './tokens.js';

const rememberedCredentialsMax = 100_000;
const rememberedUnknownsMax = 10_000;

/**
 * The keys a node remembers, in front of the store.
 *
 * A remembered secret costs one hash and no query; concurrent misses of one secret share one query; a secret that does not
 * exist is remembered too, within bounds. A change forgets what it made stale before it is answered, and a query that was
 * under way meanwhile is asked again: it may have read what was there before. Without a lease nothing remembered counts.
 */
@Injectable()
export class CachedKeyDirectory implements KeyDirectory, OnModuleInit {
  /** By the secret's fingerprint. */
  readonly #known = new RememberedCredentials(rememberedCredentialsMax);
  readonly #unknown = new LRUCache<string, true>({ max: rememberedUnknownsMax });
  readonly #asked = new Map<string, Promise<HeldCredential | null>>();
  readonly #firstUses = new Map<string, Promise<boolean>>();
  /** Counts the changes applied, so that a query notices that one came between. */
  #generation = 0;
  #hasLegacySecrets = false;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(PEPPERS) private readonly peppers: readonly Pepper[],
    @Inject(KEY_PREFIXES) private readonly prefixes: readonly string[],
    private readonly credentials: SealedCredentials,
    private readonly lease: Lease,
    @Inject(POLICY_DEFAULTS) private readonly policyDefaults: AccountPolicy,
  ) {
    database.onChange((stale) => this.#forget(stale));
  }

  async onModuleInit(): Promise<void> {
    await this.#lookForLegacySecrets();
  }

  find(secret: string): HeldCredential | null | Promise<HeldCredential | null> {
    if (secret.length > legacyLengthMax) return null;
    const fingerprint = fingerprintOfSecret(secret);
    const known = this.#known.get(fingerprint);
    const isInTouch = this.lease.holds;
    if (known !== undefined && isInTouch) return known;
    const shape = shapeOfSecret(secret, this.prefixes);
    if (shape === 'neither') return null;
    if (isInTouch && shape === 'legacy' && !this.#hasLegacySecrets) return null;
    if (!isInTouch) throw outOfTouch(known);
    if (this.#unknown.has(fingerprint)) return null;
    const asked = this.#asked.get(fingerprint);
    if (asked !== undefined) return asked;
    const asking = this.#ask(secret, fingerprint).finally(() => {
      if (this.#asked.get(fingerprint) === asking) this.#asked.delete(fingerprint);
    });
    this.#asked.set(fingerprint, asking);
    return asking;
  }

  recordFirstUse(credential: HeldCredential): Promise<boolean> {
    const recording = this.#firstUses.get(credential.id);
    if (recording !== undefined) return recording;
    const started = this.#recordFirstUse(credential.id).finally(() =>
      this.#firstUses.delete(credential.id),
    );
    this.#firstUses.set(credential.id, started);
    return started;
  }

  async #ask(secret: string, fingerprint: string): Promise<HeldCredential | null> {
    const digests = this.peppers.map((pepper) => digestOfSecret(secret, pepper));
    for (;;) {
      const generation = this.#generation;
      const credential = await orUnavailable(
        readCredential(this.database.read, digests, this.credentials, this.policyDefaults),
      );
      if (!this.lease.holds) throw outOfTouch();
      if (generation !== this.#generation) continue;
      if (credential !== null) return this.#known.set(fingerprint, credential);
      this.#unknown.set(fingerprint, true);
      return null;
    }
  }

  async #recordFirstUse(secretId: string): Promise<boolean> {
    const stands = await orUnavailable(
      this.database.write(async (manager) => {
        const unused = { id: secretId, firstUsedAt: IsNull(), revokedAt: IsNull() };
        const { affected } = await manager.update(SecretEntity, unused, {
          firstUsedAt: this.clock.now(),
        });
        return (
          affected === 1 ||
          (await manager.existsBy(SecretEntity, { id: secretId, revokedAt: IsNull() }))
        );
      }),
    );
    // Read again with its first use on record; a stale entry would only ask for the record once more.
    this.#known.forget(secretId);
    if (!this.lease.holds) throw outOfTouch();
    return stands;
  }

  #forget(stale: Stale): void | Promise<void> {
    this.#generation += 1;
    // Whoever comes after the change must not join a query that began before it.
    this.#asked.clear();
    this.#unknown.clear();
    if (stale === 'everything') this.#known.clear();
    else for (const { id } of stale) this.#known.forget(id);
    if (isStale(stale, 'legacy_secrets')) return this.#lookForLegacySecrets();
  }

  async #lookForLegacySecrets(): Promise<void> {
    // Where there was one there always is one: a look that began before it came may be told of after it.
    if (await this.database.read.existsBy(SecretEntity, { format: 'legacy' }))
      this.#hasLegacySecrets = true;
  }
}

function outOfTouch(remembered?: HeldCredential): StoreUnavailableError {
  return new StoreUnavailableError('This node has not heard from the database for too long.', {
    ...(remembered && { remembered }),
  });
}
