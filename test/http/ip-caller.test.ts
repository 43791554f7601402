import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { publishCrm } from '../support/crm.js';
import { expectDenial, expectNoSecret } from '../support/denials.js';
import { doorNames, openDoors, type DoorName, type OpenDoor } from '../support/doors.js';
import { startTestLatchkey, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { sendRaw, type HeaderLine } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const forwardedFor = (value: string): HeaderLine => ['X-Forwarded-For', value];

interface CallerCase {
  readonly name: string;
  readonly lines: HeaderLine[];
  /** Who is calling, or `null` for CALLER_UNDETERMINED. */
  readonly caller: string | null;
}

/** From 127.0.0.1, where 127.0.0.1, 10.0.0.0/8 and fd00::/8 are trusted proxies. */
const behindProxies: CallerCase[] = [
  { name: '#40 no header: the peer', lines: [], caller: '127.0.0.1' },
  { name: '#40 a port is taken off', lines: [forwardedFor('1.1.1.1:99')], caller: '1.1.1.1' },
  { name: '#40 a bracketed port is taken off', lines: [forwardedFor('[2001:db8::1]:443')], caller: '2001:db8::1' },
  { name: '#40 brackets are taken off', lines: [forwardedFor('[::1]')], caller: '::1' },
  { name: '#40 IPv6 in its one spelling', lines: [forwardedFor('2001:0DB8:0:0:0:0:0:1')], caller: '2001:db8::1' },
  { name: '#40 spaces and tabs around', lines: [forwardedFor('  9.9.9.9 ,\t10.0.0.2\t')], caller: '9.9.9.9' },
  { name: '#40 several lines are joined', lines: [forwardedFor('6.6.6.6'), ['x-forwarded-for', '1.1.1.1, 10.0.0.2'], ['X-FORWARDED-FOR', '10.0.0.3']], caller: '1.1.1.1' },
  { name: '#40 all trusted: the leftmost', lines: [forwardedFor('10.0.0.9, 10.0.0.2'), forwardedFor('127.0.0.1')], caller: '10.0.0.9' },
  { name: '#40 unknown', lines: [forwardedFor('unknown')], caller: null },
  { name: '#40 an obfuscated identifier', lines: [forwardedFor('_hid')], caller: null },
  { name: '#40 full-width digits', lines: [forwardedFor('\u00ef\u00bc\u0091.1.1.1')], caller: null },
  { name: '#40 an empty entry', lines: [forwardedFor('')], caller: null },
  { name: '#40 an empty last entry', lines: [forwardedFor('1.1.1.1,')], caller: null },
  { name: '#40 an empty entry before the caller is reached', lines: [forwardedFor('1.1.1.1,,10.0.0.2')], caller: null },
  { name: '#40 an empty line after a good one', lines: [forwardedFor('1.1.1.1'), forwardedFor('')], caller: null },
  { name: '#40 garbage before the caller is reached', lines: [forwardedFor('1.1.1.1, wat, 10.0.0.2')], caller: null },
  { name: '#40 garbage left of the caller', lines: [forwardedFor('wat, , 1.1.1.1, 10.0.0.2')], caller: '1.1.1.1' },
  { name: '#40 a name', lines: [forwardedFor('localhost')], caller: null },
  { name: '#40 a port without an end', lines: [forwardedFor('1.1.1.1:')], caller: null },
  { name: '#40 quotes', lines: [forwardedFor('"1.1.1.1"')], caller: null },
  { name: '#35 octal', lines: [forwardedFor('010.0.0.1')], caller: null },
  { name: '#35 hexadecimal', lines: [forwardedFor('0x0a.0.0.1')], caller: null },
  { name: '#35 a short form', lines: [forwardedFor('10.1')], caller: null },
  { name: '#35 one number', lines: [forwardedFor('167772161')], caller: null },
  { name: '#39 a zone', lines: [forwardedFor('fe80::1%eth0')], caller: null },
  { name: '#42 a forged entry left of what a proxy added', lines: [forwardedFor('6.6.6.6, 1.1.1.1, 10.0.0.2')], caller: '1.1.1.1' },
  { name: '#34 IPv4-mapped IPv6 is IPv4', lines: [forwardedFor('::ffff:9.9.9.9')], caller: '9.9.9.9' },
  { name: '#34 also in hexadecimal', lines: [forwardedFor('::FFFF:909:909')], caller: '9.9.9.9' },
  { name: '#34 a mapped proxy is a trusted proxy', lines: [forwardedFor('8.8.8.8, ::ffff:10.1.2.3, fd00::1')], caller: '8.8.8.8' },
  { name: '#43 Forwarded', lines: [['Forwarded', 'for=6.6.6.6']], caller: '127.0.0.1' },
  { name: '#43 X-Real-IP', lines: [['X-Real-IP', '6.6.6.6']], caller: '127.0.0.1' },
  { name: '#43 X_Forwarded_For', lines: [['X_Forwarded_For', '6.6.6.6']], caller: '127.0.0.1' },
  { name: '#43 others of the kind', lines: [['X-Client-IP', '6.6.6.6'], ['True-Client-IP', '6.6.6.6'], ['CF-Connecting-IP', '6.6.6.6'], ['X-Cluster-Client-IP', '6.6.6.6']], caller: '127.0.0.1' },
]; // prettier-ignore

const trusted = '127.0.0.1, 10.0.0.0/8,fd00::/8';

describe.each(doorNames.map((name) => [name]))(
  'who is the caller, at the %s door',
  (name: DoorName) => {
    let latchkey: TestLatchkey;
    let upstream: RecordingUpstream;
    let door: OpenDoor;
    let rows: NewRows;

    beforeAll(async () => {
      upstream = await startUpstream();
      latchkey = await startTestLatchkey({ TRUSTED_PROXIES: trusted });
      door = (await openDoors(latchkey, await publishCrm(latchkey, upstream.url)))[name];
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

    const bearer = (): HeaderLine => ['Authorization', `Bearer ${door.secret}`];

    it.each(behindProxies.map((each) => [each.name, each.caller, each] as const))(
      '%s → %s; #63 what was decided on is what is logged',
      async (_name, caller, { lines }) => {
        const answer = await door.send('', { headers: [bearer(), ...lines] });
        const made = await rows.take(1);
        const row = { ...door.row, keyId: door.keyId, callerIp: caller, peerIp: '127.0.0.1' };
        if (caller === null) {
          expectDenial(answer, 'CALLER_UNDETERMINED', made, row);
          expect(upstream.calls).toEqual([]);
        } else {
          expect(answer.status).toBe(200);
          expect(made).toHaveLength(1);
          expect(made[0]).toMatchObject(row);
        }
        expectNoSecret([door.secret], answer, made);
      },
    );

    it('#40 an undetermined caller is told so before anything else is looked at', async () => {
      const garbage = forwardedFor('unknown');
      expectDenial(
        await door.send('', { headers: [garbage] }),
        'CALLER_UNDETERMINED',
        await rows.take(1),
        { keyId: null, callerIp: null },
      );
      const twice = { headers: [garbage, bearer(), bearer()] };
      expectDenial(
        await door.send('//../?hapikey=a', twice),
        'CALLER_UNDETERMINED',
        await rows.take(1),
        { callerIp: null },
      );
    });

    it('#41 X-Forwarded-For of an untrusted peer is ignored, also if it is garbage', async () => {
      for (const value of ['6.6.6.6', '127.0.0.1', 'unknown', '10.0.0.1, 10.0.0.2']) {
        const answer = await door.send('', {
          headers: [bearer(), forwardedFor(value)],
          from: '127.0.0.7',
        });
        expect(answer.status).toBe(200);
        expect(await rows.take(1)).toMatchObject([
          { callerIp: '127.0.0.7', peerIp: '127.0.0.7', forwardedFor: value },
        ]);
      }
    });
  },
);

describe('#34 a peer that comes as IPv4-mapped IPv6', () => {
  it('is the IPv4 address: for the allowlist, for trusted proxies and in the log', async () => {
    const latchkey = await startTestLatchkey({ ACCESS_HOST: '::', TRUSTED_PROXIES: '127.0.0.9' });
    const upstream = await startUpstream();
    try {
      const crm = await publishCrm(latchkey, upstream.url);
      const entries = [{ cidr: '127.0.0.0/8' }, { cidr: '9.9.9.9' }];
      const { secret } = await crm.makeKey({ ipAllowlist: { mode: 'enforce', entries } });
      const rows = new NewRows(latchkey);
      await rows.skip();
      const { port } = new URL(latchkey.accessUrl);
      const ask = (host: string, from: string) =>
        sendRaw(`http://${host}:${port}`, {
          target: `/crm/contacts?hapikey=${secret}`,
          headers: [forwardedFor('9.9.9.9')],
          from,
        });
      expect((await ask('127.0.0.1', '127.0.0.5')).status).toBe(200);
      expect(await rows.take(1)).toMatchObject([{ callerIp: '127.0.0.5', peerIp: '127.0.0.5' }]);
      expect((await ask('127.0.0.1', '127.0.0.9')).status).toBe(200);
      expect(await rows.take(1)).toMatchObject([{ callerIp: '9.9.9.9', peerIp: '127.0.0.9' }]);
      // IPv4 rules match IPv4 only.
      expectDenial(await ask('[::1]', '::1'), 'IP_NOT_ALLOWED', await rows.take(1), {
        callerIp: '::1',
        peerIp: '::1',
      });
    } finally {
      await latchkey.remove();
      await upstream.close();
    }
  });
});
