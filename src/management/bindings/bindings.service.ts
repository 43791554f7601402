import { Injectable } from '@nestjs/common';
import { viewerOf, type Caller } from '../../access/guard/caller.js';
import type { Environment } from '../../core/secret-format.js';
import { notFound } from '../../platform/errors/api-error.js';
import { entityTag, requireMatch, withRevision } from '../../platform/http/revision.js';
import {
  checkCredentialMoves,
  upstreamCredentialOf,
  upstreamUrlOf,
} from '../../platform/http/upstream.dto.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { BindingsStore } from '../../store/bindings.store.js';
import { beforeAnyChange } from '../../store/database-failure.js';
import { Database, type Change } from '../../store/database.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import type { BindingEntity } from '../../store/entities/binding.entity.js';
import type { ServiceEntity } from '../../store/entities/service.entity.js';
import { ServicesStore } from '../../store/services.store.js';
import type { BindingResponse, BindingsResponse, PutBindingRequest } from './bindings.dto.js';

/** Which account uses which service, with which upstream and credential (contract §6, "Account and service"). */
@Injectable()
export class BindingsService {
  constructor(
    private readonly database: Database,
    private readonly bindings: BindingsStore,
    private readonly services: ServicesStore,
    private readonly audit: AuditTrailStore,
  ) {}

  async list(caller: Caller, account: AccountEntity, name: string): Promise<BindingsResponse> {
    const service = await this.service(caller, name);
    const rows = await this.bindings.list(account.id, service.id);
    return { results: rows.map((row) => bindingResponse(row, service, caller)) };
  }

  /** @returns the binding, and whether it is new */
  async put(
    caller: Caller,
    account: AccountEntity,
    name: string,
    request: PutBindingRequest,
    ifMatch: string | undefined,
  ): Promise<{ binding: BindingResponse; isNew: boolean }> {
    const service = await this.service(caller, name);
    const upstream = request.upstream == null ? null : upstreamUrlOf(request.upstream);
    const credential =
      request.credential == null ? request.credential : upstreamCredentialOf(request.credential);
    const place = {
      accountId: account.id,
      serviceId: service.id,
      environment: request.environment ?? null,
    };
    return this.database.change(async (change) => {
      const before = await this.bindings.find(change, place);
      requireMatch(ifMatch, before?.revision ?? null);
      checkCredentialMoves(
        before && { ...before, hasCredential: before.credential !== null },
        upstream,
        credential,
      );
      const after = await this.bindings.put(change, place, { upstream, credential });
      const shown = bindingResponse(after, service, caller);
      await this.record(
        change,
        caller,
        before === null ? 'binding.created' : 'binding.changed',
        after,
        {
          ...(before !== null && { before: bindingFacts(before, service) }),
          after: bindingFacts(after, service),
        },
      );
      return { binding: withRevision(shown, after.revision), isNew: before === null };
    });
  }

  async remove(
    caller: Caller,
    account: AccountEntity,
    name: string,
    environment: Environment | undefined,
    ifMatch: string | undefined,
  ): Promise<void> {
    const service = await this.service(caller, name);
    const place = {
      accountId: account.id,
      serviceId: service.id,
      environment: environment ?? null,
    };
    await this.database.change(async (change) => {
      const binding = await this.bindings.find(change, place);
      if (binding === null) throw notFound('binding');
      requireMatch(ifMatch, binding.revision);
      await this.bindings.remove(change, binding);
      await this.record(change, caller, 'binding.deleted', binding, {
        before: bindingFacts(binding, service),
      });
    });
  }

  private async service(caller: Caller, name: string): Promise<ServiceEntity> {
    const service = await beforeAnyChange(this.services.findByName(name, viewerOf(caller)));
    if (service === null) throw notFound('service');
    return service;
  }

  private record(
    change: Change,
    { actor, callerIp }: Caller,
    action: string,
    { id, accountId }: BindingEntity,
    objects: { readonly before?: object; readonly after?: object },
  ): Promise<void> {
    return this.audit.append(change, {
      accountId,
      action,
      actor,
      callerIp,
      target: { type: 'binding', id },
      ...objects,
    });
  }
}

function bindingResponse(
  binding: BindingEntity,
  service: ServiceEntity,
  caller: Pick<Caller, 'seesEveryAccount'>,
): BindingResponse {
  const { upstream, credential, revision } = binding;
  const shown = credential && { in: credential.in, name: credential.name };
  // Where an API really lives is the operator's to know.
  return {
    ...bindingFacts(binding, service),
    etag: entityTag(revision),
    ...(caller.seesEveryAccount && { upstream, credential: shown }),
  };
}

/** What the audit trail keeps of a binding. The trail is the account's: it says what the account may see. */
function bindingFacts(
  { id, accountId, environment }: BindingEntity,
  service: ServiceEntity,
): Pick<BindingResponse, 'id' | 'accountId' | 'service' | 'environment'> {
  return { id, accountId, service: service.name, environment };
}
