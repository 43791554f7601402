import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../access/guard/caller.js';
import {
  isRefusedForAge,
  latestExpiry,
  policyOf,
  type AccountPolicy,
} from '../core/account-policy.js';
import type { SecretState } from '../core/call.js';
import { secretStateAt } from '../core/key-state.js';
import type { Clock, KeyDirectory } from '../core/ports.js';
import type {
  ApiKeyResponse,
  CreateApiKeyRequest,
  IssuedApiKeyResponse,
} from '../management/api-keys/api-keys.dto.js';
import { ApiKeysService } from '../management/api-keys/api-keys.service.js';
import { RotationsService } from '../management/rotations/rotations.service.js';
import { isoOrNull } from '../platform/http/times.js';
import type { AccountEntity } from '../store/entities/account.entity.js';
import { CachedKeyDirectory } from '../store/key-directory.js';
import { CLOCK, POLICY_DEFAULTS } from '../store/tokens.js';
import { DemoKeyFile } from './demo-key-file.js';

/** The demo's keys as they are once it is ready, with secrets that work. */
export interface DemoKeys {
  readonly reporting: string;
  readonly backOffice: string;
  readonly partner: string;
  readonly admin: string;
  /** Both of a key in the midst of its rotation, and when the first of them ends, in epoch milliseconds. */
  readonly nightlySync: {
    readonly retiring: string;
    readonly current: string;
    readonly graceEndsAt: number;
  };
  /** A key without an open rotation, for whoever wants to open one. */
  readonly vendorKeyId: string;
}

const nightlyGraceSeconds = 7 * 24 * 3600;

const crmScopes = ['contacts.read', 'contacts.write', 'orders.read', 'email.single_send'];

const reporting = key({
  name: 'Reporting (read only)',
  purpose: 'Monthly sales figures',
  scopes: ['contacts.read', 'orders.read'],
});
const backOffice = key({
  name: 'Back office (full)',
  purpose: 'Day-to-day work',
  scopes: crmScopes,
});
const partner = key({
  name: 'Partner (198.51.100.0/24 only)',
  purpose: 'Address checks by a partner, from its office',
  recipient: 'The partner',
  scopes: ['contacts.read'],
  ipAllowlist: {
    mode: 'enforce',
    entries: [{ cidr: '198.51.100.0/24', note: "The partner's office" }],
  },
});
const nightlySync = key({
  name: 'Nightly sync (rotating)',
  purpose: 'Copies orders into the warehouse, every night',
  scopes: ['orders.read'],
});
const vendor = key({
  name: 'Vendor (rotate it yourself)',
  purpose: 'Mail merge by a vendor',
  recipient: 'The vendor of the mail merge',
  scopes: ['contacts.read'],
});
const admin = key({
  name: 'Account admin',
  purpose: "Manages this account's keys and reads its log",
  scopes: [
    'latchkey.accounts.read',
    'latchkey.audit.read',
    'latchkey.keys.read',
    'latchkey.keys.write',
    'latchkey.request_log.read',
    'latchkey.scopes.read',
    'latchkey.services.read',
  ],
  grantableScopes: crmScopes,
});

function key(
  request: Pick<CreateApiKeyRequest, 'name' | 'scopes'> & Partial<CreateApiKeyRequest>,
): CreateApiKeyRequest {
  return {
    environment: 'development',
    grantableScopes: [],
    ipAllowlist: { mode: 'off', entries: [] },
    ...request,
  };
}

/**
 * Sees to it that the demo's account has its keys. One that is no longer as the demo made it (its scopes were changed, it was
 * suspended, it has a secret that was made elsewhere) is somebody's now: it stays as it is, and a new one is made beside it.
 */
@Injectable()
export class DemoKeysMaker {
  constructor(
    private readonly apiKeys: ApiKeysService,
    private readonly rotations: RotationsService,
    private readonly file: DemoKeyFile,
    @Inject(CachedKeyDirectory) private readonly directory: KeyDirectory,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(POLICY_DEFAULTS) private readonly policyDefaults: AccountPolicy,
  ) {}

