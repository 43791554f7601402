import {
  StoreUnavailableError,
  type HeldAccount,
  type HeldCredential,
  type KeyDirectory,
} from './ports.js';

/**
 * The keys that somebody may be told about: for the operator's account all there are, for any other its own. To it the secrets
 * of others are like secrets that do not exist, and are looked for in the same way.
 */
export function keysWithinReach(
  account: Pick<HeldAccount, 'id' | 'isOperator'>,
  keys: KeyDirectory,
): KeyDirectory {
  return account.isOperator ? keys : new OwnKeys(account.id, keys);
}

class OwnKeys implements KeyDirectory {
  constructor(
    private readonly accountId: string,
    private readonly keys: KeyDirectory,
  ) {}

  async find(secret: string): Promise<HeldCredential | null> {
    try {
      return this.#own(await this.keys.find(secret));
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      const remembered = this.#own(error.remembered);
      throw new StoreUnavailableError(error.message, {
        cause: error,
        ...(remembered && { remembered }),
      });
    }
  }

  recordFirstUse(credential: HeldCredential): Promise<boolean> {
    return this.keys.recordFirstUse(credential);
  }

  #own(credential: HeldCredential | null): HeldCredential | null {
    return credential?.account.id === this.accountId ? credential : null;
  }
}
