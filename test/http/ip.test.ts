import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readSettings } from '../../src/platform/config/settings.js';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectDenial, expectEnvelope, expectNoSecret } from '../support/denials.js';
import {
  startTestLatchkey,
  type Answer,
  type Json,
  type TestLatchkey,
} from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

/** Rules that are refused, and what the refusal says. */
const refused: [string, string, RegExp][] = [
  ['#35 octal', '010.0.0.1', /full, plain form/],
  ['#35 hexadecimal', '0x0a.0.0.1', /full, plain form/],
  ['#35 a short form', '10.1', /full, plain form/],
  ['#35 a short form with a prefix', '10.1/16', /full, plain form/],
  ['#35 one number', '167772161', /full, plain form/],
  ['#36 /', '10.0.0.0/', /whole number from 0 to 32/],
  ['#36 /-1', '10.0.0.0/-1', /whole number from 0 to 32/],
  ['#36 /+8', '10.0.0.0/+8', /whole number from 0 to 32/],
  ['#36 /08', '10.0.0.0/08', /whole number from 0 to 32/],
  ['#36 /33', '10.0.0.0/33', /whole number from 0 to 32/],
  ['#36 /129', '2001:db8::/129', /whole number from 0 to 128/],
  ['#36 /8.5', '10.0.0.0/8.5', /whole number from 0 to 32/],
  ['#36 a trailing newline', '10.0.0.0/8\n', /control characters/],
  ['#36 a trailing space', '10.0.0.0/8 ', /whole number from 0 to 32/],
  ['#36 /32/32', '10.0.0.1/32/32', /whole number from 0 to 32/],
  ['#36 a netmask', '10.0.0.0/255.0.0.0', /whole number from 0 to 32/],
  ['#36 full-width digits', '10.0.0.0/８', /whole number from 0 to 32/],
  ['#37 host bits', '10.0.0.1/8', /write 10\.0\.0\.0\/8 for the network, or 10\.0\.0\.1 for the one address/],
  ['#37 host bits of IPv6', '2001:db8::1/32', /write 2001:db8::\/32 for the network/],
  ['#38 /0 of IPv4', '0.0.0.0/0', /confirmAny/],
  ['#38 /0 of IPv6', '::/0', /confirmAny/],
  ['#39 a zone', 'fe80::1%eth0', /zone/],
  ['an IPv4-mapped network', '::ffff:10.0.0.0/104', /write 10\.0\.0\.0/],
  ['a name', 'localhost', /full, plain form/],
  ['nothing', '', /1 to 64 characters/],
]; // prettier-ignore

/** An address, a rule, and whether the rule admits it. */
const matches: [string, string, string, boolean][] = [
  ['#34 mapped, dotted', '::ffff:10.0.0.1', '10.0.0.0/8', true],
  ['#34 mapped, in hexadecimal', '::ffff:a00:1', '10.0.0.0/8', true],
  ['#34 mapped, elsewhere', '::ffff:11.0.0.1', '10.0.0.0/8', false],
  ['#34 mapped, one address', '::FFFF:0a00:0001', '10.0.0.1', true],
  ['#34 mapped, and an IPv6 rule that would hold it', '::ffff:10.0.0.1', '::/0', false],
  ['the first of a network', '10.0.0.0', '10.0.0.0/30', true],
  ['the last of a network', '10.0.0.3', '10.0.0.0/30', true],
  ['the one after', '10.0.0.4', '10.0.0.0/30', false],
  ['the one before', '9.255.255.255', '10.0.0.0/30', false],
  ['#38 0.0.0.0/0 admits IPv4', '198.51.100.7', '0.0.0.0/0', true],
  ['#38 0.0.0.0/0 does not admit IPv6', '2001:db8::1', '0.0.0.0/0', false],
  ['#38 ::/0 admits IPv6', '2001:db8::1', '::/0', true],
  ['#38 ::/0 does not admit IPv4', '198.51.100.7', '::/0', false],
  ['IPv6 in another spelling', '2001:0DB8:0:0:0:0:0:1', '2001:db8::1', true],
  ['IPv6, a bit beyond', '2001:db9::', '2001:db8::/32', false],
];

