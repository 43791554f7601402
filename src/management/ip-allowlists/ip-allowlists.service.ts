import { Injectable } from '@nestjs/common';
import { checkMayChangeKey, type Caller } from '../../access/guard/caller.js';
import { limitsBeyond, scopesBeyond } from '../../core/delegation.js';
import { canonicalIp } from '../../core/ip-address.js';
import { CompiledAllowlist, type IpAllowlist } from '../../core/ip-allowlist.js';
import {
  conflict,
  invalidField,
  keyOfOthers,
  limitNotGrantable,
  notFound,
  scopeNotGrantable,
} from '../../platform/errors/api-error.js';
import { ipAllowlistOf, type IpAllowlistField } from '../../platform/http/ip-allowlist.dto.js';
import { requireMatch, withRevision } from '../../platform/http/revision.js';
import { AccountsStore } from '../../store/accounts.store.js';
import { ApiKeysStore, type ApiKeyRecord } from '../../store/api-keys.store.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database } from '../../store/database.js';
import { AccountEntity } from '../../store/entities/account.entity.js';
import type { CheckIpResponse } from './ip-allowlists.dto.js';

/** The two lists that must both admit a caller: the account's and the key's. */
@Injectable()
export class IpAllowlistsService {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountsStore,
    private readonly keys: ApiKeysStore,
    private readonly audit: AuditTrailStore,
  ) {}

  async ofKey(account: AccountEntity, keyId: string): Promise<IpAllowlist> {
    const record = await this.keys.find(account.id, keyId);
    if (record === null) throw notFound('key');
    return withRevision({ ...record.key.ipAllowlist }, record.key.revision);
  }

  /** Replaces a key's list. It can widen the key, so the key's scopes must be the caller's to hand out. */
  putForKey(
    caller: Caller,
    account: AccountEntity,
    keyId: string,
    field: IpAllowlistField,
    ifMatch: string | undefined,
  ): Promise<IpAllowlist> {
    const ipAllowlist = ipAllowlistOf(field);
    return this.database.change(async (change) => {
      const record = await this.keys.find(account.id, keyId, change.manager);
      if (record === null) throw notFound('key');
      requireMatch(ifMatch, record.key.revision);
      checkMayChange(caller, account, record, ipAllowlist);
      await this.keys.change(change, keyId, { ipAllowlist });
      await this.audit.append(change, {
        accountId: account.id,
        action: 'key.ip_allowlist_changed',
        actor: caller.actor,
        callerIp: caller.callerIp,
        target: { type: 'key', id: keyId },
        before: record.key.ipAllowlist,
        after: ipAllowlist,
      });
      return withRevision({ ...ipAllowlist }, change.revision);
    });
  }

  /** Replaces the account's list. It can widen every key of the account, so all their scopes must be the caller's to hand out. */
  putForAccount(
    caller: Caller,
    account: AccountEntity,
    field: IpAllowlistField,
    ifMatch: string | undefined,
  ): Promise<IpAllowlist> {
    const ipAllowlist = ipAllowlistOf(field);
    if (caller.changesOwnKeysOnly) throw keyOfOthers();
    return this.database.change(async (change) => {
      const before = await change.manager.findOneByOrFail(AccountEntity, { id: account.id });
      requireMatch(ifMatch, before.revision);
      const beyond = scopesBeyond(caller, await this.keys.scopesInUse(change, account.id), account);
      if (beyond.length > 0) throw scopeNotGrantable(beyond);
      checkWithinOwn(caller, ipAllowlist);
      if (before.isOperator) checkAdmits(ipAllowlist, caller);
      await this.accounts.change(change, account.id, { ipAllowlist });
      await this.audit.append(change, {
        accountId: account.id,
        action: 'account.ip_allowlist_changed',
        actor: caller.actor,
        callerIp: caller.callerIp,
        target: { type: 'account', id: account.id },
        before: before.ipAllowlist,
        after: ipAllowlist,
      });
      return withRevision({ ...ipAllowlist }, change.revision);
    });
  }
}

function checkMayChange(
  caller: Caller,
  account: AccountEntity,
  record: ApiKeyRecord,
  ipAllowlist: IpAllowlist,
): void {
  const { key, scopes, grantableScopes } = record;
  checkMayChangeKey(caller, key);
  if (key.standing === 'revoked') throw conflict('A revoked key cannot be changed.', 'KEY_REVOKED');
  const beyond = scopesBeyond(caller, [...scopes, ...grantableScopes], account);
  if (beyond.length > 0) throw scopeNotGrantable(beyond);
  checkWithinOwn(caller, ipAllowlist);
}

/** A key that is limited to some addresses opens no list to others (contract §6). @throws ApiError 403 */
function checkWithinOwn(caller: Caller, ipAllowlist: IpAllowlist): void {
  const wider = limitsBeyond(caller, { ipAllowlist });
  if (wider.length > 0) throw limitNotGrantable(wider);
}

/** What a list says of an address, in whatever mode it is. @throws ApiError if `text` is no address */
export function checkIp(list: IpAllowlist, text: string): CheckIpResponse {
  const ip = canonicalIp(text);
  if (ip === null)
    throw invalidField('ip', 'ip must be an IPv4 or IPv6 address in its full, plain form.');
  const matched =
    list.entries.find(({ cidr }) =>
      new CompiledAllowlist({ mode: 'enforce', entries: [{ cidr }] }).admits(ip),
    )?.cidr ?? null;
  return { allowed: list.mode !== 'enforce' || matched !== null, matched };
}

/** The operator's account opens every other: with a list that shuts its caller out, nobody could take that list back. */
function checkAdmits(list: IpAllowlist, { callerIp }: Caller): void {
  if (list.mode !== 'enforce' || (callerIp !== null && checkIp(list, callerIp).allowed)) return;
  throw invalidField(
    'entries',
    "the operator's own account must go on admitting the address you call from.",
  );
}
