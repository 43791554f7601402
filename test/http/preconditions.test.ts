import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { crmRoutes, publishCrm, type Crm } from '../support/crm.js';
import { doorsOf, everyDoorScopes } from '../support/every-door.js';
import type { Answer, Json } from '../support/latchkey.js';
import { expectRefused, startManagement, type Management } from '../support/management.js';
import { NewEvents } from '../support/new-events.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const failed = { status: 412, reason: 'PRECONDITION_FAILED', category: 'CONFLICT' };

let latchkey: Management;
let upstream: RecordingUpstream;
let crm: Crm;
let key: Json;
let account: string;
let at: string;

beforeAll(async () => {
  upstream = await startUpstream();
  latchkey = await startManagement();
  crm = await publishCrm(latchkey, upstream.url);
  account = `/v1/accounts/${crm.accountId}`;
});

beforeEach(async () => {
  key = await crm.makeKey({ scopes: everyDoorScopes });
  at = `${account}/keys/${key.id}`;
});

afterAll(async () => {
  await latchkey.remove();
  await upstream.close();
});

const ask = (method: string, path: string, body?: unknown, ifMatch?: string): Promise<Answer> =>
  latchkey.ask(method, path, {
    ...{ secret: latchkey.operatorKey, body },
    ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
  });

const tagOf = async (path: string): Promise<string | null> =>
  (await ask('GET', path)).headers.get('etag');

/** Something that carries an ETag, and how it is changed. */
interface Tagged {
  readonly path: string;
  readonly method: string;
  /** Another body each time, so that each is a change. */
  readonly body: (n: number) => Json;
  /** The account in whose trail its changes are. */
  readonly trail: string;
}

const listOf = (n: number): Json => ({ mode: 'report', entries: [{ cidr: `192.0.2.${n}` }] });
const routesOf = (n: number): Json => ({
  routes: [{ method: 'GET', path: `/contacts/${n}`, scopeSets: [['contacts.read']] }],
});

const tagged: [what: string, find: () => Promise<Tagged>][] = [
  ['a key', async () => ({ path: at, method: 'PATCH', body: (n) => ({ name: `Name ${n}` }), trail: crm.accountId })],
  ['a key’s allowlist', async () => ({ path: `${at}/ip-allowlist`, method: 'PUT', body: listOf, trail: crm.accountId })],
  ['an account', async () => {
    const { id } = await latchkey.openAccount();
    return { path: `/v1/accounts/${id}`, method: 'PATCH', body: (n) => ({ name: `Name ${n}` }), trail: id };
  }],
  ['an account’s allowlist', async () => {
    const { id } = await latchkey.openAccount();
    return { path: `/v1/accounts/${id}/ip-allowlist`, method: 'PUT', body: listOf, trail: id };
  }],
  ['a service’s routes', async () => {
    const name = `service-${Math.random().toString(36).slice(2)}`;
    await latchkey.manage('PUT', `/v1/services/${name}`, { upstream: upstream.url, mount: `/${name}` });
    return { path: `/v1/services/${name}/routes`, method: 'PUT', body: routesOf, trail: latchkey.operatorAccountId };
  }],
]; // prettier-ignore

describe.each(tagged)('#99 %s', (_what, find) => {
  it('carries a strong ETag, which each change moves and answers with', async () => {
    const { path, method, body } = await find();
    const tags = [await tagOf(path)];
    expect(tags[0]).toMatch(/^"[^"]+"$/);
    for (const n of [1, 2]) {
      const changed = await ask(method, path, body(n), tags.at(-1) as string);
      expect(changed.status).toBe(200);
      expect(await tagOf(path)).toBe(changed.headers.get('etag'));
      expect(tags).not.toContain(changed.headers.get('etag'));
      tags.push(changed.headers.get('etag'));
    }
  });

  it('412 for a tag that is not its own: nothing is written, and no event', async () => {
    const { path, method, body, trail } = await find();
    const stale = (await tagOf(path)) as string;
    await ask(method, path, body(1));
    const current = await ask('GET', path);
    const tag = current.headers.get('etag') as string;
    const events = new NewEvents(latchkey, trail);
    await events.skip();
    const others = [stale, `W/${tag}`, tag.slice(1, -1), tag.slice(0, -1), '"*"', '""', '', `"0", ${stale}`];
    for (const ifMatch of others) {
      const headers = { 'if-match': ifMatch };
      const request = { method, path, body: body(2), secret: latchkey.operatorKey, headers };
      const answer = await expectRefused(latchkey, request, failed);
      expect(answer.headers.has('etag')).toBe(false);
    }
    const after = await ask('GET', path);
    expect([after.text, after.headers.get('etag')]).toEqual([current.text, tag]);
    expect(await events.take()).toEqual([]);
  });

  it('200 for its own tag, for one list that holds it, for * and for none', async () => {
    const { path, method, body } = await find();
    for (const [n, form] of ['TAG', '"0", TAG', 'TAG,"0"', 'W/"0" , TAG', '*', ' * ', undefined].entries()) {
      const ifMatch = form?.replace('TAG', (await tagOf(path)) as string);
      expect([form, (await ask(method, path, body(n), ifMatch)).status]).toEqual([form, 200]);
    }
  });
}); // prettier-ignore

