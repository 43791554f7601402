import {
  Inject,
  Injectable,
  Logger,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import type { Clock } from '../../core/ports.js';
import { CountingMeter, type LimitUse } from '../../core/rate-meter.js';
import { CLOCK, RATE_METER } from '../tokens.js';
import { LimitUsesStore } from './limit-uses.store.js';

/** How much a process that is killed forgets, and how late at most it hears of what others have saved, who save as often. */
const saveEveryMs = 1_000;
const forgetEveryMs = 60_000;

/**
 * Keeps what the meter counts beyond the life of its process, and tells it what other processes have counted. Once a second what
 * has changed is saved, so no call waits for it, and without calls nothing is written.
 */
@Injectable()
export class LimitUseSaver implements OnModuleInit, OnModuleDestroy {
  readonly #logger = new Logger('RateLimits');
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();
  /** Whose calls were saved by the last round: what others saved at the same time is heard by the next. */
  #justSaved: readonly string[] = [];
  #forgotAt = 0;
  #isFailing = false;

  constructor(
    @Inject(RATE_METER) private readonly meter: CountingMeter,
    private readonly uses: LimitUsesStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    const now = this.clock.now();
    const { own, others } = await this.uses.counting(now);
    this.meter.resume(own, now);
    for (const [holderId, ofOthers] of others) this.meter.learn(holderId, ofOthers, now);
    this.meter.onChange = () => this.#saveSoon();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#save();
    this.meter.onChange = () => {};
    clearTimeout(this.#timer);
  }

  /** Has the meter hear what others have counted of these by now, for whoever looks at how limits stand. */
  async hearOf(holderIds: readonly string[]): Promise<void> {
    const now = this.clock.now();
    const others = await this.uses.ofOthers(holderIds, now);
    for (const id of holderIds) this.meter.learn(id, others.get(id) ?? [], now);
  }

  #saveSoon(): void {
    this.#timer ??= setTimeout(() => void this.#save(), saveEveryMs).unref();
  }

  /** One save at a time. */
  #save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#saving = this.#saving.then(() => this.#saveChanged());
    return this.#saving;
  }

  async #saveChanged(): Promise<void> {
    const changed = this.meter.takeChanged();
    const holderIds = changed.map((use) => use.holderId);
    const heardOf = [...new Set([...holderIds, ...this.#justSaved])];
    if (heardOf.length === 0) return;
    try {
      await this.uses.save(changed);
      this.#justSaved = this.uses.isShared ? holderIds : [];
      await this.hearOf(heardOf);
      this.#tell(null, changed);
    } catch (error) {
      this.meter.giveBack(holderIds);
      this.#tell(error as Error, changed);
    }
    this.#forget();
    if (this.#isFailing || this.#justSaved.length > 0) this.#saveSoon();
  }

  #forget(): void {
    const now = this.clock.now();
    if (now - this.#forgotAt < forgetEveryMs) return;
    this.#forgotAt = now;
    this.meter.forgetOver(now);
  }

  /** Once when it fails, and once when it goes well again. */
  #tell(error: Error | null, { length }: readonly LimitUse[]): void {
    if (this.#isFailing === (error !== null)) return;
    this.#isFailing = error !== null;
    if (error === null) this.#logger.warn('What was counted against limits can be saved again');
    else {
      const { code, message } = error as { code?: string; message: string };
      const msg = 'What was counted against limits cannot be saved; it goes on being counted';
      this.#logger.error({ msg, counts: length, cause: code || message });
    }
  }
}
