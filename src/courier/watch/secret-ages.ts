import { Inject, Injectable } from '@nestjs/common';
import { isOverAge, policyOf } from '../../core/account-policy.js';
import { SETTINGS, type Settings } from '../../platform/config/settings.js';
import { AccountsStore } from '../../store/accounts.store.js';
import { Database } from '../../store/database.js';
import { EndingsStore, type AgingSecret } from '../../store/endings.store.js';
import { AccountEntity } from '../../store/entities/account.entity.js';
import { ApiKeyEntity } from '../../store/entities/api-key.entity.js';
import { SecretEntity } from '../../store/entities/secret.entity.js';
import { NoticesStore, ofKey } from '../../store/notices.store.js';
import { inPages } from '../../store/in-pages.js';

const dayMs = 86_400_000;
/** What has been told of stays in the way until its key is rotated, and an age is counted in days. */
const betweenLooksMs = 3_600_000;

/** Secrets that are older than their account's policy lets them be. */
@Injectable()
export class SecretAges {
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly database: Database,
    private readonly accounts: AccountsStore,
    private readonly endings: EndingsStore,
    private readonly notices: NoticesStore,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async look(now: number, stop: AbortSignal): Promise<void> {
    if (now - this.#lookedAt < betweenLooksMs) return;
    this.#lookedAt = now;
    const { policyDefaults } = this.settings;
    const own = (await this.accounts.policies()).flatMap(({ secretAgeDaysMax }) =>
      secretAgeDaysMax === undefined ? [] : [secretAgeDaysMax],
    );
    const youngest = now - Math.min(policyDefaults.secretAgeDaysMax, ...own) * dayMs;
    const pages = inPages(
      (limit, after: { createdAt: number; id: string } | null) =>
        this.endings.agingSecrets(youngest, limit, after),
      ({ createdAt, id }) => ({ createdAt, id }),
      stop,
    );
    for await (const page of pages) await this.#tell(page, now);
  }

  async #tell(page: readonly AgingSecret[], now: number): Promise<void> {
    const due = page.map(({ id }) => ({ id, dedupeKey: `secret.over_age ${id}` }));
    for (const { id, dedupeKey } of await this.notices.notYetPut(due)) {
      const secret = page.find((one) => one.id === id);
      if (secret !== undefined && this.#isOverAge(secret, secret.account, now))
        await this.#tellOf(id, dedupeKey, now);
    }
  }

  #isOverAge(secret: SecretEntity, account: AccountEntity, now: number): boolean {
    return isOverAge(secret, policyOf(account, this.settings.policyDefaults), now);
  }

  #tellOf(id: string, dedupeKey: string, now: number): Promise<void> {
    return this.database.change(async (change) => {
      const { manager } = change;
      const secret = await manager.findOneByOrFail(SecretEntity, { id });
      const key = await manager.findOneByOrFail(ApiKeyEntity, { id: secret.keyId });
      const { accountId } = key;
      const account = await manager.findOneByOrFail(AccountEntity, { id: accountId });
      if (key.standing === 'revoked' || !this.#isOverAge(secret, account, now)) return;
      const policy = policyOf(account, this.settings.policyDefaults);
      const data = {
        ...ofKey(key),
        ...{ secretId: id, secretStart: secret.start },
        createdAt: new Date(secret.createdAt).toISOString(),
        ...{ maxAgeDays: policy.secretAgeDaysMax, isRefused: policy.overAge === 'refuse' },
      };
      const notice = { kind: 'secret.over_age' as const, data };
      await this.notices.put(change, { accountId, notice, dedupeKey });
    });
  }
}
