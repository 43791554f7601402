import { Injectable } from '@nestjs/common';
import { expiryReminders, longestSpanMs, reminderDue } from '../../core/reminder.js';
import { Database } from '../../store/database.js';
import { EndingsStore } from '../../store/endings.store.js';
import { ApiKeyEntity } from '../../store/entities/api-key.entity.js';
import { NoticesStore, ofKey } from '../../store/notices.store.js';
import { inPages } from '../../store/in-pages.js';

/** Keys of which a person has to be reminded that they soon expire. */
@Injectable()
export class KeyExpiries {
  constructor(
    private readonly database: Database,
    private readonly endings: EndingsStore,
    private readonly notices: NoticesStore,
  ) {}

  async look(now: number, stop: AbortSignal): Promise<void> {
    const time = { from: now, until: now + longestSpanMs(expiryReminders) };
    const pages = inPages(
      (limit, after: { endsAt: number; id: string } | null) =>
        this.endings.keys(time, limit, after),
      ({ id, expiresAt }) => ({ id, endsAt: expiresAt ?? now }),
      stop,
    );
    for await (const page of pages) await this.#remind(page, now);
  }

  async #remind(page: readonly ApiKeyEntity[], now: number): Promise<void> {
    const due = page.flatMap(({ id, createdAt, expiresAt }) => {
      if (expiresAt === null) return [];
      const days = reminderDue(expiryReminders, { from: createdAt, endsAt: expiresAt }, now);
      const dedupeKey = `key.expiring ${id} ${expiresAt} ${days}`;
      return days === null ? [] : { id, expiresAt, days, dedupeKey };
    });
    for (const { id, expiresAt, days, dedupeKey } of await this.notices.notYetPut(due)) {
      await this.database.change(async (change) => {
        const key = await change.manager.findOneBy(ApiKeyEntity, { id, expiresAt });
        if (key === null || key.standing === 'revoked') return;
        const data = {
          ...ofKey(key),
          ...{ expiresAt: new Date(expiresAt).toISOString(), withinDays: days },
        };
        const notice = { kind: 'key.expiring' as const, data };
        await this.notices.put(change, { accountId: key.accountId, notice, dedupeKey });
      });
    }
  }
}
