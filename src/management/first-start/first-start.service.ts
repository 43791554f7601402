import { Injectable } from '@nestjs/common';
import { noAllowlist } from '../../core/ip-allowlist.js';
import { managementScopes } from '../../core/management-scopes.js';
import { AccountsStore } from '../../store/accounts.store.js';
import { ApiKeysStore } from '../../store/api-keys.store.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database } from '../../store/database.js';
import { OneTimeLinksStore } from '../../store/one-time-links.store.js';
import type { Actor } from '../../store/entities/audit-event.entity.js';
import { ScopesStore } from '../../store/scopes.store.js';
import { SecretsStore } from '../../store/secrets.store.js';

const installation: Actor = { kind: 'installation', id: null, name: 'first start' };

/** What happens once in an installation's life: the operator's account, its first key and the way to its first sign-in come to be. */
@Injectable()
export class FirstStartService {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountsStore,
    private readonly keys: ApiKeysStore,
    private readonly secrets: SecretsStore,
    private readonly scopes: ScopesStore,
    private readonly audit: AuditTrailStore,
    private readonly links: OneTimeLinksStore,
  ) {}

  /** Brings the management part of the scope catalogue up to this version. */
  async seedScopes(): Promise<void> {
    if (await this.scopes.managementScopesAreCurrent()) return;
    await this.database.change((change) => this.scopes.seedManagementScopes(change));
  }

  async isFirst(): Promise<boolean> {
    return (await this.accounts.findOperator()) === null;
  }

  /**
   * Makes the operator's account and its first key, which may do everything; or nothing, where another node that started at the
   * same time was faster.
   *
   * @param givenSecret `OPERATOR_KEY`, which becomes the key; without it one is made
   * @param keep puts the secret where the operator finds it, before anything is committed: a crash between the two must not
   *   leave a key whose secret nobody knows
   * @returns the token of the link by which the operator gets a sign-in; `null` where it was not made here
   */
  makeOperator(
    givenSecret: string | undefined,
    keep: (secret: string) => void,
  ): Promise<string | null> {
    return this.database.change(async (change) => {
      const other = await this.accounts.findOperator();
      if (other !== null) {
        // Its key may be a legacy secret, of which this node has not heard yet.
        await change.touch('legacy_secrets', other.id);
        return null;
      }
      const account = await this.accounts.create(change, {
        name: 'Operator',
        kind: 'production',
        isOperator: true,
        allowHapikey: true,
        entitledScopes: null,
        rateLimits: null,
        timeZone: 'UTC',
      });
      const names = managementScopes.map((scope) => scope.name);
      const keyId = await this.keys.create(change, {
        accountId: account.id,
        name: 'Operator key',
        description: 'The first key of this installation',
        purpose: null,
        recipient: null,
        contactEmail: null,
        environment: 'production',
        scopes: names,
        grantableScopes: names,
        ipAllowlist: noAllowlist,
        rateLimits: null,
        expiresAt: null,
        createdBy: null,
      });
      if (givenSecret === undefined)
        keep((await this.secrets.issue(change, keyId, 'production')).text);
      else await this.secrets.adopt(change, keyId, givenSecret);
      await this.audit.append(change, {
        accountId: account.id,
        action: 'key.created',
        actor: installation,
        callerIp: null,
        target: { type: 'key', id: keyId },
        after: { name: 'Operator key', scopes: names },
      });
      const { token } = await this.links.make(change, {
        ...{ purpose: 'set_up', accountId: account.id, role: 'admin', madeBy: installation },
        ...{ personId: null, email: null },
      });
      return token;
    });
  }
}