describe('#99 the ETag of a key', () => {
  it('moves with whatever changes it, a rotation too', async () => {
    let rotation: Json;
    const step = (name: string) => `/rotations/${rotation.id}/${name}`;
    const open = async () => (rotation = await latchkey.manage('POST', `${at}/rotations`, { graceSeconds: 600 }));
    const graceEndsAt = () => new Date(Date.parse(rotation.startedAt) + 60_000).toISOString();
    const changes: [what: string, change: () => Promise<unknown>][] = [
      ['a name', () => latchkey.manage('PATCH', at, { name: 'Renamed' })],
      ['scopes', () => latchkey.manage('PATCH', at, { scopes: [] })],
      ['grantable scopes', () => latchkey.manage('PATCH', at, { grantableScopes: ['contacts.read'] })],
      ['an expiry', () => latchkey.manage('PATCH', at, { expiresAt: '2099-01-01T00:00:00Z' })],
      ['its allowlist', () => latchkey.manage('PUT', `${at}/ip-allowlist`, listOf(1))],
      ['suspend', () => latchkey.manage('POST', `${at}/suspend`)],
      ['resume', () => latchkey.manage('POST', `${at}/resume`)],
      ['reissue', () => latchkey.manage('POST', `${at}/reissue`)],
      ['a rotation', open],
      ['its extension', () => latchkey.manage('POST', at + step('extend'), { graceEndsAt: graceEndsAt() })],
      ['its reissue', () => latchkey.manage('POST', at + step('reissue'))],
      ['its cancellation', () => latchkey.manage('POST', at + step('cancel'))],
      ['another rotation', open],
      ['its finish', () => latchkey.manage('POST', at + step('finish'))],
      ['revoke', () => latchkey.manage('POST', `${at}/revoke`)],
    ];
    const seen = new Set([await tagOf(at)]);
    for (const [what, change] of changes) {
      await change();
      const tag = await tagOf(at);
      expect([what, seen.has(tag)]).toEqual([what, false]);
      expect(await tagOf(`${at}/ip-allowlist`)).toBe(tag);
      seen.add(tag);
    }
  }); // prettier-ignore

  it('stays when the key is used, read or asked about, and when nothing comes of a change', async () => {
    const rotations = `${at}/rotations`;
    const rotation = await latchkey.manage('POST', rotations, { graceSeconds: 600 });
    const neighbour = await crm.makeKey();
    const tag = await tagOf(at);
    for (const secret of [key.secret, rotation.secret]) {
      for (const send of Object.values(doorsOf(latchkey)))
        expect((await send(secret)).status).toBe(200);
    }
    const tries: [method: string, path: string, body: Json | undefined, status: number][] = [
      ['GET', `${account}/keys`, undefined, 200],
      ['GET', `${rotations}/${rotation.id}`, undefined, 200],
      ['POST', `${at}/ip-allowlist/check`, { ip: '192.0.2.1' }, 200],
      ['PATCH', at, { scopes: ['nope'] }, 400],
      ['PATCH', at, { name: '' }, 400],
      ['PUT', `${at}/ip-allowlist`, { mode: 'off', entries: [{ cidr: '1' }] }, 400],
      ['POST', rotations, { graceSeconds: 600 }, 409],
      ['POST', `${rotations}/${rotation.id}/cancel`, {}, 409],
      ['POST', `${rotations}/${rotation.id}/reissue`, undefined, 409],
      ['POST', `${at}/reissue`, undefined, 409],
      ['POST', `${at}/resume`, undefined, 200],
      ['PATCH', account, { name: 'Renamed' }, 200],
      ['PUT', `${account}/ip-allowlist`, { mode: 'off', entries: [] }, 200],
      ['PATCH', `${account}/keys/${neighbour.id}`, { name: 'Renamed' }, 200],
    ];
    for (const [method, path, body, status] of tries) {
      expect([method, path, (await ask(method, path, body)).status]).toEqual([
        method,
        path,
        status,
      ]);
      expect([path, await tagOf(at)]).toEqual([path, tag]);
    }
    expect((await ask('PATCH', at, { name: 'By its tag' }, tag as string)).status).toBe(200);
  });

  it('is told by the answer that makes it', async () => {
    const made = await ask('POST', `${account}/keys`, { name: 'Vendor', scopes: [] });
    expect(made.headers.get('etag')).toBe(await tagOf(`${account}/keys/${made.json.id}`));
  });
});

