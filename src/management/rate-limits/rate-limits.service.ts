import { Inject, Injectable } from '@nestjs/common';
import type { Clock, Limited, RateMeter } from '../../core/ports.js';
import { notFound } from '../../platform/errors/api-error.js';
import { limitStandingResponse } from '../../platform/http/rate-limits.dto.js';
import { ApiKeysStore } from '../../store/api-keys.store.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { LimitUseSaver } from '../../store/rate-limits/limit-use-saver.js';
import { CLOCK, RATE_METER } from '../../store/tokens.js';
import type { LimitsResponse } from './rate-limits.dto.js';

/** How limits stand. They are set where keys and accounts are. */
@Injectable()
export class RateLimitsService {
  constructor(
    private readonly keys: ApiKeysStore,
    private readonly saver: LimitUseSaver,
    @Inject(RATE_METER) private readonly meter: RateMeter,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  ofAccount(account: AccountEntity): Promise<LimitsResponse> {
    return this.#look({ id: account.id, rateLimits: null }, account);
  }

  async ofKey(account: AccountEntity, id: string): Promise<LimitsResponse> {
    const record = await this.keys.find(account.id, id);
    if (record === null) throw notFound('key');
    return this.#look(record.key, account);
  }

  async #look(key: Limited, account: AccountEntity): Promise<LimitsResponse> {
    // Calls may come to other nodes only.
    await this.saver.hearOf([key.id, account.id]);
    const standings = this.meter.look({ key, account }, this.clock.now());
    return { timeZone: account.timeZone, limits: standings.map(limitStandingResponse) };
  }
}
