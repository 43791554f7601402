import { Inject, Injectable } from '@nestjs/common';
import { newId } from '../core/ids.js';
import { digestAlgorithm, digestOfSecret, type Pepper } from '../core/secret-digest.js';
import { displayStart, newSecret, type Environment } from '../core/secret-format.js';
import type { Change } from './database.js';
import { SecretEntity } from './entities/secret.entity.js';
import { KEY_PREFIXES, PEPPERS } from './tokens.js';

/** A secret at the only moment at which it is known: its text goes to the one who asked, its digest stays. */
export interface IssuedSecret {
  readonly id: string;
  readonly text: string;
}

@Injectable()
export class SecretsStore {
  readonly #pepper: Pepper;
  readonly #prefix: string;

  constructor(
    @Inject(PEPPERS) peppers: readonly Pepper[],
    @Inject(KEY_PREFIXES) prefixes: readonly string[],
  ) {
    this.#pepper = first(peppers);
    this.#prefix = first(prefixes);
  }

  /** Makes a new current secret for a key. */
  async issue(change: Change, keyId: string, environment: Environment): Promise<IssuedSecret> {
    return this.#keep(change, keyId, newSecret(this.#prefix, environment), 'ours');
  }

  /** Takes a secret that was made elsewhere as a key's current one. */
  async adopt(change: Change, keyId: string, text: string): Promise<IssuedSecret> {
    const issued = await this.#keep(change, keyId, text, 'legacy');
    await change.touch('legacy_secrets', keyId);
    return issued;
  }

  async #keep(
    change: Change,
    keyId: string,
    text: string,
    format: SecretEntity['format'],
  ): Promise<IssuedSecret> {
    const id = newId('sec');
    await change.manager.insert(SecretEntity, {
      id,
      keyId,
      format,
      digest: digestOfSecret(text, this.#pepper),
      digestAlgorithm,
      pepperVersion: this.#pepper.version,
      start: displayStart(text, format),
      createdAt: change.now,
      endsAt: null,
      revokedAt: null,
      rotationId: null,
      firstUsedAt: null,
    });
    return { id, text };
  }
}

function first<T>(items: readonly T[]): T {
  if (items.length === 0)
    throw new Error('An installation has at least one pepper and one prefix.');
  return items[0] as T;
}
