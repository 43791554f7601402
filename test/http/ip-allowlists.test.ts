import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectDenial, expectNoSecret } from '../support/denials.js';
import { EvenRace } from '../support/even-race.js';
import { doorsOf, everyDoorScopes, expectAtEveryDoor } from '../support/every-door.js';
import type { Answer, CallRow, Json } from '../support/latchkey.js';
import {
  expectInvalid,
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';
import { NewEvents } from '../support/new-events.js';
import { NewRows } from '../support/new-rows.js';
import { slowReads } from '../support/slow-reads.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const rounds = 200;
const inside = '198.51.100.7';
const outside = '203.0.113.9';
const modes = ['off', 'report', 'enforce'] as const;

let latchkey: Management;
let upstream: RecordingUpstream;
let crm: Crm;
let rows: NewRows;
let account: string;
let key: Json;
let at: string;

beforeAll(async () => {
  upstream = await startUpstream();
  latchkey = await startManagement({ TRUSTED_PROXIES: '127.0.0.1' });
  crm = await publishCrm(latchkey, upstream.url);
  rows = new NewRows(latchkey);
  account = `/v1/accounts/${crm.accountId}`;
});

beforeEach(async () => {
  key = await crm.makeKey({ scopes: everyDoorScopes });
  at = `${account}/keys/${key.id}`;
  await put(account, { mode: 'off', entries: [] });
});

afterAll(async () => {
  await latchkey.remove();
  await upstream.close();
});

const put = (owner: string, list: Json): Promise<Json> =>
  latchkey.manage('PUT', `${owner}/ip-allowlist`, list);
const listOf = (mode: string, ...cidrs: string[]): Json => ({
  mode,
  entries: cidrs.map((cidr) => ({ cidr })),
});
const callFrom = (ip: string, path = '/crm/contacts'): Promise<Answer> =>
  latchkey.call('GET', path, { secret: key.secret, headers: { 'x-forwarded-for': ip } });

/** Either list, by where it is put. */
const owners: [whose: string, owner: () => string][] = [
  ['a key', () => at],
  ['an account', () => account],
];

interface Setting {
  readonly mode: string;
  readonly holds: string;
}

/** Off, reporting or enforcing, and holding the caller or not. */
const settings: readonly Setting[] = modes.flatMap((mode) =>
  [inside, outside].map((holds) => ({ mode, holds })),
);

describe('the account’s list and the key’s', () => {
  it('#44 both must admit, whatever each is set to; what only reports is noted on the row', async () => {
    const pairs = settings.flatMap((ofAccount) => settings.map((ofKey) => [ofAccount, ofKey]));
    await rows.skip();
    const answers: Answer[] = [];
    for (const [ofAccount, ofKey] of pairs as [Setting, Setting][]) {
      await put(account, listOf(ofAccount.mode, `${ofAccount.holds}/32`));
      await put(at, listOf(ofKey.mode, ofKey.holds));
      answers.push(await callFrom(inside));
    }
    const made = (await rows.take(pairs.length * 3)).filter(({ door }) => door === 'gateway');
    expect(made).toHaveLength(pairs.length);
    for (const [i, pair] of pairs.entries()) {
      const [answer, own] = [answers[i] as Answer, [made[i] as CallRow]];
      const refuses = (mode: string): boolean =>
        pair.some((list) => list.mode === mode && list.holds !== inside);
      const row = { keyId: key.id, callerIp: inside, peerIp: '127.0.0.1', method: 'GET' };
      if (refuses('enforce')) {
        const detail = expectDenial(answer, 'IP_NOT_ALLOWED', own, { ...row, wouldDeny: null });
        expect(detail.context).toEqual({ callerIp: inside });
        expectNoSecret([key.secret], answer, own);
      } else {
        const wouldDeny = refuses('report') ? 'IP_NOT_ALLOWED' : null;
        const admitted = { ...row, decision: 'allowed', reason: null, status: 200, wouldDeny };
        expect([pair, answer.status, own]).toMatchObject([pair, 200, [admitted]]);
      }
    }
  });

  it('a call that is denied for something else says as well what a reporting list would have', async () => {
    await put(at, listOf('report', inside));
    await rows.skip();
    for (const [ip, wouldDeny] of [[inside, null], [outside, 'IP_NOT_ALLOWED']] as const) {
      const row = { callerIp: ip, wouldDeny, keyId: key.id };
      expectDenial(await callFrom(ip, '/crm/orders'), 'SCOPE_MISSING', await rows.take(1), row);
      expectDenial(await callFrom(ip, '/nowhere'), 'ROUTE_UNKNOWN', await rows.take(1), row);
    }
    const noted = `keyId=${key.id}&wouldDeny=IP_NOT_ALLOWED`;
    const counts = await latchkey.manage('GET', `${account}/request-log/counts?${noted}`);
    const found = await latchkey.manage('GET', `${account}/request-log?limit=500&${noted}`);
    expect(counts.ips.results.map(({ value }: { value: string }) => value)).toContain(outside);
    expect(counts.calls).toBe(found.results.length);
    for (const row of found.results) expect(row.wouldDeny).toBe('IP_NOT_ALLOWED');
  });
}); // prettier-ignore

describe.each(owners)('PUT the list of %s', (whose, owner) => {
  const isKey = whose === 'a key';

  it('answers with the list in its canonical form, which is then read; one event tells both', async () => {
    const events = new NewEvents(latchkey, crm.accountId);
    await put(owner(), listOf('report', inside));
    await events.skip();
    const list = {
      mode: 'enforce',
      entries: [
        { cidr: '2001:0DB8:0:0::/32', note: 'Büro 🏢' },
        { cidr: '198.51.100.7/32' },
        { cidr: '::1/128', note: '' },
        { cidr: '127.0.0.1' },
      ],
      confirmAny: true,
    };
    const canonical = {
      mode: 'enforce',
      entries: [
        { cidr: '2001:db8::/32', note: 'Büro 🏢' },
        { cidr: '198.51.100.7' },
        { cidr: '::1' },
        { cidr: '127.0.0.1' },
      ],
    };
    expect(await put(owner(), list)).toEqual(canonical);
    expect(await latchkey.manage('GET', `${owner()}/ip-allowlist`)).toEqual(canonical);
    if (isKey) expect((await latchkey.manage('GET', at)).ipAllowlist).toEqual(canonical);
    await events.expectOne({
      action: isKey ? 'key.ip_allowlist_changed' : 'account.ip_allowlist_changed',
      actor: { kind: 'key', id: latchkey.operatorKeyId },
      target: isKey ? { type: 'key', id: key.id } : { type: 'account', id: crm.accountId },
      before: listOf('report', inside),
      after: canonical,
    });
  });

  it.each<[what: string, list: Json, field: string, told: RegExp]>([
    ['#37 host bits', listOf('off', inside, '10.1.2.3/8'), 'entries.1.cidr', /10\.0\.0\.0\/8 for the network, or 10\.1\.2\.3 for/],
    ['#37 host bits of IPv6', listOf('off', '2001:DB8:0::1/48'), 'entries.0.cidr', /2001:db8::\/48 for the network, or 2001:db8::1 for/],
    ['#34 a mapped address', listOf('off', '::FFFF:a00:1'), 'entries.0.cidr', /write 10\.0\.0\.1/],
    ['#38 /0, unconfirmed', listOf('enforce', '0.0.0.0/0'), 'entries.0.cidr', /every IPv4 address: confirm it with "confirmAny": true/],
    ['#38 ::/0, confirmed with false', { ...listOf('enforce', '::/0'), confirmAny: false }, 'entries.0.cidr', /every IPv6 address/],
    ['/0 with host bits, confirmed', { ...listOf('off', '10.0.0.0/0'), confirmAny: true }, 'entries.0.cidr', /0\.0\.0\.0\/0 for the network/],
    ['#39 a zone', listOf('off', 'fe80::1%eth0'), 'entries.0.cidr', /zone/],
    ['no mode', { entries: [] }, 'mode', /mode/],
    ['another mode', listOf('on'), 'mode', /off, report, enforce/],
    ['no entries', { mode: 'enforce' }, 'entries', /entries must be given/],
    ['null for the entries', { mode: 'enforce', entries: null }, 'entries', /entries must be given/],
    ['entries as texts', { mode: 'off', entries: [inside] }, 'entries', /objects/],
    ['1,001 entries', listOf('off', ...Array<string>(1001).fill(inside)), 'entries', /at most 1000/],
    ['a note of 201 characters', { mode: 'off', entries: [{ cidr: inside, note: 'x'.repeat(201) }] }, 'entries.0.note', /200/],
    ['#67 an id in an entry', { mode: 'off', entries: [{ cidr: inside, id: 1 }] }, 'entries.0.id', /no property/],
  ])('400 for %s, and the list stays', async (_what, list, field, told) => {
    const before = await latchkey.manage('GET', `${owner()}/ip-allowlist`);
    const answer = await expectInvalid(latchkey, 'PUT', `${owner()}/ip-allowlist`, list, [field]);
    expect(answer.json.message).toMatch(told);
    expect(await latchkey.manage('GET', `${owner()}/ip-allowlist`)).toEqual(before);
  });

  it('#38 /0 with "confirmAny": true admits its family, and needs confirming each time', async () => {
    const list = listOf('enforce', '0.0.0.0/0');
    expect(await put(owner(), { ...list, confirmAny: true })).toEqual(list);
    expect((await callFrom(inside)).status).toBe(200);
    expect((await callFrom('2001:db8::1')).json.reason).toBe('IP_NOT_ALLOWED');
    await expectInvalid(latchkey, 'PUT', `${owner()}/ip-allowlist`, list, ['entries.0.cidr']);
  });

  it('#44 an empty list that is enforced admits nobody, at no door, until it is off', async () => {
    const sibling = await crm.makeKey({ scopes: everyDoorScopes });
    await expectAtEveryDoor(latchkey, rows, key.secret, 200);
    await put(owner(), { mode: 'enforce', entries: [] });
    await expectAtEveryDoor(latchkey, rows, key.secret, 'IP_NOT_ALLOWED', { keyId: key.id });
    await expectAtEveryDoor(latchkey, rows, sibling.secret, isKey ? 200 : 'IP_NOT_ALLOWED');
    await put(owner(), { mode: 'off', entries: [] });
    await expectAtEveryDoor(latchkey, rows, key.secret, 200);
  });

  it.each<[ip: string, matched: string | null]>([
    ['198.51.100.7', '198.51.100.0/24'],
    ['::ffff:198.51.100.7', '198.51.100.0/24'],
    ['::FFFF:c633:6407', '198.51.100.0/24'],
    ['198.51.101.7', null],
    ['2001:0DB8::7', '2001:db8::/32'],
    ['2001:db9::', null],
    ['192.0.2.1', '192.0.2.1'],
    ['::c000:201', null],
  ])('check tells of %s what the list says: %s', async (ip, matched) => {
    const events = new NewEvents(latchkey, crm.accountId);
    for (const mode of modes) {
      await put(owner(), listOf(mode, '198.51.100.0/24', '192.0.2.1', '2001:db8::/32'));
      await events.skip();
      const check = await latchkey.manage('POST', `${owner()}/ip-allowlist/check`, { ip });
      expect(check).toEqual({ allowed: mode !== 'enforce' || matched !== null, matched });
      const called = await callFrom(ip);
      expect(called.status).toBe(check.allowed ? 200 : 403);
      expect(await events.take()).toEqual([]);
    }
  });

  it.each(['010.0.0.1', '10.1', '10.0.0.0/8', 'fe80::1%eth0', '１.1.1.1', 'localhost', '', ' 10.0.0.1', 7, null])(
    'check: 400 for %p',
    async (ip) => {
      await expectInvalid(latchkey, 'POST', `${owner()}/ip-allowlist/check`, { ip }, ['ip']);
    },
  );

  it(`#57 a list that is closed while calls come in: no 200 after the acknowledgement, ${rounds / 2} times`, async () => {
    const race = new EvenRace();
    const early: number[] = [];
    const { self, gateway } = doorsOf(latchkey);
    for (let round = 0; round < rounds / 2; round += 1) {
      await put(owner(), { mode: 'off', entries: [] });
      const end = slowReads(latchkey, () => Math.random() * 2);
      const [called] = await race.run(
        () => gateway(key.secret),
        () => put(owner(), { mode: 'enforce', entries: [] }),
        ([answer]) => answer.status === 200,
      );
      const late = await Promise.all([gateway(key.secret), self(key.secret)]);
      end();
      early.push(called.status);
      expect(late.map(({ json }) => json.reason)).toEqual(['IP_NOT_ALLOWED', 'IP_NOT_ALLOWED']);
    }
    expect(early.filter((status) => status === 200).length).toBeGreaterThan(rounds / 20);
    expect(early.filter((status) => status === 403).length).toBeGreaterThan(rounds / 20);
  }, 180_000);
}); // prettier-ignore

it('1,000 entries are taken, and the last of them counts', async () => {
  const cidrs = Array.from({ length: 1000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  await put(at, listOf('enforce', ...cidrs));
  expect((await callFrom('10.3.231.9')).status).toBe(200);
  expect((await callFrom('10.3.232.9')).json.reason).toBe('IP_NOT_ALLOWED');
});

it('409 for a revoked key, 404 for one that is not there', async () => {
  const body = { mode: 'off', entries: [] };
  await latchkey.manage('POST', `${at}/revoke`);
  const request = { method: 'PUT', secret: latchkey.operatorKey, body };
  const revoked = { ...request, path: `${at}/ip-allowlist` };
  await expectRefused(latchkey, revoked, refusals.conflict('KEY_REVOKED'));
  const none = { ...request, path: `${account}/keys/key_00000000000000000000/ip-allowlist` };
  await expectRefused(latchkey, none, refusals.notFound);
});
