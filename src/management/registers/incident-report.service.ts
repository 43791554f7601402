import { Inject, Injectable } from '@nestjs/common';
import { parseIpRule } from '../../core/ip-allowlist.js';
import type { Clock } from '../../core/ports.js';
import { ApiError, invalidParameter, notFound } from '../../platform/errors/api-error.js';
import { ApiKeysStore } from '../../store/api-keys.store.js';
import { CallSumsStore, type SumFilter } from '../../store/call-log/read/call-sums.store.js';
import { CallTally } from '../../store/call-log/read/call-tally.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { ScopesStore } from '../../store/scopes.store.js';
import { ServicesStore } from '../../store/services.store.js';
import { LogWholeness } from '../../store/log-wholeness.js';
import { CLOCK } from '../../store/tokens.js';
import { incidentFormats } from './incident-formats.js';
import { periodOf, tellOf } from './period.js';
import { RegisterDelivery, type HandedRegister } from './register-delivery.js';
import type { RegisterReader, RegisterText } from './register-reader.js';
import type { IncidentFindings, IncidentHead, IncidentQuery } from './registers.dto.js';
import { ScopeCatalogue } from './scope-catalogue.js';
import { serviceNamesFor } from './service-names.js';
import {
  callersIn,
  categoriesIn,
  denialsIn,
  keysIn,
  routesIn,
  sumResponse,
  usedScopesIn,
  type Knowledge,
} from './sums.response.js';

const bounds = { callers: 10_000, names: 1_000 };

interface IncidentOrder {
  readonly filter: SumFilter;
  readonly knowledge: Knowledge;
}

/** What is known of the calls of a key, an address or a time: who, when, from where, on what, and who was turned away. */
@Injectable()
export class IncidentReportService {
  constructor(
    private readonly keys: ApiKeysStore,
    private readonly scopes: ScopesStore,
    private readonly services: ServicesStore,
    private readonly sums: CallSumsStore,
    private readonly wholeness: LogWholeness,
    private readonly delivery: RegisterDelivery,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @param account whose calls; `null`: everybody's, with those for which no key was found
   * @throws ApiError 400; 404 for a key that the account does not have; 429 beyond the bounds. Then nothing is on record
   */
  start(
    reader: RegisterReader,
    account: AccountEntity | null,
    query: IncidentQuery,
  ): Promise<HandedRegister> {
    return this.delivery.handOut(reader, async () => {
      const now = this.clock.now();
      const period = periodOf(query, now);
      await this.check(account, query);
      const { format, keyId, ip } = query;
      const knowledge = {
        catalogue: await ScopeCatalogue.read(this.scopes),
        serviceNames: await serviceNamesFor(
          this.services,
          account === null ? 'operator' : { accountId: account.id },
        ),
      };
      const told = await tellOf(period, this.wholeness, now, account);
      const asked = { keyId: keyId ?? null, ip: ip ?? null };
      const filter: SumFilter = {
        ...period,
        ...(account !== null && { accountId: account.id }),
        ...(keyId !== undefined && { keyId }),
        ...(ip !== undefined && { ip }),
      };
      const headOf = (id: string): IncidentHead => ({
        ...{ id, accountId: account?.id ?? null, accountName: account?.name ?? null },
        ...{ ...told, ...asked },
      });
      return {
        record: {
          ...{ accountId: account?.id ?? reader.caller.accountId, kind: 'incident' },
          asked: { accountId: account?.id ?? null, format, ...asked, from: told.from, to: told.to },
        },
        idle: incidentFormats[format].idle,
        text: (id) => this.text(headOf(id), format, { filter, knowledge }),
      };
    });
  }

  /** A report on a mistyped key would say that nothing happened. */
  private async check(account: AccountEntity | null, query: IncidentQuery): Promise<void> {
    const { keyId, ip, from, to } = query;
    if ([keyId, ip, from, to].every((value) => value === undefined)) throw nothingAsked();
    const reading = ip === undefined ? null : parseIpRule(ip, { allowAny: true });
    if (reading?.ok === false) throw invalidParameter('ip', `ip cannot be used: ${reading.why}.`);
    if (keyId === undefined || account === null) return;
    if ((await this.keys.find(account.id, keyId)) === null) throw notFound('key');
  }

  private async *text(
    head: IncidentHead,
    format: IncidentQuery['format'],
    { filter, knowledge }: IncidentOrder,
  ): RegisterText {
    const written = incidentFormats[format];
    yield written.head(head);
    const tally = new CallTally(bounds);
    for await (const _slice of this.sums.addTo(tally, filter)) yield '';
    yield written.findings(findingsOf(tally, knowledge), head);
  }
}

function findingsOf(tally: CallTally, knowledge: Knowledge): IncidentFindings {
  return {
    ...sumResponse(tally.all),
    dataCategories: categoriesIn(tally, knowledge),
    scopes: usedScopesIn(tally, knowledge),
    keys: keysIn(tally),
    callers: callersIn(tally),
    routes: routesIn(tally, knowledge),
    denials: denialsIn(tally),
  };
}

function nothingAsked(): ApiError {
  const message = 'A report needs a key, an address or a period.';
  return new ApiError('VALIDATION_FAILED', `The request is not valid: ${message}`, [
    { message, code: 'IS_DEFINED', in: 'query', context: { field: 'from' } },
  ]);
}
