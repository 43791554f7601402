import { Inject, Injectable } from '@nestjs/common';
import {
  newPasskeyChallenge,
  timeOfPasskeyChallenge,
  type ChallengeUse,
} from '../../core/passkey-challenge.js';
import type { Clock } from '../../core/ports.js';
import type { RelyingParty } from '../../core/relying-party.js';
import type { Pepper } from '../../core/secret-digest.js';
import { conflict } from '../../platform/errors/api-error.js';
import { ConsoleAddress } from '../../platform/http/console-address.js';
import { challengeIn } from '../../platform/passwords/passkeys.js';
import { CLOCK, PEPPERS } from '../../store/tokens.js';

/** A challenge that an answer is to. */
export interface AnsweredChallenge {
  readonly challenge: string;
  /** When it was made, in epoch milliseconds. */
  readonly at: number;
}

/** What passkeys are asked to sign, and for whom. */
@Injectable()
export class PasskeyChallenges {
  constructor(
    private readonly console: ConsoleAddress,
    @Inject(PEPPERS) private readonly peppers: readonly Pepper[],
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** `null` where there are no passkeys. */
  get party(): RelyingParty | null {
    return this.console.relyingParty;
  }

  /** @throws ApiError 409 where there are no passkeys */
  requireParty(): RelyingParty {
    if (this.party === null)
      throw conflict(
        'There are no passkeys here: CONSOLE_URL has to be https:// and a name.',
        'NO_PASSKEYS_HERE',
      );
    return this.party;
  }

  make(use: ChallengeUse): string {
    const [pepper] = this.peppers;
    if (pepper === undefined) throw new Error('An installation has at least one pepper.');
    return newPasskeyChallenge(use, pepper, this.clock.now());
  }

  /** @returns `null` where it is to none of ours, to one for something else, or to one that is too old */
  async answeredBy(
    { clientDataJSON }: { readonly clientDataJSON: string },
    use: ChallengeUse,
  ): Promise<AnsweredChallenge | null> {
    const challenge = await challengeIn(clientDataJSON);
    if (challenge === null) return null;
    const at = timeOfPasskeyChallenge(challenge, use, this.peppers, this.clock.now());
    return at === null ? null : { challenge, at };
  }
}