describe('#99 a binding', () => {
  let binding: string;
  const events = () => new NewEvents(latchkey, crm.accountId);

  beforeEach(async () => {
    const name = `bound-${Math.random().toString(36).slice(2)}`;
    const settings = { upstream: upstream.url, mount: `/${name}`, open: false };
    await latchkey.manage('PUT', `/v1/services/${name}`, settings);
    binding = `${account}/services/${name}`;
  });

  const put = (upstreamUrl: string | null, ifMatch?: string, environment?: string) =>
    ask('PUT', binding, { upstream: upstreamUrl, environment }, ifMatch);
  const expectStale = async (method: string, path: string, ifMatch: string): Promise<void> => {
    const before = await latchkey.manage('GET', binding);
    const trail = events();
    await trail.skip();
    const body = method === 'PUT' ? { upstream: 'http://127.0.0.1:2' } : undefined;
    const headers = { 'if-match': ifMatch };
    const request = { method, path, body, secret: latchkey.operatorKey, headers };
    await expectRefused(latchkey, request, failed);
    expect(await latchkey.manage('GET', binding)).toEqual(before);
    expect(await trail.take()).toEqual([]);
  };

  it('is changed and taken away with its own ETag, and with no other', async () => {
    const first = (await put(null)).headers.get('etag') as string;
    const changed = await put('http://127.0.0.1:1', first);
    expect(changed.status).toBe(200);
    const tag = changed.headers.get('etag') as string;
    expect(tag).toMatch(/^"[^"]+"$/);
    expect(tag).not.toBe(first);
    for (const method of ['PUT', 'DELETE']) await expectStale(method, binding, first);
    // One for another environment has a tag of its own.
    const qa = (await put(null, undefined, 'qa')).headers.get('etag') as string;
    await expectStale('DELETE', binding, qa);
    await expectStale('DELETE', `${binding}?environment=qa`, tag);
    const again = await put('http://127.0.0.1:1', tag);
    const last = again.headers.get('etag') as string;
    expect((await ask('DELETE', binding, undefined, last)).status).toBe(204);
    expect((await latchkey.manage('GET', binding)).results).toHaveLength(1);
  });

  it('is listed with its ETag, by which it can be changed', async () => {
    const tags = [
      (await put(null)).headers.get('etag'),
      (await put(null, undefined, 'qa')).headers.get('etag'),
    ];
    const { results } = await latchkey.manage('GET', binding);
    expect(results.map(({ etag }: Json) => etag).sort()).toEqual(tags.sort());
    const ofQa = results.find(({ environment }: Json) => environment === 'qa');
    expect((await put('http://127.0.0.1:1', ofQa.etag, 'qa')).status).toBe(200);
    expect((await put('http://127.0.0.1:2', ofQa.etag, 'qa')).status).toBe(412);
    await latchkey.manage('DELETE', `${binding}?environment=qa`);
  });

  it('that is gone is not made again by who still knows its tag', async () => {
    const tag = (await put(null)).headers.get('etag') as string;
    await latchkey.manage('DELETE', binding);
    for (const ifMatch of [tag, '*']) await expectStale('PUT', binding, ifMatch);
  });
}); // prettier-ignore

it('#99 neither a use nor a change of something else moves the tag of routes or of a binding', async () => {
  const binding = `${account}/services/crm`;
  const routes = await tagOf('/v1/services/crm/routes');
  const bound = (await ask('PUT', binding, {})).headers.get('etag') as string;
  expect((await doorsOf(latchkey).gateway(key.secret)).status).toBe(200);
  await latchkey.manage('PATCH', account, { name: 'Renamed' });
  await latchkey.manage('PUT', '/v1/services/other', { upstream: upstream.url, mount: '/other' });
  await latchkey.manage('PUT', `${account}/services/other`, {});
  await latchkey.manage('GET', binding);
  expect(await tagOf('/v1/services/crm/routes')).toBe(routes);
  expect((await ask('PUT', binding, {}, bound)).status).toBe(200);
  expect(
    (await ask('PUT', '/v1/services/crm/routes', { routes: crmRoutes }, routes as string)).status,
  ).toBe(200);
  expect((await doorsOf(latchkey).gateway(key.secret)).status).toBe(200);
});

it('#99 an import of routes honours their tag, and gives them another', async () => {
  const routes = '/v1/services/crm/routes';
  const document = (path: string): string =>
    JSON.stringify({
      ...{ openapi: '3.0.0', info: { title: 'x', version: '1' } },
      paths: { [path]: { get: { responses: {} } } },
    });
  const importAs = (path: string, ifMatch: string) => {
    const headers = { 'content-type': 'application/json', 'if-match': ifMatch };
    const body = document(path);
    return { method: 'PUT', path: '/v1/services/crm/openapi', body, headers, secret: latchkey.operatorKey };
  };
  const before = await ask('GET', routes);
  const tag = before.headers.get('etag') as string;
  await expectRefused(latchkey, importAs('/a', '"0"'), failed);
  expect((await ask('GET', routes)).text).toBe(before.text);
  const { method, path, ...options } = importAs('/a', tag);
  expect((await latchkey.ask(method, path, options)).status).toBe(200);
  expect(await tagOf(routes)).not.toBe(tag);
  await expectRefused(latchkey, importAs('/b', tag), failed);
}); // prettier-ignore
