import { readFile } from 'node:fs/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { Caller } from '../access/guard/caller.js';
import { noAllowlist } from '../core/ip-allowlist.js';
import { isManagementScope } from '../core/management-scopes.js';
import type { Clock } from '../core/ports.js';
import { AccountsService } from '../management/accounts/accounts.service.js';
import { OpenapiImportService } from '../management/services/openapi-import.service.js';
import { ServicesService } from '../management/services/services.service.js';
import { SETTINGS, type Settings } from '../platform/config/settings.js';
import { AccountsStore } from '../store/accounts.store.js';
import { ApiKeysStore } from '../store/api-keys.store.js';
import type { AccountEntity } from '../store/entities/account.entity.js';
import { ScopesStore } from '../store/scopes.store.js';
import { ServicesStore } from '../store/services.store.js';
import { CLOCK } from '../store/tokens.js';
import { DemoKeyFile } from './demo-key-file.js';
import { DemoKeysMaker, type DemoKeys } from './demo-keys.js';
import { isSampleCrm, startSampleCrm, type SampleCrm } from './sample-crm.js';

/** A demo that is ready to be tried. */
export interface Demo {
  readonly account: { readonly id: string; readonly name: string };
  /** Where the sample CRM is on the access listener. */
  readonly mount: string;
  readonly keys: DemoKeys;
  /** Where the keys' secrets are kept, and whether this start made that file. */
  readonly keyFile: { readonly path: string; readonly isNew: boolean };
}

const accountName = 'Harbour Street Stationery (demo)';
const serviceName = 'sample-crm';
const firstMount = '/crm';

/**
 * A sample account, service and keys on a store that was empty, made by the very services behind the management API. Each step
 * looks first whether it was done, so a start that was cut short is completed by the next.
 */
@Injectable()
export class DemoService implements OnApplicationShutdown {
  readonly #logger = new Logger('Demo');
  #crm: SampleCrm | null = null;

  constructor(
    private readonly accounts: AccountsService,
    private readonly services: ServicesService,
    private readonly imports: OpenapiImportService,
    private readonly keysMaker: DemoKeysMaker,
    private readonly keyFile: DemoKeyFile,
    private readonly accountsStore: AccountsStore,
    private readonly apiKeysStore: ApiKeysStore,
    private readonly servicesStore: ServicesStore,
    private readonly scopesStore: ScopesStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Needs the operator's account. @returns `null` if there is no demo, for whatever reason */
  async start(): Promise<Demo | null> {
    if (!this.settings.demo) return null;
    try {
      return await this.#start();
    } catch (error) {
      // A sample is no reason for the real thing not to start.
      const stack = error instanceof Error ? error.stack : String(error);
      this.#logger.error({
        msg: 'The demo could not be started; everything else works without it.',
        stack,
      });
      await this.onApplicationShutdown();
      return null;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#crm?.close();
    this.#crm = null;
  }

  async #start(): Promise<Demo | null> {
    const operator = await this.#operator();
    const account = (await this.#account()) ?? (await this.#makeAccount(operator));
    // Somebody switched it off by other means than the setting.
    if (account === null || account.suspended) return null;
    const mount = await this.#publishCrm(operator);
    if (mount === null) return null;
    const isNew = !this.keyFile.exists;
    const keys = await this.keysMaker.makeMissing(operator, account);
    return {
      account: { id: account.id, name: account.name },
      mount,
      keys,
      keyFile: { path: this.keyFile.path, isNew },
    };
  }

  /** The operator's first key, as which the demo acts. The audit trail says that it was the demo. */
  async #operator(): Promise<Caller> {
    const account = await this.accountsStore.findOperator();
    if (account === null) throw new Error('The demo comes after the first start.');
    const [first] = await this.apiKeysStore.list(account.id, {}, this.clock.now(), 1, null);
    if (first === undefined) throw new Error("The operator's account has its first key.");
    return {
      id: first.key.id,
      accountId: account.id,
      isOperator: true,
      seesEveryAccount: true,
      member: null,
      changesOwnKeysOnly: false,
      grantableScopes: new Set(),
      ipAllowlist: noAllowlist,
      expiresAt: null,
      rateLimits: null,
      actor: { kind: 'installation', id: null, name: 'demo' },
      callerIp: null,
    };
  }

  /** Made on an empty store, it is the first account after the operator's. */
  async #account(): Promise<AccountEntity | null> {
    const firstTwo = await this.accountsStore.list(2, null, 'everybody');
    return firstTwo.find(({ isOperator, name }) => !isOperator && name === accountName) ?? null;
  }

  /** Makes it only where nobody has made anything. */
  async #makeAccount(operator: Caller): Promise<AccountEntity | null> {
    const accounts = await this.accountsStore.list(2, null, 'everybody');
    const services = await this.servicesStore.list(1, null, 'operator');
    const scopes = await this.scopesStore.list(100, null);
    const isEmpty =
      accounts.length === 1 &&
      services.length === 0 &&
      scopes.every(({ name }) => isManagementScope(name));
    if (!isEmpty) return null;
    const { id } = await this.accounts.create(operator, { name: accountName, kind: 'sandbox' });
    return this.accountsStore.find(id);
  }

  /** Runs the CRM and publishes it. @returns its mount, or `null` if the service now leads somewhere else */
  async #publishCrm(operator: Caller): Promise<string | null> {
    const service = await this.servicesStore.findByName(serviceName, 'operator');
    if (service !== null && !isSampleCrm(service.upstream)) return null;
    const crm = await startSampleCrm(service === null ? 0 : Number(new URL(service.upstream).port));
    this.#crm = crm;
    const settings = service ?? { mount: firstMount };
    if (service?.upstream !== crm.url) {
      const { mount, open, stripMount, timeoutMs } = {
        open: true,
        stripMount: true,
        timeoutMs: 5000,
        ...settings,
      };
      await this.services.put(operator, serviceName, {
        upstream: crm.url,
        mount,
        open,
        stripMount,
        timeoutMs,
      });
    }
    if ((await this.services.routesOf(operator, serviceName)).routes.length === 0) {
      const document = await readFile(
        new URL('./sample-crm.openapi.yaml', import.meta.url),
        'utf8',
      );
      await this.imports.import(operator, serviceName, document, {});
    }
    return settings.mount;
  }
}
