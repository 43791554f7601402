import { Inject, Injectable } from '@nestjs/common';
import { keyStateAt } from '../../core/key-state.js';
import type { Clock } from '../../core/ports.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import { ApiKeysStore, type ApiKeyRecord } from '../../store/api-keys.store.js';
import { CallSumsStore } from '../../store/call-log/read/call-sums.store.js';
import { CallTally } from '../../store/call-log/read/call-tally.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { ScopesStore } from '../../store/scopes.store.js';
import { ServicesStore } from '../../store/services.store.js';
import { LogWholeness } from '../../store/log-wholeness.js';
import { CLOCK } from '../../store/tokens.js';
import { accessFormats } from './access-formats.js';
import { periodOf, tellOf, type Period } from './period.js';
import { RegisterDelivery, type HandedRegister } from './register-delivery.js';
import type { RegisterReader, RegisterText } from './register-reader.js';
import type {
  AccessRegisterHead,
  AccessRegisterQuery,
  GrantedScopeResponse,
  KeyAccessResponse,
} from './registers.dto.js';
import { ScopeCatalogue } from './scope-catalogue.js';
import { serviceNamesFor } from './service-names.js';
import {
  callersIn,
  categoriesIn,
  denialsIn,
  routesIn,
  sumResponse,
  usedScopesIn,
  type Knowledge,
} from './sums.response.js';

const daysMsDefault = 30 * 86_400_000;
const keysPerPage = 100;
/** Of one key, of which alone the sums are held at a time. */
const bounds = { callers: 1_000, names: 1_000 };

interface AccessOrder {
  readonly account: AccountEntity;
  readonly period: Period;
  readonly now: number;
  readonly knowledge: Knowledge;
}

/** The register of access: every key of an account, whom it serves and what for, what it may, and what it really did. */
@Injectable()
export class AccessRegisterService {
  constructor(
    private readonly keys: ApiKeysStore,
    private readonly scopes: ScopesStore,
    private readonly services: ServicesStore,
    private readonly sums: CallSumsStore,
    private readonly wholeness: LogWholeness,
    private readonly delivery: RegisterDelivery,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws ApiError 400, and 429 beyond the bounds, before anything is on record */
  start(
    reader: RegisterReader,
    account: AccountEntity,
    query: AccessRegisterQuery,
  ): Promise<HandedRegister> {
    return this.delivery.handOut(reader, async () => {
      const now = this.clock.now();
      const period = periodOf(query, now, daysMsDefault);
      const knowledge = {
        catalogue: await ScopeCatalogue.read(this.scopes),
        serviceNames: await serviceNamesFor(this.services, { accountId: account.id }),
      };
      const { name, ipAllowlist } = account;
      const { mode, entries } = ipAllowlist;
      const told = await tellOf(period, this.wholeness, now, account);
      const headOf = (id: string): AccessRegisterHead => ({
        ...{ id, accountId: account.id, accountName: name },
        ...{ ...told, accountIpAllowlist: { mode, entries: [...entries] } },
      });
      const { format } = query;
      const { idle } = accessFormats[format];
      const asked = { format, from: told.from, to: told.to };
      return {
        record: { accountId: account.id, kind: 'access', asked },
        idle,
        text: (id) => this.text(headOf(id), format, { account, period, now, knowledge }),
      };
    });
  }

  private async *text(
    head: AccessRegisterHead,
    format: AccessRegisterQuery['format'],
    order: AccessOrder,
  ): RegisterText {
    const written = accessFormats[format];
    yield written.head(head);
    let count = 0;
    for await (const record of this.keysOf(order)) {
      const tally = new CallTally(bounds);
      const filter = { accountId: order.account.id, keyId: record.key.id, ...order.period };
      for await (const _slice of this.sums.addTo(tally, filter)) yield '';
      // Made after the period it has no place here; unless it has calls, which a clock that was set back gave it.
      if (record.key.createdAt >= order.period.to && tally.all === null) continue;
      yield written.key(keyAccess(record, tally, order), count === 0);
      count += 1;
    }
    yield written.end(count);
  }

  /** Oldest first. */
  private async *keysOf({ account, now }: AccessOrder): AsyncGenerator<ApiKeyRecord, void> {
    let last: ApiKeyRecord | undefined;
    let page: readonly ApiKeyRecord[];
    do {
      page = await this.keys.list(account.id, {}, now, keysPerPage, last?.key ?? null);
      yield* page;
      last = page.at(-1);
    } while (page.length === keysPerPage);
  }
}

function keyAccess(
  { key, scopes, grantableScopes }: ApiKeyRecord,
  tally: CallTally,
  { now, knowledge }: AccessOrder,
): KeyAccessResponse {
  const { mode, entries } = key.ipAllowlist;
  return {
    keyId: key.id,
    name: key.name,
    description: key.description,
    purpose: key.purpose,
    recipient: key.recipient,
    contactEmail: key.contactEmail,
    environment: key.environment,
    state: keyStateAt(key, now),
    createdAt: iso(key.createdAt),
    expiresAt: isoOrNull(key.expiresAt),
    ipAllowlist: { mode, entries: [...entries] },
    grantableScopes: [...grantableScopes],
    ...sumResponse(tally.all),
    grantedDataCategories: knowledge.catalogue.categoriesOf(scopes),
    usedDataCategories: categoriesIn(tally, knowledge),
    scopes: scopesOf(scopes, tally, knowledge),
    routes: routesIn(tally, knowledge),
    callers: callersIn(tally),
    denials: denialsIn(tally),
  };
}

/** Those that it holds, used or not, and those that it used while it held them. */
function scopesOf(
  held: readonly string[],
  tally: CallTally,
  knowledge: Knowledge,
): GrantedScopeResponse[] {
  const used = usedScopesIn(tally, knowledge);
  const usedNames = new Set(used.map(({ scope }) => scope));
  const unused = held
    .filter((scope) => !usedNames.has(scope))
    .map((scope) => ({ ...knowledge.catalogue.tell(scope), ...sumResponse(null) }));
  const heldNames = new Set(held);
  return [...used, ...unused]
    .map((scope) => ({ ...scope, granted: heldNames.has(scope.scope) }))
    .toSorted((a, b) => (a.scope < b.scope ? -1 : 1));
}
