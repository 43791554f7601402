import { DayEnds } from './day-ends.js';
import type { Limited, Metered, Metering, RateMeter } from './ports.js';
import {
  dailyPolicyName,
  policyNameOf,
  type LimitHolder,
  type LimitStanding,
  type RateLimits,
} from './rate-limits.js';
import { RollingWindow, leftAt, type CountedCalls } from './rolling-window.js';

/** What one process has counted of a key or an account. Times are epoch milliseconds. */
export interface LimitUse {
  readonly holderId: string;
  /** In the order of time. */
  readonly recent: readonly CountedCalls[];
  readonly callsOfDay: number;
  readonly dayEndsAt: number;
  /** From then on nothing of it counts any more. */
  readonly countsUntil: number;
}

/** What lies further ahead than a day was written by a clock that was wrong. */
const countsForMsMax = 50 * 3_600_000;

const unlimited: Metering = { exceeded: null, standings: [] };

/**
 * Counts calls against the limits of keys and accounts, in memory, by their ids: whichever secret a call comes with, it counts
 * for its key. Exact within this process; what other processes have counted is as recent as what was learnt of them last.
 */
export class CountingMeter implements RateMeter {
  /** Told when there is something to save again, once until it was taken. */
  onChange: () => void = () => {};
  readonly #counts = new Map<string, LimitCount>();
  readonly #changed = new Set<LimitCount>();
  readonly #days = new DayEnds();

  take({ key, account }: Metered, now: number): Metering {
    if (key.rateLimits === null && account.rateLimits === null) return unlimited;
    const ofKey = this.#countOf(key);
    const ofAccount = this.#countOf(account);
    const { timeZone } = account;
    const hasRoom =
      (ofKey === null || ofKey.hasRoom(key.rateLimits as RateLimits, now, timeZone)) &&
      (ofAccount === null || ofAccount.hasRoom(account.rateLimits as RateLimits, now, timeZone));
    if (hasRoom) {
      // All have room before any is counted: a call that is refused costs nothing.
      if (ofKey !== null) this.#add(ofKey, key.rateLimits as RateLimits, now);
      if (ofAccount !== null) this.#add(ofAccount, account.rateLimits as RateLimits, now);
    }
    const standings: LimitStanding[] = [];
    ofKey?.tell(standings, 'key', key.rateLimits as RateLimits, now, timeZone);
    ofAccount?.tell(standings, 'account', account.rateLimits as RateLimits, now, timeZone);
    return { exceeded: hasRoom ? null : longestOf(standings), standings };
  }

  look({ key, account }: Metered, now: number): readonly LimitStanding[] {
    const standings: LimitStanding[] = [];
    for (const [appliesTo, limited] of [
      ['key', key],
      ['account', account],
    ] as const) {
      const { id, rateLimits } = limited;
      if (rateLimits === null) continue;
      const count = this.#counts.get(id) ?? new LimitCount(id, this.#days);
      count.tell(standings, appliesTo, rateLimits, now, account.timeZone);
    }
    return standings;
  }

