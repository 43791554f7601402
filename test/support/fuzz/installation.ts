import { join } from 'node:path';
import { expect } from '@jest/globals';
import { crmRoutes, crmScopes } from '../crm.js';
import { everyRoute } from '../gateway.js';
import type { Json } from '../latchkey.js';
import { send } from '../send.js';
import { tenantScopes } from '../tenants.js';
import type { LatchkeyProcess } from '../latchkey-process.js';
import { WorkFolder } from '../work-folder.js';
import { Soundness } from './expect-sound.js';
import { expectNoSecretKept } from './kept-secrets.js';
import { startWilfulUpstream, type WilfulUpstream } from './wilful-upstream.js';

/** The first management key, brought along: a secret without a checksum to know it by. */
export const operatorKey = 'Zq+/81.a-b_c~d/e+fGhIjKlMnOpQrStUvWx==';

/** An account with a key, a rotation of it, and the secret of a second key that may do in it whatever an account's key may. */
export interface Tenant {
  readonly accountId: string;
  readonly keyId: string;
  readonly rotationId: string;
  readonly webhookId: string;
  readonly exportId: string;
  readonly admin: string;
}

const sealedValue = 'pat-upstream-4f0c9a7be2d84c1f9b6e';

/** Latchkey as a user runs it, with a published API in front of an upstream that errs, and keys in every state. */
export class Installation {
  readonly soundness: Soundness;
  /** What is to be found nowhere. */
  readonly #secrets: Set<string>;

  private constructor(
    private readonly folder: WorkFolder,
    readonly process: LatchkeyProcess,
    readonly upstream: WilfulUpstream,
    /** By what they can be used for. */
    readonly secrets: Secrets,
  ) {
    this.#secrets = new Set([operatorKey, sealedValue, ...Object.values(secrets)]);
    this.soundness = new Soundness(this.#secrets);
  }

  static async start(): Promise<Installation> {
    const upstream = await startWilfulUpstream(sealedValue);
    const folder = new WorkFolder();
    const process = folder.run({ OPERATOR_KEY: operatorKey, TRUSTED_PROXIES: '127.0.0.1' });
    await process.running;
    await publish(process, upstream.url);
    return new Installation(folder, process, upstream, await makeKeys(process));
  }

  get accessUrl(): string {
    return this.process.urls().accessUrl;
  }

  get managementUrl(): string {
    return this.process.urls().managementUrl;
  }

  /** Where its databases and keys lie. */
  get dataFolder(): string {
    return join(this.folder.path, 'data');
  }

  async openTenant(name: string): Promise<Tenant> {
    const ask = (method: string, path: string, body: unknown) =>
      manage(this.process, method, path, body);
    const { id: accountId } = await ask('POST', '/v1/accounts', { name });
    const keys = `/v1/accounts/${accountId}/keys`;
    const everything = { scopes: tenantScopes, grantableScopes: tenantScopes };
    const admin = await ask('POST', keys, { name: 'Admin', ...everything });
    const { id: keyId } = await ask('POST', keys, { name: 'Key', scopes: [] });
    const rotation = await ask('POST', `${keys}/${keyId}/rotations`, { graceSeconds: 3600 });
    const webhook = await ask('POST', `/v1/accounts/${accountId}/webhooks`, {
      ...{ url: 'https://hooks.invalid', enabled: false },
    });
    for (const { secret } of [admin, webhook]) this.#secrets.add(secret);
    const path = `/v1/accounts/${accountId}/request-log/export`;
    const { headers } = await send(this.managementUrl, 'GET', path, { secret: operatorKey });
    const exportId = headers.get('latchkey-export') ?? '';
    const ids = { accountId, keyId, rotationId: rotation.id, webhookId: webhook.id, exportId };
    return { ...ids, admin: admin.secret };
  }

  /** A key of the operator's own that may look at everything and change nothing. */
  async makeReader(): Promise<string> {
    const self = await fetch(`${this.accessUrl}/latchkey/v1/self`, {
      headers: { authorization: `Bearer ${operatorKey}` },
    });
    const { account } = (await self.json()) as Json;
    const scopes = tenantScopes.filter((scope) => scope.endsWith('.read'));
    const path = `/v1/accounts/${account.id}/keys`;
    const { secret } = await manage(this.process, 'POST', path, { name: 'Reader', scopes });
    this.#secrets.add(secret);
    return secret;
  }

  /** It lives, is ready, has nothing to complain about, and has kept no secret anywhere; then it ends as it should. */
  async expectUnharmed(): Promise<void> {
    for (const url of [this.accessUrl, this.managementUrl]) {
      const { status } = await fetch(`${url}/latchkey/health/ready`);
      expect([url, status]).toEqual([url, 200]);
    }
    expect(this.process.stderr()).toBe('');
    expect(this.upstream.faults).toEqual([]);
    this.#expectNoSecretKept();
    expect(await this.process.stop()).toBe(0);
    expect(this.process.stderr()).toBe('');
    this.#expectNoSecretKept();
  }

  async remove(): Promise<void> {
    await this.folder.remove();
    await this.upstream.close();
  }

  #expectNoSecretKept(): void {
    expectNoSecretKept(
      this.folder.path,
      this.process.stdout() + this.process.stderr(),
      this.#secrets,
    );
  }
}

