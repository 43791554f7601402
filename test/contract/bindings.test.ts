import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Answer, Json } from '../support/latchkey.js';
import {
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';

let latchkey: Management;
let accountId: string;
let account: string;
let path: string;
let count = 0;

beforeAll(async () => {
  latchkey = await startManagement();
});

beforeEach(async () => {
  accountId = (await latchkey.openAccount()).id;
  account = `/v1/accounts/${accountId}`;
  const name = `bound${(count += 1)}`;
  const settings = { upstream: 'http://127.0.0.1:1', mount: `/${name}`, open: false };
  await latchkey.manage('PUT', `/v1/services/${name}`, settings);
  path = `${account}/services/${name}`;
});

afterAll(() => latchkey.remove());

const ask = (method: string, rest = '', body?: Json): Promise<Answer> =>
  latchkey.ask(method, path + rest, { secret: latchkey.operatorKey, body });

const listed = async (secret = latchkey.operatorKey): Promise<Json[]> =>
  (await latchkey.ask('GET', path, { secret })).json.results;

describe('§6 the binding of an account to a service', () => {
  const credential = { in: 'header', name: 'X-Api-Key', value: 'a-key-that-nobody-may-read' };
  const shown = { in: 'header', name: 'X-Api-Key' };

  it('§6 PUT makes one for all environments and one for each, and GET shows them, never a value', async () => {
    const ofAll = await ask('PUT', '', { credential });
    const upstream = 'http://127.0.0.1:2';
    const ofQa = await ask('PUT', '', { environment: 'qa', upstream, credential });
    expect([ofAll.status, ofQa.status]).toEqual([201, 201]);
    expect(ofAll.json).toMatchObject({ accountId, environment: null, upstream: null });
    expect(ofQa.json).toMatchObject({ accountId, environment: 'qa', upstream });
    for (const { json, text } of [ofAll, ofQa]) {
      expect(json.credential).toEqual(shown);
      expect(text).not.toContain(credential.value);
    }
    const read = await ask('GET');
    expect(read.text).not.toContain(credential.value);
    expect(read.json.results).toHaveLength(2);
    expect(read.json.results).toEqual(expect.arrayContaining([ofAll.json, ofQa.json]));
  });

  it('§6 PUT again changes it: 200, and the same binding', async () => {
    const made = await ask('PUT', '', { upstream: 'http://127.0.0.1:2' });
    const changed = await ask('PUT', '', { upstream: 'http://127.0.0.1:3' });
    expect([changed.status, changed.json]).toEqual([
      200,
      { ...made.json, upstream: 'http://127.0.0.1:3', etag: changed.headers.get('etag') },
    ]);
    expect(await listed()).toEqual([changed.json]);
  });

  it('§6 DELETE takes away the one that is named, and no other', async () => {
    await ask('PUT');
    const qa = await ask('PUT', '', { environment: 'qa' });
    expect((await ask('DELETE')).status).toBe(204);
    expect(await listed()).toEqual([qa.json]);
    const request = { method: 'DELETE', path, secret: latchkey.operatorKey };
    await expectRefused(latchkey, request, refusals.notFound);
    expect((await ask('DELETE', '?environment=qa')).status).toBe(204);
    expect(await listed()).toEqual([]);
  });

  it('§6 the account sees that it is bound, but neither where to nor with what', async () => {
    await ask('PUT', '', { upstream: 'http://internal.example', credential });
    const { secret } = await latchkey.makeKey(accountId, { scopes: ['latchkey.services.read'] });
    const [binding, ...more] = await listed(secret);
    expect(more).toEqual([]);
    expect(Object.keys(binding).sort()).toEqual([
      ...['accountId', 'environment', 'etag', 'id', 'service'],
    ]);
    const other = await latchkey.openAccount();
    const foreign = path.replace(accountId, other.id);
    await expectRefused(latchkey, { method: 'GET', path: foreign, secret }, refusals.notFound);
  });
});
