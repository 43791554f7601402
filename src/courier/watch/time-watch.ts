import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Clock } from '../../core/ports.js';
import { Bell } from '../../store/bell.js';
import { CLOCK } from '../../store/tokens.js';
import { COURIER_SURROUNDINGS, type CourierSurroundings } from '../surroundings.js';
import { KeyExpiries } from './key-expiries.js';
import { MisplacedSecrets } from './misplaced-secrets.js';
import { NewCallers } from './new-callers.js';
import { RotationEndings } from './rotation-endings.js';
import { SecretAges } from './secret-ages.js';

/**
 * Looks, once a minute, for what people have to be told although nobody has done anything. It decides nothing: a grace, an
 * expiry or an age is over when the clock says so, whether or not anybody looks. Several nodes may look at once: what each
 * finds is told once.
 */
@Injectable()
export class TimeWatch implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('TimeWatch');
  readonly #bell = new Bell();
  readonly #looks: readonly { look(now: number, stop: AbortSignal): Promise<void> }[];
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    rotations: RotationEndings,
    keys: KeyExpiries,
    secrets: SecretAges,
    misplaced: MisplacedSecrets,
    private readonly callers: NewCallers,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(COURIER_SURROUNDINGS) private readonly surroundings: CourierSurroundings,
  ) {
    this.#looks = [rotations, keys, secrets, misplaced, callers];
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.#attempt(this.callers.begin(this.clock.now()));
    this.#running = this.#run();
  }

  async onModuleDestroy(): Promise<void> {
    this.#stop.abort();
    this.#bell.ring();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      await this.#bell.wait(this.surroundings.watchMs);
      for (const one of this.#looks) {
        if (signal.aborted) return;
        await this.#attempt(one.look(this.clock.now(), signal));
      }
    }
  }

  async #attempt(looking: Promise<void>): Promise<void> {
    try {
      await looking;
    } catch (error) {
      // The next look finds what this one did not come to.
      const { code, message } = error as { code?: string; message?: string };
      this.#logger.error({ msg: 'What time has brought cannot be told', cause: code || message });
    }
  }
}