  async makeMissing(operator: Caller, account: AccountEntity): Promise<DemoKeys> {
    const { results } = await this.apiKeys.list(account, { limit: 500, order: 'oldest' });
    const { keyLifetimeDaysMax } = policyOf(account, this.policyDefaults);
    // An expiry that the account need not have was given by somebody else.
    const existing = results.filter(
      ({ state, expiresAt }) =>
        state === 'active' && (expiresAt === null || keyLifetimeDaysMax !== null),
    );
    const secretOf = async (wanted: CreateApiKeyRequest): Promise<string> => {
      for (const { id } of asMade(existing, wanted)) {
        const { current } = await this.#knownSecrets(id);
        if (current !== undefined) return current;
      }
      return (await this.#create(operator, account, wanted)).secret;
    };
    return {
      reporting: await secretOf(reporting),
      backOffice: await secretOf(backOffice),
      partner: await secretOf(partner),
      admin: await secretOf(admin),
      nightlySync: await this.#nightlySync(operator, account, existing),
      vendorKeyId: await this.#vendorKeyId(operator, account, existing),
    };
  }

  async #nightlySync(
    operator: Caller,
    account: AccountEntity,
    existing: readonly ApiKeyResponse[],
  ): Promise<DemoKeys['nightlySync']> {
    for (const { id, openRotation } of asMade(existing, nightlySync)) {
      const { current, retiring } = await this.#knownSecrets(id);
      if (current === undefined) continue;
      if (openRotation === null) return this.#rotate(operator, account, id, current);
      if (retiring !== undefined)
        return { current, retiring, graceEndsAt: Date.parse(openRotation.graceEndsAt) };
    }
    const { id, secret } = await this.#create(operator, account, nightlySync);
    return this.#rotate(operator, account, id, secret);
  }

  async #rotate(
    operator: Caller,
    account: AccountEntity,
    keyId: string,
    retiring: string,
  ): Promise<DemoKeys['nightlySync']> {
    const { graceSecondsMax } = policyOf(account, this.policyDefaults);
    const { secret, graceEndsAt } = await this.rotations.open(operator, account, keyId, {
      grace: { seconds: Math.min(nightlyGraceSeconds, graceSecondsMax) },
    });
    this.file.keep(keyId, [retiring, secret]);
    return { retiring, current: secret, graceEndsAt: Date.parse(graceEndsAt) };
  }

  async #vendorKeyId(
    operator: Caller,
    account: AccountEntity,
    existing: readonly ApiKeyResponse[],
  ): Promise<string> {
    const ready = asMade(existing, vendor).find(({ openRotation }) => openRotation === null);
    return (ready ?? (await this.#create(operator, account, vendor))).id;
  }

  /** It lives for as long as keys of the account may. */
  #create(
    operator: Caller,
    account: AccountEntity,
    wanted: CreateApiKeyRequest,
  ): Promise<IssuedApiKeyResponse> {
    const latest = latestExpiry(this.clock.now(), policyOf(account, this.policyDefaults));
    return this.apiKeys.create(operator, account, { ...wanted, expiresAt: isoOrNull(latest) });
  }

  /** A key's secrets that are in the demo's file and still work. */
  async #knownSecrets(keyId: string): Promise<Partial<Record<SecretState, string>>> {
    const byState: Partial<Record<SecretState, string>> = {};
    for (const secret of this.file.secretsOf(keyId)) {
      const credential = await this.directory.find(secret);
      if (credential?.key.id !== keyId) continue;
      const now = this.clock.now();
      if (isRefusedForAge(credential, credential.account.policy, now)) continue;
      byState[secretStateAt(credential, now)] = secret;
    }
    return byState;
  }
}

/** The keys that are as the demo made them, newest first. */
function asMade(
  existing: readonly ApiKeyResponse[],
  wanted: CreateApiKeyRequest,
): ApiKeyResponse[] {
  return existing.filter((key) => factsOf(key) === factsOf(wanted)).toReversed();
}

function factsOf({ name, scopes, grantableScopes = [], ipAllowlist }: CreateApiKeyRequest): string {
  return JSON.stringify([
    name,
    scopes.toSorted(),
    grantableScopes.toSorted(),
    ipAllowlist?.mode,
    ipAllowlist?.entries,
  ]);
}
