import { Injectable } from '@nestjs/common';
import { wordsOf } from '../../core/audit-chain-words.js';
import { conflict } from '../../platform/errors/api-error.js';
import {
  decodeCursor,
  encodeCursor,
  pageOf,
  type Page,
  type PageQuery,
} from '../../platform/http/pages.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import { AuditChainsStore, type AuditHead } from '../../store/audit-chains.store.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import type { AuditEventEntity } from '../../store/entities/audit-event.entity.js';
import type {
  AuditEventResponse,
  AuditEventsQuery,
  AuditHeadResponse,
  AuditVerificationResponse,
} from './audit.dto.js';

/** Of a chain that is checked in a request: some seconds' work. */
const eventsMax = 100_000;

/** The audit trail of an account, and whether it is whole. */
@Injectable()
export class AuditService {
  /** By account. */
  readonly #looking = new Map<string, Promise<AuditVerificationResponse>>();

  constructor(
    private readonly audit: AuditTrailStore,
    private readonly chains: AuditChainsStore,
  ) {}

  async list(
    accountId: string,
    { limit, after, from, to, ...same }: AuditEventsQuery,
  ): Promise<Page<AuditEventResponse>> {
    const beforeSeq = after === undefined ? null : (decodeCursor(after, ['number'])[0] as number);
    const events = await this.audit.list(accountId, limit + 1, beforeSeq, {
      ...same,
      ...(from !== undefined && { from: Date.parse(from) }),
      ...(to !== undefined && { to: Date.parse(to) }),
    });
    return pageOf(events, limit, auditEventResponse, ({ seq }) => encodeCursor([seq]));
  }

  async head(accountId: string): Promise<AuditHeadResponse> {
    return headResponse(await this.chains.head(accountId));
  }

  async heads({ limit, after }: PageQuery): Promise<Page<AuditHeadResponse>> {
    const place = after === undefined ? '' : (decodeCursor(after, ['string'])[0] as string);
    const heads = await this.chains.heads(limit + 1, place);
    return pageOf(heads, limit, headResponse, ({ accountId }) => encodeCursor([accountId]));
  }

  /** Who asks while it is being looked at gets the same answer. @throws ApiError 409 for a chain that is too long */
  verify(accountId: string): Promise<AuditVerificationResponse> {
    const looking =
      this.#looking.get(accountId) ??
      this.#look(accountId).finally(() => this.#looking.delete(accountId));
    this.#looking.set(accountId, looking);
    return looking;
  }

  async #look(accountId: string): Promise<AuditVerificationResponse> {
    if ((await this.chains.lengthOf(accountId)) > eventsMax)
      throw conflict(
        `This trail has more than ${eventsMax} events: check it with the command latchkey audit verify.`,
        'TRAIL_TOO_LONG',
      );
    const { events, first, head, break: found } = await this.chains.check(accountId);
    return {
      ...{ intact: found === null, events, firstSeq: first?.seq ?? null, head },
      brokenAt: found && { ...found, message: wordsOf(found) },
    };
  }
}

function headResponse({ at, ...place }: AuditHead): AuditHeadResponse {
  return { ...place, at: isoOrNull(at) };
}

function auditEventResponse(event: AuditEventEntity): AuditEventResponse {
  const { id, seq, action, actor, callerIp, before, after, previousDigest, digest } = event;
  const target = { type: event.targetType, id: event.targetId };
  return {
    ...{ id, seq, at: iso(event.at), action, actor, callerIp, target },
    ...{ before, after, previousDigest, digest },
  };
}