/** Genuine secrets, by what they are good for. */
export interface Secrets {
  /** Opens most of the API. */
  readonly vendor: string;
  /** Opens it from 203.0.113.0/24 only. */
  readonly fenced: string;
  readonly retiring: string;
  readonly replacing: string;
  readonly suspended: string;
  readonly revoked: string;
}

async function manage(
  process: LatchkeyProcess,
  method: string,
  path: string,
  body?: unknown,
): Promise<Json> {
  const answer = await fetch(process.urls().managementUrl + path, {
    method,
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

async function publish(process: LatchkeyProcess, upstreamUrl: string): Promise<void> {
  for (const scope of crmScopes) await manage(process, 'PUT', `/v1/scopes/${scope}`, {});
  const credential = { in: 'header', name: 'X-Upstream-Key', value: sealedValue };
  const services: Record<string, Json> = {
    crm: { upstream: upstreamUrl },
    wide: { upstream: upstreamUrl },
    sealed: { upstream: `${upstreamUrl}/sealed`, credential },
    flaky: { upstream: upstreamUrl, timeoutMs: 300 },
    dead: { upstream: 'http://127.0.0.1:9' },
  };
  for (const [name, service] of Object.entries(services)) {
    await manage(process, 'PUT', `/v1/services/${name}`, { mount: `/${name}`, ...service });
    const routes = name === 'crm' ? crmRoutes : everyRoute;
    await manage(process, 'PUT', `/v1/services/${name}/routes`, { routes });
  }
}

async function makeKeys(process: LatchkeyProcess): Promise<Secrets> {
  const account = await manage(process, 'POST', '/v1/accounts', { name: 'Rolling Donut Ltd' });
  const keys = `/v1/accounts/${account.id}/keys`;
  const make = (settings: Json = {}): Promise<Json> =>
    manage(process, 'POST', keys, {
      ...{ name: 'Vendor', scopes: ['contacts.read', 'contacts.write'] },
      ...settings,
    });
  const act = (key: Json, action: string, body?: Json): Promise<Json> =>
    manage(process, 'POST', `${keys}/${key.id}/${action}`, body);
  const office = { mode: 'enforce', entries: [{ cidr: '203.0.113.0/24' }] };
  const [vendor, fenced, rotated] = [
    await make(),
    await make({ ipAllowlist: office }),
    await make(),
  ];
  const [suspended, revoked] = [await make(), await make()];
  const rotation = await act(rotated, 'rotations', { graceSeconds: 86_400 });
  await act(suspended, 'suspend');
  await act(revoked, 'revoke');
  return {
    vendor: vendor.secret,
    fenced: fenced.secret,
    retiring: rotated.secret,
    replacing: rotation.secret,
    suspended: suspended.secret,
    revoked: revoked.secret,
  };
}
