import { Inject, Injectable } from '@nestjs/common';
import {
  keptFrom,
  policyOf,
  type AccountPolicy,
  type RetentionName,
} from '../core/account-policy.js';
import { AccountsStore } from '../store/accounts.store.js';
import { inPages } from '../store/in-pages.js';
import type { Place } from '../store/pages.js';
import { POLICY_DEFAULTS } from '../store/tokens.js';

/** For how long things are kept, of each account. */
@Injectable()
export class RetentionTerms {
  constructor(
    private readonly accounts: AccountsStore,
    @Inject(POLICY_DEFAULTS) private readonly defaults: AccountPolicy,
  ) {}

  /** Every account with the moment (epoch milliseconds) from which on it keeps this. */
  async *accountsAt(
    now: number,
    name: RetentionName,
  ): AsyncGenerator<{ readonly accountId: string; readonly before: number }> {
    const pages = inPages(
      (limit, after: Place | null) => this.accounts.list(limit, after, 'everybody'),
      ({ createdAt, id }) => ({ createdAt, id }),
    );
    for await (const page of pages) {
      for (const account of page)
        yield {
          accountId: account.id,
          before: keptFrom(now, policyOf(account, this.defaults), name),
        };
    }
  }

  /** The moment for what belongs to no account. */
  usual(now: number, name: RetentionName): number {
    return keptFrom(now, this.defaults, name);
  }

  /** The earliest moment of all, beyond which nobody keeps anything. */
  async earliest(now: number, name: RetentionName): Promise<number> {
    return Math.min(...(await this.#moments(now, name)));
  }

  /** The latest moment of all, from which on everybody keeps everything. */
  async latest(now: number, name: RetentionName): Promise<number> {
    return Math.max(...(await this.#moments(now, name)));
  }

  async #moments(now: number, name: RetentionName): Promise<number[]> {
    const moments = (await this.accounts.policies()).map((policy) =>
      keptFrom(now, { ...this.defaults, ...policy }, name),
    );
    return [this.usual(now, name), ...moments];
  }
}