describe('IP allowlists', () => {
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let crm: Crm;
  let rows: NewRows;
  let account: string;

  beforeAll(async () => {
    upstream = await startUpstream();
    latchkey = await startTestLatchkey({ TRUSTED_PROXIES: '127.0.0.1' });
    crm = await publishCrm(latchkey, upstream.url);
    account = `/v1/accounts/${crm.accountId}`;
    rows = new NewRows(latchkey);
  });

  beforeEach(async () => {
    await rows.skip();
    upstream.calls.length = 0;
  });

  afterAll(async () => {
    await latchkey.remove();
    await upstream.close();
  });

  const enforce = (...cidrs: string[]) => ({
    mode: 'enforce',
    entries: cidrs.map((cidr) => ({ cidr })),
    confirmAny: true,
  });
  const callFrom = (ip: string, secret: string, path = '/crm/contacts'): Promise<Answer> =>
    latchkey.call('GET', path, { secret, headers: { 'x-forwarded-for': ip } });

  describe.each([
    [
      'POST keys',
      (list: Json) =>
        latchkey.ask('POST', `${account}/keys`, {
          secret: latchkey.operatorKey,
          body: { name: 'k', scopes: [], ipAllowlist: list },
        }),
      'ipAllowlist.',
    ],
    [
      "PUT the account's list",
      (list: Json) =>
        latchkey.ask('PUT', `${account}/ip-allowlist`, {
          secret: latchkey.operatorKey,
          body: list,
        }),
      '',
    ],
  ] as const)('%s', (_place, put, prefix) => {
    it.each(refused)('%s: %j is refused, and told why', async (_name, cidr, why) => {
      const before = await latchkey.manage('GET', `${account}/ip-allowlist`);
      const answer = await put({ mode: 'enforce', entries: [{ cidr: '192.0.2.1' }, { cidr }] });
      expect(answer.status).toBe(400);
      const detail = expectEnvelope(answer, {
        reason: 'VALIDATION_FAILED',
        category: 'VALIDATION_ERROR',
      });
      expect(detail.message).toMatch(why);
      expect(detail.context.field).toMatch(new RegExp(`^${prefix}.*entries\\.1\\.cidr$`));
      expect(await latchkey.manage('GET', `${account}/ip-allowlist`)).toEqual(before);
    });
  });

  it('#38 /0 is taken with "confirmAny": true', async () => {
    const list = {
      mode: 'enforce',
      entries: [{ cidr: '0.0.0.0/0' }, { cidr: '::/0', note: 'all of it' }],
      confirmAny: true,
    };
    const key = await crm.makeKey({ ipAllowlist: list });
    expect(key.ipAllowlist).toEqual({ mode: 'enforce', entries: list.entries });
  });

  it.each(matches)('#63 %s: %s against %s → %s', async (_name, ip, cidr, admitted) => {
    const key = await crm.makeKey({ ipAllowlist: enforce(cidr) });
    await rows.skip();
    const answer = await callFrom(ip, key.secret);
    const made = await rows.take(1);
    if (admitted) {
      expect([answer.status, made.length]).toEqual([200, 1]);
    } else {
      const detail = expectDenial(answer, 'IP_NOT_ALLOWED', made, { keyId: key.id });
      // The address that is told, logged and decided on is one.
      expect(detail).toMatchObject({ in: 'ip', context: { callerIp: made[0]?.['callerIp'] } });
      expect(answer.json.message).toContain(made[0]?.['callerIp']);
      expectNoSecret([key.secret], answer, made);
      expect(upstream.calls).toEqual([]);
    }
    const check = await latchkey.manage('POST', `${account}/keys/${key.id}/ip-allowlist/check`, {
      ip,
    });
    expect(check).toEqual({ allowed: admitted, matched: admitted ? cidr : null });
  });

  it('#44 an emptied list is not "no list": with enforce it admits nobody, at every door', async () => {
    const key = await crm.makeKey({
      scopes: ['contacts.read', 'latchkey.accounts.read'],
      ipAllowlist: enforce('127.0.0.1'),
    });
    const { secret } = key;
    const doors = [
      () => latchkey.call('GET', '/crm/contacts', { secret }),
      () => latchkey.call('GET', `/latchkey/v1/self?hapikey=${secret}`),
      () => latchkey.ask('GET', '/v1/accounts', { secret }),
    ];
    for (const send of doors) expect((await send()).status).toBe(200);
    await latchkey.manage('PUT', `${account}/keys/${key.id}/ip-allowlist`, {
      mode: 'enforce',
      entries: [],
    });
    await rows.skip();
    for (const send of doors) {
      expectDenial(await send(), 'IP_NOT_ALLOWED', await rows.take(1), {
        keyId: key.id,
        callerIp: '127.0.0.1',
      });
    }
    await latchkey.manage('PUT', `${account}/keys/${key.id}/ip-allowlist`, {
      mode: 'off',
      entries: [],
    });
    for (const send of doors) expect((await send()).status).toBe(200);
  });

  it("both lists must admit: the account's and the key's", async () => {
    const key = await crm.makeKey({ ipAllowlist: enforce('198.51.100.0/24') });
    await latchkey.manage(
      'PUT',
      `${account}/ip-allowlist`,
      enforce('198.51.100.0/25', '203.0.113.1'),
    );
    await rows.skip();
    const outcomes: Record<string, string | number> = {};
    for (const ip of ['198.51.100.1', '198.51.100.200', '203.0.113.1', '192.0.2.1']) {
      const answer = await callFrom(ip, key.secret);
      outcomes[ip] = answer.json.reason ?? answer.status;
      expect(await rows.take(1)).toMatchObject([
        { callerIp: ip, reason: answer.json.reason ?? null },
      ]);
    }
    await latchkey.manage('PUT', `${account}/ip-allowlist`, { mode: 'off', entries: [] });
    expect(outcomes).toEqual({
      '198.51.100.1': 200,
      '198.51.100.200': 'IP_NOT_ALLOWED',
      '203.0.113.1': 'IP_NOT_ALLOWED',
      '192.0.2.1': 'IP_NOT_ALLOWED',
    });
  });

  it('in report mode nobody is refused, and the row says who would have been', async () => {
    const entries = [{ cidr: '198.51.100.0/24' }];
    const key = await crm.makeKey({ ipAllowlist: { mode: 'report', entries } });
    await rows.skip();
    for (const [ip, wouldDeny] of [
      ['198.51.100.9', null],
      ['192.0.2.9', 'IP_NOT_ALLOWED'],
    ] as const) {
      for (const path of ['/crm/contacts', '/latchkey/v1/self']) {
        expect((await callFrom(ip, key.secret, path)).status).toBe(200);
        const made = await rows.take(1);
        expect(made).toHaveLength(1);
        expect(made[0]).toMatchObject({
          callerIp: ip,
          decision: 'allowed',
          reason: null,
          wouldDeny,
          keyId: key.id,
        });
      }
    }
    // A call that is denied for something else is told of that.
    const denied = await callFrom('192.0.2.9', key.secret, '/crm/orders');
    expectDenial(denied, 'SCOPE_MISSING', await rows.take(1), { callerIp: '192.0.2.9' });
  });

  it.each([
    ['10.0.0.1/8', /TRUSTED_PROXIES.*10\.0\.0\.0\/8/],
    ['010.0.0.1', /TRUSTED_PROXIES is "010\.0\.0\.1"/],
    ['127.0.0.1,0.0.0.0/0', /TRUSTED_PROXIES is "0\.0\.0\.0\/0"/],
    ['10.0.0.0/8, proxy.local', /TRUSTED_PROXIES is "proxy\.local"/],
  ])('#35 TRUSTED_PROXIES takes the same grammar: %s stops the start', (text, why) => {
    expect(() => readSettings({ TRUSTED_PROXIES: text })).toThrow(why);
  });
});
