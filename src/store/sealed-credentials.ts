import { Inject, Injectable } from '@nestjs/common';
import type { UpstreamCredential } from '../core/ports.js';
import { seal, unseal, type SealingKey } from '../core/sealing.js';
import type { SealedCredential, SealedText } from './entities/service.entity.js';
import { SEALING_KEYS } from './tokens.js';

/** Whose credential it is; sealed for one owner, it opens for no other. */
export type CredentialOwner =
  `service:${string}` | `binding:${string}` | `webhook:${string}` | `second_factor:${string}`;

/** Upstream credentials, and secrets of webhooks and of authenticator apps, on their way into the database and out of it. */
@Injectable()
export class SealedCredentials {
  #keys: readonly SealingKey[];

  constructor(@Inject(SEALING_KEYS) keys: readonly SealingKey[]) {
    this.#keys = keys;
  }

  /** Those that open what is sealed; the first one seals. */
  get keys(): readonly SealingKey[] {
    return this.#keys;
  }

  /** From now on these are the keys. */
  use(keys: readonly SealingKey[]): void {
    this.#keys = keys;
  }

  get current(): SealingKey {
    const [current] = this.#keys;
    if (current === undefined) throw new Error('An installation has at least one sealing key.');
    return current;
  }

  seal({ in: place, name, value }: UpstreamCredential, owner: CredentialOwner): SealedCredential {
    return { in: place, name, ...this.sealText(value, owner) };
  }

  sealText(text: string, owner: CredentialOwner): SealedText {
    const { current } = this;
    return { sealed: seal(Buffer.from(text), current, owner), sealingVersion: current.version };
  }

  /** @throws Error if it was sealed under a key that is not given, for another owner, or is not intact */
  open(credential: SealedCredential, owner: CredentialOwner): UpstreamCredential {
    const { in: place, name } = credential;
    return { in: place, name, value: this.openText(credential, owner) };
  }

  /** @throws Error like `open` */
  openText({ sealed }: SealedText, owner: CredentialOwner): string {
    return unseal(sealed, this.#keys, owner).toString();
  }
}
