import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../../core/ports.js';
import { invalidParameter, notFound } from '../../platform/errors/api-error.js';
import { iso } from '../../platform/http/times.js';
import { ApiKeysStore } from '../../store/api-keys.store.js';
import { routeOfName } from '../../store/call-log/usage/route-name.js';
import {
  UsageStore,
  type HourUsage,
  type LastUse,
  type NamedUsage,
} from '../../store/call-log/usage/usage.store.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { CLOCK } from '../../store/tokens.js';
import {
  daysDefault,
  daysMax,
  type KeyCallerResponse,
  type KeyUsageQuery,
  type KeyUsageResponse,
  type LastUseResponse,
  type RouteUsageResponse,
  type ScopeUsageResponse,
  type UsageHourResponse,
} from './key-usage.dto.js';

const dayMs = 86_400_000;

@Injectable()
export class KeyUsageService {
  constructor(
    private readonly keys: ApiKeysStore,
    private readonly usage: UsageStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** What a key was used for. All of it is counted with the calls: it takes as long for a long log as for a short one. */
  async read(account: AccountEntity, id: string, query: KeyUsageQuery): Promise<KeyUsageResponse> {
    const period = periodOf(query, this.clock.now());
    if ((await this.keys.find(account.id, id)) === null) throw notFound('key');
    const secrets = await this.usage.secretsOf(id);
    const [latest] = secrets;
    return {
      keyId: id,
      lastUse: latest === undefined ? null : lastUseResponse(latest.lastUse),
      countedSince: iso(await this.usage.countingSince()),
      secrets: secrets.map(({ lastUse, ...sums }) => ({
        ...sums,
        lastUse: lastUseResponse(lastUse),
      })),
      from: iso(period.from),
      to: iso(period.to),
      hours: (await this.usage.hoursOf(id, period, query.secretId)).map(hourResponse),
      routes: (await this.usage.usesOf(id, 'route')).map(routeResponse),
      scopes: (await this.usage.usesOf(id, 'scope')).map(scopeResponse),
      callers: (await this.usage.usesOf(id, 'caller')).map(callerResponse),
    };
  }
}

/** @returns epoch milliseconds */
function periodOf(query: KeyUsageQuery, now: number): { from: number; to: number } {
  const to = query.to === undefined ? now : Date.parse(query.to);
  const from = query.from === undefined ? to - daysDefault * dayMs : Date.parse(query.from);
  if (from > to) throw invalidParameter('from', 'from must not be after to.');
  if (to - from > daysMax * dayMs)
    throw invalidParameter('from', `from must be at most ${daysMax} days before to.`);
  return { from, to };
}

function lastUseResponse({ at, ...use }: LastUse): LastUseResponse {
  return { at: iso(at), ...use };
}

function hourResponse({ hour, denials, ...counts }: HourUsage): UsageHourResponse {
  return { hour: iso(hour), ...counts, denials: [...denials] };
}

function routeResponse({
  name,
  firstUsedAt,
  lastUsedAt,
  ...counts
}: NamedUsage): RouteUsageResponse {
  return {
    ...routeOfName(name),
    ...counts,
    firstUsedAt: iso(firstUsedAt),
    lastUsedAt: iso(lastUsedAt),
  };
}

function scopeResponse({ name, calls, firstUsedAt, lastUsedAt }: NamedUsage): ScopeUsageResponse {
  return { scope: name, calls, firstUsedAt: iso(firstUsedAt), lastUsedAt: iso(lastUsedAt) };
}

function callerResponse({
  name,
  firstUsedAt,
  lastUsedAt,
  ...counts
}: NamedUsage): KeyCallerResponse {
  return {
    ip: name || null,
    ...counts,
    firstSeenAt: iso(firstUsedAt),
    lastSeenAt: iso(lastUsedAt),
  };
}
