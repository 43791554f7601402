import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import type { Json } from '../support/latchkey.js';
import {
  expectInvalid,
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const start = Date.UTC(2030, 0, 1, 12);
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let latchkey: Management;
let upstream: RecordingUpstream;
let crm: Crm;
let now = start;
let key: Json;
let usage: string;

/** A key with a rotation, used in two hours: let through, denied, and for a look at itself. */
beforeAll(async () => {
  upstream = await startUpstream();
  latchkey = await startManagement({}, { wallClock: () => now });
  crm = await publishCrm(latchkey, upstream.url);
  key = await crm.makeKey({ scopes: ['contacts.read', 'contacts.write'] });
  const keyPath = `/v1/accounts/${crm.accountId}/keys/${key.id}`;
  usage = `${keyPath}/usage`;
  const rotation = await latchkey.manage('POST', `${keyPath}/rotations`, { graceSeconds: 86_400 });
  const call = async (atMs: number, method: string, path: string, secret = key.secret) => {
    now = start + atMs;
    await latchkey.call(method, path, { secret, headers: { 'user-agent': 'sync/1' } });
  };
  await call(0, 'GET', '/crm/contacts/7');
  await call(minute, 'POST', '/crm/contacts');
  await call(2 * minute, 'GET', '/crm/orders');
  await call(3 * minute, 'GET', '/crm/nowhere');
  await call(2 * hour, 'GET', '/crm/contacts/8', rotation.secret);
  await call(2 * hour + minute, 'GET', '/latchkey/v1/self', rotation.secret);
  now = start + 3 * hour;
});

afterAll(async () => {
  await latchkey.remove();
  await upstream.close();
});

const at = (ms: number) => new Date(start + ms).toISOString();

it('tells what a key was used for', async () => {
  const shown = await latchkey.manage('GET', usage);
  const [old, latest] = key.secrets.concat(
    (await latchkey.manage('GET', usage.replace('/usage', ''))).secrets[1],
  );
  const lastUse = {
    at: at(2 * hour + minute),
    ...{ ip: '127.0.0.1', userAgent: 'sync/1', route: '/latchkey/v1/self' },
  };
  const times = (first: number, last = first) => ({ firstUsedAt: at(first), lastUsedAt: at(last) });
  const crmRoute = { serviceId: crm.serviceId, deniedCalls: 0 };
  expect(shown).toEqual({
    keyId: key.id,
    lastUse,
    countedSince: expect.any(String),
    secrets: [
      { secretId: latest.id, calls: 2, deniedCalls: 0, lastUse },
      {
        ...{ secretId: old.id, calls: 4, deniedCalls: 2 },
        lastUse: { ...lastUse, at: at(3 * minute), route: null },
      },
    ],
    from: at(3 * hour - 7 * day),
    to: at(3 * hour),
    hours: [
      {
        ...{ hour: at(0), calls: 4, deniedCalls: 2 },
        denials: [
          { reason: 'ROUTE_UNKNOWN', calls: 1 },
          { reason: 'SCOPE_MISSING', calls: 1 },
        ],
      },
      { hour: at(2 * hour), calls: 2, deniedCalls: 0, denials: [] },
    ],
    routes: [
      {
        ...{ serviceId: null, method: 'GET', route: '/latchkey/v1/self', calls: 1, deniedCalls: 0 },
        ...times(2 * hour + minute),
      },
      {
        ...{ ...crmRoute, method: 'GET', route: '/contacts/{id}', calls: 2 },
        ...times(0, 2 * hour),
      },
      {
        ...{ ...crmRoute, method: 'GET', route: '/orders', calls: 1, deniedCalls: 1 },
        ...times(2 * minute),
      },
      { ...{ ...crmRoute, method: 'POST', route: '/contacts', calls: 1 }, ...times(minute) },
    ],
    scopes: [
      { scope: 'contacts.read', calls: 3, ...times(0, 2 * hour) },
      { scope: 'contacts.write', calls: 1, ...times(minute) },
    ],
    callers: [
      {
        ...{ ip: '127.0.0.1', calls: 6, deniedCalls: 2 },
        ...{ firstSeenAt: at(0), lastSeenAt: at(2 * hour + minute) },
      },
    ],
  });
});

it('tells the hours that the time between two touches, and nothing else less', async () => {
  const whole = await latchkey.manage('GET', usage);
  const of = (from: string, to: string) => latchkey.manage('GET', `${usage}?from=${from}&to=${to}`);
  expect(await of(at(1), at(2 * hour + 1))).toEqual({
    ...{ ...whole, from: at(1), to: at(2 * hour + 1) },
  });
  const later = await of(at(hour), at(2 * hour + 1));
  expect(later.hours).toEqual(whole.hours.slice(1));
  expect((await of(at(minute), at(2 * minute))).hours).toEqual(whole.hours.slice(0, 1));
  expect((await of(at(0), at(2 * hour))).hours).toEqual(whole.hours.slice(0, 1));
  expect((await of(at(0), at(0))).hours).toEqual([]);
  const since = await latchkey.manage('GET', `${usage}?from=${at(2 * hour)}`);
  expect(since).toMatchObject({ to: at(3 * hour), hours: whole.hours.slice(1) });
  const until = await latchkey.manage('GET', `${usage}?to=${at(hour)}`);
  expect(until).toMatchObject({ from: at(hour - 7 * day), hours: whole.hours.slice(0, 1) });
});

it('tells at most 31 days, forwards', async () => {
  const path = (from: number, to: number) => `${usage}?from=${at(from)}&to=${at(to)}`;
  expect(await latchkey.manage('GET', path(-31 * day, 0))).toMatchObject({ hours: [] });
  for (const period of [path(-31 * day - 1, 0), path(1, 0)])
    await expectInvalid(latchkey, 'GET', period, undefined, ['from'], 'query');
});

it('tells of a key that was never used that it was not', async () => {
  const { id } = await crm.makeKey();
  const shown = await latchkey.manage('GET', usage.replace(key.id, id));
  const nothing = { lastUse: null, secrets: [], hours: [], routes: [], scopes: [], callers: [] };
  expect(shown).toMatchObject(nothing);
});

it('tells nothing of a key that is not there', async () => {
  const path = usage.replace(key.id, 'key_nobody');
  const request = { method: 'GET', path, secret: latchkey.operatorKey };
  await expectRefused(latchkey, request, refusals.notFound);
});

it('tells the hours of one secret alone', async () => {
  const whole = await latchkey.manage('GET', usage);
  const [latest, old] = whole.secrets.map(({ secretId }: { secretId: string }) => secretId);
  const hoursOf = async (secretId: string) =>
    (await latchkey.manage('GET', `${usage}?secretId=${secretId}`)).hours;
  expect(await hoursOf(old)).toEqual(whole.hours.slice(0, 1));
  expect(await hoursOf(latest)).toEqual(whole.hours.slice(1));
  expect(await hoursOf('sec_of_nobody')).toEqual([]);
});
