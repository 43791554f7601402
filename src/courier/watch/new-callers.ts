import { Injectable } from '@nestjs/common';
import { UsageStore, type NewCaller } from '../../store/call-log/usage/usage.store.js';
import { Database } from '../../store/database.js';
import { ApiKeyEntity } from '../../store/entities/api-key.entity.js';
import { NoticesStore, ofKey } from '../../store/notices.store.js';
import { WatchedUntilStore } from '../../store/watched-until.store.js';
import { inPages } from '../../store/in-pages.js';

const what = 'new_callers';
/** Before what was told last: nodes differ by their clocks, and by what they have committed. */
const overlapMs = 60_000;
/** Of a key on one day: from changing addresses, another one says nothing. */
const toldOfKeyPerDayMax = 20;

/** Keys that are used from an address which none of their callers had. */
@Injectable()
export class NewCallers {
  constructor(
    private readonly database: Database,
    private readonly usage: UsageStore,
    private readonly notices: NoticesStore,
    private readonly watchedUntil: WatchedUntilStore,
  ) {}

  /** Whoever came before an installation knew of this is not told of. */
  async begin(now: number): Promise<void> {
    await this.watchedUntil.readOr(what, now);
  }

  async look(now: number, stop: AbortSignal): Promise<void> {
    const from = await this.watchedUntil.readOr(what, now);
    const pages = inPages(
      (limit, after: NewCaller | null) =>
        this.usage.callersFirstSeenAfter(after ?? from - overlapMs, limit),
      (caller) => caller,
      stop,
    );
    let until = from;
    for await (const page of pages) {
      await this.#tell(page);
      until = Math.max(until, page.at(-1)?.addedAt ?? until);
    }
    if (until > from) await this.watchedUntil.write(what, until);
  }

  async #tell(page: readonly NewCaller[]): Promise<void> {
    const due = page
      // Who is counted with others, or is not known, has no address of its own.
      .filter(({ ip }) => ip !== '' && ip !== '*' && !ip.includes('/'))
      .map((caller) => ({ caller, dedupeKey: `${dayOf(caller)} ${caller.ip}` }));
    for (const { caller, dedupeKey } of await this.notices.notYetPut(due)) {
      if ((await this.notices.countPut(dayOf(caller))) >= toldOfKeyPerDayMax) continue;
      await this.#tellOf(caller, dedupeKey);
    }
  }

  #tellOf({ keyId: id, ip, firstSeenAt }: NewCaller, dedupeKey: string): Promise<void> {
    return this.database.change(async (change) => {
      const key = await change.manager.findOneBy(ApiKeyEntity, { id });
      if (key === null) return;
      const data = { ...ofKey(key), ip, firstSeenAt: new Date(firstSeenAt).toISOString() };
      const notice = { kind: 'key.first_used_from_new_ip' as const, data };
      await this.notices.put(change, { accountId: key.accountId, notice, dedupeKey });
    });
  }
}

/** What its notices of one day have in common. */
function dayOf({ keyId, addedAt }: NewCaller): string {
  const day = new Date(addedAt).toISOString().slice(0, 10);
  return `key.first_used_from_new_ip ${keyId} ${day}`;
}
