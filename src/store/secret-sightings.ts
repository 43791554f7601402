import { Inject, Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { addressBlockOf } from '../core/address-block.js';
import type { MisplacedSecret, SecretPlace } from '../core/misplaced-secret.js';
import { digestOfSecret, type Pepper } from '../core/secret-digest.js';
import { Database } from './database.js';
import { SecretEntity } from './entities/secret.entity.js';
import { PEPPERS } from './tokens.js';

/** Waiting sightings of the whole process, and of one address block: nobody's flood crowds out what others brought. */
const waitingMax = 1_000;
const waitingOfBlockMax = 100;
/** Below every driver's bound on parameters. */
const digestsPerQuery = 1_000;

/** The call that brought a secret to a place where none belongs. */
export interface SightingCall {
  readonly callId: string;
  /** `null` if no caller could be determined. */
  readonly callerIp: string | null;
  /** Epoch milliseconds. */
  readonly seenAt: number;
}

export interface SecretSighting extends SightingCall {
  /** Under each pepper: a genuine secret is known by one of them. */
  readonly digests: readonly string[];
  readonly place: SecretPlace;
}

/**
 * What looks by its checksum like a secret of ours and was seen in the wrong place, until it is looked up whose it is. Anybody can
 * make up such texts, so there are few of them at a time, and what does not fit is dropped; a checksum is no proof, and the digest
 * of what was seen is all that stays.
 */
@Injectable()
export class SecretSightings {
  readonly #waiting = new Map<string, { sighting: SecretSighting; block: string }>();
  readonly #ofBlock = new Map<string, number>();

  constructor(
    @Inject(PEPPERS) private readonly peppers: readonly Pepper[],
    private readonly database: Database,
  ) {}

  saw({ secret, place }: MisplacedSecret, call: SightingCall): void {
    const block = addressBlockOf(call.callerIp ?? '');
    const ofBlock = this.#ofBlock.get(block) ?? 0;
    if (this.#waiting.size >= waitingMax || ofBlock >= waitingOfBlockMax) return;
    const digests = this.peppers.map((pepper) => digestOfSecret(secret, pepper));
    const name = `${place} ${digests[0]}`;
    if (this.#waiting.has(name)) return;
    this.#waiting.set(name, { sighting: { ...call, digests, place }, block });
    this.#ofBlock.set(block, ofBlock + 1);
  }

  get waiting(): readonly SecretSighting[] {
    return [...this.#waiting.values()].map(({ sighting }) => sighting);
  }

  /** Those of them that are secrets of this installation, each with its secret. */
  async genuine(
    sightings: readonly SecretSighting[],
  ): Promise<{ sighting: SecretSighting; secret: SecretEntity }[]> {
    const digests = sightings.flatMap((sighting) => sighting.digests);
    const known = new Map<string, SecretEntity>();
    for (let start = 0; start < digests.length; start += digestsPerQuery) {
      const digest = In(digests.slice(start, start + digestsPerQuery));
      for (const secret of await this.database.read.findBy(SecretEntity, { digest }))
        known.set(secret.digest, secret);
    }
    return sightings.flatMap((sighting) => {
      const digest = sighting.digests.find((one) => known.has(one));
      const secret = digest === undefined ? undefined : known.get(digest);
      return secret === undefined ? [] : [{ sighting, secret }];
    });
  }

  /** They were looked up. @param sightings as `waiting` gave them */
  settle(sightings: readonly SecretSighting[]): void {
    const settled = new Set(sightings);
    for (const [name, { sighting, block }] of this.#waiting) {
      if (!settled.has(sighting)) continue;
      this.#waiting.delete(name);
      const left = (this.#ofBlock.get(block) ?? 1) - 1;
      if (left === 0) this.#ofBlock.delete(block);
      else this.#ofBlock.set(block, left);
    }
  }
}