  /** What was counted since it was taken last, to be saved. */
  takeChanged(): LimitUse[] {
    const uses = [...this.#changed].map((count) => count.use());
    this.#changed.clear();
    return uses;
  }

  /** They could not be saved. @param holderIds of what was taken */
  giveBack(holderIds: readonly string[]): void {
    for (const id of holderIds) {
      const count = this.#counts.get(id);
      if (count !== undefined) this.#changed.add(count);
    }
  }

  /** Goes on from what this process had counted in an earlier life. */
  resume(uses: readonly LimitUse[], now: number): void {
    for (const use of uses) {
      const count = new LimitCount(use.holderId, this.#days);
      count.resume(use, now);
      this.#counts.set(use.holderId, count);
    }
  }

  /** @param others all that other processes have counted of this holder, in place of what was learnt before */
  learn(holderId: string, others: readonly LimitUse[], now: number): void {
    const known = this.#counts.get(holderId);
    if (known === undefined && others.length === 0) return;
    const count = known ?? new LimitCount(holderId, this.#days);
    count.learn(others, now);
    this.#counts.set(holderId, count);
  }

  /** Lets go of what counts no more, so that it remembers only who called within a day. */
  forgetOver(now: number): void {
    for (const [id, count] of this.#counts) {
      count.forgetLeft(now);
      if (count.isOverAt(now) && !this.#changed.has(count)) this.#counts.delete(id);
    }
  }

  /** How many keys and accounts it remembers. */
  get size(): number {
    return this.#counts.size;
  }

  #countOf({ id, rateLimits }: Limited): LimitCount | null {
    if (rateLimits === null) return null;
    const known = this.#counts.get(id);
    if (known !== undefined) return known;
    const count = new LimitCount(id, this.#days);
    this.#counts.set(id, count);
    return count;
  }

  #add(count: LimitCount, limits: RateLimits, now: number): void {
    count.add(limits, now);
    if (this.#changed.size === 0) this.onChange();
    this.#changed.add(count);
  }
}

/** The one that takes longest to have room again: a retry makes no sense before. */
function longestOf(standings: readonly LimitStanding[]): LimitStanding {
  return standings
    .filter(({ remaining }) => remaining === 0)
    .reduce((longest, standing) => (standing.resetsAt > longest.resetsAt ? standing : longest));
}

/** What is counted of one key or account. */
class LimitCount {
  #own = new RollingWindow();
  #others: RollingWindow | null = null;
  /** Of the last call that was counted; of what was resumed nothing is known to have left. */
  #windowMs = Infinity;
  #callsOfDay = 0;
  #dayEndsAt = 0;
  /** By whose calendar that is; unknown of a day that was resumed. */
  #timeZone: string | null = null;
  #othersOfDay = 0;
  #othersDayEndsAt = 0;
  #countsUntil = 0;

  constructor(
    readonly holderId: string,
    private readonly days: DayEnds,
  ) {}

  hasRoom({ rolling, daily }: RateLimits, now: number, timeZone: string): boolean {
    this.#turnTo(now, timeZone);
    return (
      (rolling === null || this.#recentAt(now, rolling.windowSeconds * 1000) < rolling.requests) &&
      (daily === null || this.#ofDayAt(now) < daily.requests)
    );
  }

  /** Once it is known that there is room. */
  add({ rolling, daily }: RateLimits, now: number): void {
    if (rolling !== null) {
      const windowMs = rolling.windowSeconds * 1000;
      this.#own.add(now, rolling.requests, windowMs);
      this.#windowMs = windowMs;
      this.#countsUntil = Math.max(this.#countsUntil, now + windowMs);
    }
    if (daily !== null) {
      this.#callsOfDay += 1;
      this.#countsUntil = Math.max(this.#countsUntil, this.#dayEndsAt);
    }
  }

  tell(
    standings: LimitStanding[],
    appliesTo: LimitHolder,
    { rolling, daily }: RateLimits,
    now: number,
    timeZone: string,
  ): void {
    this.#turnTo(now, timeZone);
    if (rolling !== null) {
      const intervalMs = rolling.windowSeconds * 1000;
      const used = this.#recentAt(now, intervalMs);
      standings.push({
        policyName: policyNameOf(rolling),
        appliesTo,
        limit: rolling.requests,
        used,
        remaining: Math.max(0, rolling.requests - used),
        intervalMs,
        resetsAt: this.#roomAt(used - rolling.requests + 1, now, intervalMs),
      });
    }
    if (daily !== null) {
      const used = this.#ofDayAt(now);
      standings.push({
        policyName: dailyPolicyName,
        appliesTo,
        limit: daily.requests,
        used,
        remaining: Math.max(0, daily.requests - used),
        intervalMs: 86_400_000,
        resetsAt: this.#dayEndsAt,
      });
    }
  }

  use(): LimitUse {
    return {
      holderId: this.holderId,
      recent: this.#own.kept(),
      callsOfDay: this.#callsOfDay,
      dayEndsAt: this.#dayEndsAt,
      countsUntil: this.#countsUntil,
    };
  }

  /** What a clock that was ahead has written counts as of now: it is neither forgotten nor there for ever. */
  resume({ recent, callsOfDay, dayEndsAt, countsUntil }: LimitUse, now: number): void {
    this.#own = new RollingWindow(recent.map(([at, calls]) => [Math.min(at, now), calls]));
    this.#callsOfDay = callsOfDay;
    this.#dayEndsAt = dayEndsAt;
    this.#countsUntil = Math.min(countsUntil, now + countsForMsMax);
  }

  learn(others: readonly LimitUse[], now: number): void {
    // Not taken for now again and again, or it would never be over.
    const counting = others.filter((use) => use.countsUntil <= now + countsForMsMax);
    const recent = counting.flatMap((use) => use.recent);
    this.#others =
      recent.length === 0 ? null : new RollingWindow(recent.toSorted(([a], [b]) => a - b));
    const ofToday = counting.filter((use) => use.callsOfDay > 0 && use.dayEndsAt > now);
    this.#othersOfDay = ofToday.reduce((sum, use) => sum + use.callsOfDay, 0);
    this.#othersDayEndsAt = Math.min(...ofToday.map((use) => use.dayEndsAt));
    this.#countsUntil = Math.max(this.#countsUntil, ...counting.map((use) => use.countsUntil));
  }

  /** What has left its window takes no room any more. */
  forgetLeft(now: number): void {
    this.#recentAt(now, this.#windowMs);
  }

  isOverAt(now: number): boolean {
    return this.#countsUntil <= now;
  }

  /** A change of the time zone moves the end of the day, and gives no call back. */
  #turnTo(now: number, timeZone: string): void {
    if (now < this.#dayEndsAt && timeZone === this.#timeZone) return;
    if (now >= this.#dayEndsAt) this.#callsOfDay = 0;
    this.#dayEndsAt = this.days.after(now, timeZone);
    this.#timeZone = timeZone;
  }

  #ofDayAt(now: number): number {
    return this.#callsOfDay + (now < this.#othersDayEndsAt ? this.#othersOfDay : 0);
  }

  #recentAt(now: number, windowMs: number): number {
    const own = this.#own.countAt(now, windowMs);
    return this.#others === null ? own : own + this.#others.countAt(now, windowMs);
  }

  /** When there is room again, or where there is some, more of it. @param excess calls that have to leave for one to have room */
  #roomAt(excess: number, now: number, windowMs: number): number {
    const others = this.#others;
    if (excess > 1) {
      const windows = others === null ? [this.#own] : [this.#own, others];
      return leftAt(windows, excess, now, windowMs);
    }
    const oldestAt = Math.min(this.#own.oldestAt ?? now, others?.oldestAt ?? now);
    return oldestAt + windowMs;
  }
}
