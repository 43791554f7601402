import { Inject, Injectable } from '@nestjs/common';
import type { UpstreamCredential } from '../core/ports.js';
import { seal, unseal, type SealingKey } from '../core/sealing.js';
import type { SealedCredential } from './entities/service.entity.js';
import { SEALING_KEYS } from './tokens.js';

/** Whose credential it is; sealed for one owner, it opens for no other. */
export type CredentialOwner = `service:${string}` | `binding:${string}`;

/** Upstream credentials on their way into the database and out of it. */
@Injectable()
export class SealedCredentials {
  readonly #current: SealingKey;

  constructor(@Inject(SEALING_KEYS) private readonly keys: readonly SealingKey[]) {
    const [current] = keys;
    if (current === undefined) throw new Error('An installation has at least one sealing key.');
    this.#current = current;
  }

  seal({ in: place, name, value }: UpstreamCredential, owner: CredentialOwner): SealedCredential {
    const sealed = seal(Buffer.from(value), this.#current, owner);
    return { in: place, name, sealed, sealingVersion: this.#current.version };
  }

  /** @throws Error if it was sealed under a key that is not given, for another owner, or is not intact */
  open(credential: SealedCredential, owner: CredentialOwner): UpstreamCredential {
    const { in: place, name, sealed } = credential;
    return { in: place, name, value: unseal(sealed, this.keys, owner).toString() };
  }
}
