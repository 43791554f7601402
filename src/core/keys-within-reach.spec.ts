import { describe, expect, it } from '@jest/globals';
import { keysWithinReach } from './keys-within-reach.js';
import { StoreUnavailableError, type HeldCredential, type KeyDirectory } from './ports.js';

const heldBy = (id: string) => ({ id: `sec_of_${id}`, account: { id } }) as HeldCredential;

/** Knows the secret of each account by the account's id. */
class Directory implements KeyDirectory {
  readonly asked: string[] = [];
  readonly firstUses: HeldCredential[] = [];
  failure: Error | null = null;

  find(secret: string): HeldCredential | null {
    this.asked.push(secret);
    if (this.failure !== null) throw this.failure;
    return secret === 'nobody' ? null : heldBy(secret);
  }

  recordFirstUse(credential: HeldCredential): Promise<boolean> {
    this.firstUses.push(credential);
    return Promise.resolve(false);
  }
}

const ours = { id: 'acc_1', isOperator: false };

describe('the keys within the reach of an account', () => {
  it('are all for the operator', () => {
    const keys = new Directory();
    expect(keysWithinReach({ id: 'acc_op', isOperator: true }, keys)).toBe(keys);
  });

  it('are its own for any other: the rest are asked for alike, and are not there', async () => {
    const keys = new Directory();
    const within = keysWithinReach(ours, keys);
    expect(await within.find('acc_1')).toEqual(heldBy('acc_1'));
    expect(await within.find('acc_2')).toBeNull();
    expect(await within.find('nobody')).toBeNull();
    expect(keys.asked).toEqual(['acc_1', 'acc_2', 'nobody']);
  });

  it('put their first use on record as ever', async () => {
    const keys = new Directory();
    expect(await keysWithinReach(ours, keys).recordFirstUse(heldBy('acc_1'))).toBe(false);
    expect(keys.firstUses).toEqual([heldBy('acc_1')]);
  });

  it.each([
    ['its own', 'acc_1', heldBy('acc_1')],
    ['another', 'acc_2', null],
  ])('while the store is away: of %s is remembered', async (_whose, id, expected) => {
    const keys = new Directory();
    keys.failure = new StoreUnavailableError('away', { remembered: heldBy(id) });
    const failure = await Promise.resolve(keysWithinReach(ours, keys).find(id)).catch(
      (error) => error,
    );
    expect(failure).toBeInstanceOf(StoreUnavailableError);
    expect(failure.remembered).toEqual(expected);
  });

  it('another failure stays what it is', async () => {
    const keys = new Directory();
    keys.failure = new Error('a bug');
    await expect(keysWithinReach(ours, keys).find('acc_1')).rejects.toBe(keys.failure);
  });
});
