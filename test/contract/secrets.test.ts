import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { craftSecret } from '../support/crafted-secrets.js';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectDenial } from '../support/denials.js';
import { doorNames, openDoors, type DoorName, type OpenDoor } from '../support/doors.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import type { HeaderLine, RawAnswer } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

let latchkey: TestLatchkey;
let upstream: RecordingUpstream;
let crm: Crm;
let doors: Record<DoorName, OpenDoor>;
let rows: NewRows;

beforeAll(async () => {
  upstream = await startUpstream();
  latchkey = await startTestLatchkey();
  crm = await publishCrm(latchkey, upstream.url);
  doors = await openDoors(latchkey, crm);
  rows = new NewRows(latchkey);
});

afterAll(async () => {
  await latchkey.remove();
  await upstream.close();
});

describe('§2 the secrets that are given out', () => {
  it.each([
    ['production', 'prod'],
    ['staging', 'stg'],
    ['qa', 'qa'],
    ['development', 'dev'],
  ])(
    'of %s are <prefix>_%s_, 32 random characters and their CRC-32',
    async (environment, short) => {
      const head = `lk_${short}`;
      const key = await crm.makeKey({ environment });
      const at = `/v1/accounts/${crm.accountId}/keys/${key.id}`;
      const reissued = await latchkey.manage('POST', `${at}/reissue`);
      const rotation = await latchkey.manage('POST', `${at}/rotations`, { graceSeconds: 60 });
      const again = await latchkey.manage('POST', `${at}/rotations/${rotation.id}/reissue`);
      const secrets: string[] = [key, reissued, rotation, again].map(({ secret }) => secret);
      for (const secret of secrets) {
        const random = secret.slice(head.length + 1, -6);
        expect(random).toMatch(/^[0-9A-Za-z]{32}$/);
        expect(secret).toBe(craftSecret(head, random));
      }
      expect(new Set(secrets).size).toBe(4);
      // In their order of making; each is shown as its first characters alone.
      const { secrets: shown } = await latchkey.manage('GET', at);
      expect(shown.map(({ start }: Json) => start)).toEqual(
        secrets.map((secret) => secret.slice(0, head.length + 5)),
      );
    },
  );
});

describe('§2 the three ways to carry a secret', () => {
  const ways: [string, (secret: string) => [query: string, headers: HeaderLine[]]][] = [
    ['hapikey', (secret) => [`?hapikey=${secret}`, []]],
    ['bearer', (secret) => ['', [['Authorization', `Bearer ${secret}`]]]],
    ['access_token', (secret) => ['', [['X-Access-Token', secret]]]],
  ];
  it.each(ways)('%s opens every door', async (credential, carry) => {
    for (const door of Object.values(doors)) {
      const [query, headers] = carry(door.secret);
      await rows.skip();
      expect((await door.send(query, { headers })).status).toBe(200);
      expect(await rows.take(1)).toMatchObject([{ ...door.row, credential, keyId: door.keyId }]);
    }
  });
});

describe('§3 whoever holds no genuine secret', () => {
  const random = 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6';
  const strangers: [string, (genuine: string) => string][] = [
    ['a secret that was never given out', () => craftSecret('lk_prod', random)],
    ['one of another environment', () => craftSecret('lk_qa', random)],
    ['one of another kind', () => craftSecret('lkp_prod', random)],
    ['one of another installation', () => craftSecret('acme_prod', random)],
    ['a genuine one but for its last character', (genuine) => `${genuine.slice(0, -1)}-`],
    ['the beginning of a genuine one', (genuine) => genuine.slice(0, -1)],
    ['a genuine one and more', (genuine) => `${genuine}0`],
    ['what looks like a legacy secret', () => 'c0ffee00-1234-5678-9abc-def012345678'],
    ['one character', () => 'x'],
    ['4,000 characters', () => 'x'.repeat(4000)],
    ['letters beyond ASCII', () => 'clé'],
  ];

  /** All of an answer but what is of its one moment. */
  function lasting({ status, headers, json }: RawAnswer) {
    const { correlationId: _ofThisCall, ...body } = json;
    const { date: _now, 'x-correlation-id': _its, ...others } = Object.fromEntries(headers);
    return { status, headers: others, body };
  }

  it.each(doorNames)('is told KEY_UNKNOWN, always the same (%s)', async (name) => {
    const door = doors[name];
    const answers: Json[] = [];
    for (const [what, make] of strangers) {
      await rows.skip();
      const headers: HeaderLine[] = [['X-Access-Token', make(door.secret)]];
      const answer = await door.send('', { headers });
      expectDenial(answer, 'KEY_UNKNOWN', await rows.take(1), { ...door.row, keyId: null });
      answers.push([what, lasting(answer)]);
    }
    expect(answers).toEqual(strangers.map(([what]) => [what, answers[0][1]]));
  });
});
