import { Inject, Injectable } from '@nestjs/common';
import { policyOf } from '../../core/account-policy.js';
import { longestSpanMs, reminderDue, rotationReminders } from '../../core/reminder.js';
import { SETTINGS, type Settings } from '../../platform/config/settings.js';
import { RotationUsageStore } from '../../store/call-log/usage/rotation-usage.store.js';
import { Database } from '../../store/database.js';
import { EndingsStore } from '../../store/endings.store.js';
import { AccountEntity } from '../../store/entities/account.entity.js';
import { ApiKeyEntity } from '../../store/entities/api-key.entity.js';
import { RotationEntity } from '../../store/entities/rotation.entity.js';
import { NoticesStore, ofRotation } from '../../store/notices.store.js';
import { RotationsStore } from '../../store/rotations.store.js';
import { inPages } from '../../store/in-pages.js';

type Reminder = (typeof rotationReminders)[number]['name'];

/** Rotations whose grace is over, and those of which a person has to be reminded that it soon will be. */
@Injectable()
export class RotationEndings {
  constructor(
    private readonly database: Database,
    private readonly endings: EndingsStore,
    private readonly rotations: RotationsStore,
    private readonly notices: NoticesStore,
    private readonly rotationUsage: RotationUsageStore,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async look(now: number, stop: AbortSignal): Promise<void> {
    const until = now + longestSpanMs(rotationReminders);
    const pages = inPages(
      (limit, after: { endsAt: number; id: string } | null) =>
        this.endings.rotations(until, limit, after),
      ({ id, graceEndsAt }) => ({ id, endsAt: graceEndsAt }),
      stop,
    );
    for await (const page of pages) {
      for (const { keyId } of page.filter(({ graceEndsAt }) => graceEndsAt <= now))
        await this.database.change((change) => this.rotations.writeDownExpired(change, keyId));
      await this.#remind(page, now);
    }
  }

  async #remind(page: readonly RotationEntity[], now: number): Promise<void> {
    const due = page.flatMap((rotation) => {
      const { id, startedAt, graceEndsAt } = rotation;
      const kind = reminderDue(rotationReminders, { from: startedAt, endsAt: graceEndsAt }, now);
      return kind === null ? [] : { rotation, kind, dedupeKey: `${kind} ${id} ${graceEndsAt}` };
    });
    for (const { rotation, kind, dedupeKey } of await this.notices.notYetPut(due))
      await this.#remindOf(rotation, kind, dedupeKey, now);
  }

  async #remindOf(
    rotation: RotationEntity,
    kind: Reminder,
    dedupeKey: string,
    now: number,
  ): Promise<void> {
    const { id, keyId, graceEndsAt } = rotation;
    const use = await this.rotationUsage.trafficOf(id, rotation.retiringSecretId);
    const { lastUsedAt } = use;
    if (lastUsedAt === null) return;
    await this.database.change(async (change) => {
      const asFound = { id, graceEndsAt, standing: 'open' as const };
      if (!(await change.manager.existsBy(RotationEntity, asFound))) return;
      const key = await change.manager.findOneByOrFail(ApiKeyEntity, { id: keyId });
      const { accountId } = key;
      const account = await change.manager.findOneByOrFail(AccountEntity, { id: accountId });
      const { quietSeconds } = policyOf(account, this.settings.policyDefaults);
      // Nobody has to be reminded of a secret that nobody uses.
      if (now - lastUsedAt >= quietSeconds * 1000) return;
      const data = {
        ...ofRotation(key, rotation),
        oldSecretLastUsedAt: new Date(lastUsedAt).toISOString(),
        oldSecretCallers: use.callers.length,
      };
      await this.notices.put(change, { accountId, notice: { kind, data }, dedupeKey });
    });
  }
}
