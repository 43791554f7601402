import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publishCrm } from '../support/crm.js';
import { expectDenial, expectNoSecret } from '../support/denials.js';
import { doorNames, openDoors, type DoorName, type OpenDoor } from '../support/doors.js';
import { startTestLatchkey, type CallRow, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { countQueries, type QueryCounter } from '../support/query-counter.js';
import type { HeaderLine } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

interface CredentialCase {
  readonly name: string;
  readonly query?: (secret: string) => string;
  readonly headers?: (secret: string) => HeaderLine[];
  readonly body?: (secret: string) => string;
  readonly reason: 'CREDENTIALS_MISSING' | 'CREDENTIALS_MALFORMED' | 'KEY_UNKNOWN' | 'PATH_INVALID';
  /** What `engagement` says where it does not say "absent". */
  readonly engagement?: Record<string, string>;
  /** Whether the row still names the key: a genuine secret was among what came. */
  readonly known?: true;
  /** What the row says otherwise than the rows of the door's guarded route. */
  readonly row?: (door: OpenDoor) => CallRow;
}

const absent = {
  hapikey: 'not engaged: hapikey is not in the query',
  'oauth-token': 'not engaged: there is no Authorization header',
  'x-access-token': 'not engaged: there is no X-Access-Token header',
};
const twiceInQuery = {
  hapikey: 'malformed: hapikey is present more than once; send it exactly once',
};
const twiceInHeaders = {
  'oauth-token': 'malformed: Authorization is present more than once; send it exactly once',
};
const twiceAsToken = {
  'x-access-token': 'malformed: X-Access-Token is present more than once; send it exactly once',
};
const emptyHapikey = { hapikey: 'not engaged: hapikey is present in the query but empty' };
const noToken = {
  'oauth-token': 'malformed: the Authorization header says Bearer but no token follows',
};
const list = {
  'oauth-token': 'malformed: the Authorization header holds a list; send one credential',
};
const otherScheme = {
  'oauth-token': 'not engaged: the Authorization header is present but its scheme is not Bearer',
};
const badBearer = {
  'oauth-token':
    'malformed: the Authorization header must be "Bearer", one or more spaces, and one token without spaces or tabs',
};

const bearer = (value: string): HeaderLine => ['Authorization', value];
const token = (value: string): HeaderLine => ['X-Access-Token', value];
const basic = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
const form: HeaderLine = ['Content-Type', 'application/x-www-form-urlencoded'];

/** A target that cannot be read leads to no route of Latchkey's own on the access listener. */
const unreadable = ({ name }: OpenDoor): CallRow => ({
  door: name === 'management' ? name : 'gateway',
});

const missing = 'CREDENTIALS_MISSING';
const malformed = 'CREDENTIALS_MALFORMED';
const unknown = 'KEY_UNKNOWN';

const refused: CredentialCase[] = [
  { name: '#1 none', reason: missing },
  { name: '#2 hapikey twice, different', query: (k) => `hapikey=${k}&hapikey=x`, reason: malformed, engagement: twiceInQuery, known: true },
  { name: '#2 hapikey twice, equal', query: (k) => `hapikey=${k}&hapikey=${k}`, reason: malformed, engagement: twiceInQuery, known: true },
  { name: '#2 hapikey twice, once encoded', query: (k) => `hapikey=${k}&hapike%79=${k}`, reason: malformed, engagement: twiceInQuery, known: true },
  { name: '#2 hapikey twice, once empty', query: (k) => `hapikey=&a=1&hapikey=${k}`, reason: malformed, engagement: twiceInQuery, known: true },
  { name: '#3 hapikey[]=', query: (k) => `hapikey[]=${k}`, reason: missing },
  { name: '#3 hapikey[x]=', query: (k) => `hapikey[x]=${k}`, reason: missing },
  { name: '#3 hapikey%5B%5D=', query: (k) => `hapikey%5B%5D=${k}`, reason: missing },
  { name: '#4 hapikey=', query: () => 'hapikey=', reason: missing, engagement: emptyHapikey },
  { name: '#4 bare hapikey', query: () => 'a=1&hapikey&b=2', reason: missing, engagement: emptyHapikey },
  { name: '#4 an empty Authorization', headers: () => [bearer('')], reason: missing, engagement: { 'oauth-token': 'not engaged: the Authorization header is present but empty' } },
  { name: '#4 an empty X-Access-Token', headers: () => [token('')], reason: missing, engagement: { 'x-access-token': 'not engaged: the X-Access-Token header is present but empty' } },
  { name: '#5 hapikey and bearer, equal', query: (k) => `hapikey=${k}`, headers: (k) => [bearer(`Bearer ${k}`)], reason: malformed, engagement: { hapikey: 'engaged', 'oauth-token': 'engaged' }, known: true },
  { name: '#5 hapikey and X-Access-Token', query: () => 'hapikey=x', headers: (k) => [token(k)], reason: malformed, engagement: { hapikey: 'engaged', 'x-access-token': 'engaged' }, known: true },
  { name: '#5 bearer and X-Access-Token', headers: (k) => [bearer(`Bearer ${k}`), token(k)], reason: malformed, engagement: { 'oauth-token': 'engaged', 'x-access-token': 'engaged' }, known: true },
  { name: '#7 Bearer<tab>token', headers: (k) => [bearer(`Bearer\t${k}`)], reason: malformed, engagement: badBearer, known: true },
  { name: '#7 Bearer and two tokens', headers: (k) => [bearer(`Bearer ${k} ${k}`)], reason: malformed, engagement: badBearer },
  { name: '#8 Bearer alone', headers: () => [bearer('Bearer')], reason: malformed, engagement: noToken },
  { name: '#8 Bearer and spaces', headers: () => [bearer('Bearer   ')], reason: malformed, engagement: noToken },
  { name: '#9 two Authorization headers', headers: (k) => [bearer(`Bearer ${k}`), bearer('Bearer other')], reason: malformed, engagement: twiceInHeaders, known: true },
  { name: '#9 two Authorization headers, the first Basic', headers: (k) => [bearer(basic), ['authorization', `Bearer ${k}`]], reason: malformed, engagement: twiceInHeaders, known: true },
  { name: '#9 two Authorization headers, equal', headers: (k) => [bearer(`Bearer ${k}`), bearer(`Bearer ${k}`)], reason: malformed, engagement: twiceInHeaders, known: true },
  { name: '#9 Bearer A, Bearer B', headers: (k) => [bearer(`Bearer ${k}, Bearer other`)], reason: malformed, engagement: list, known: true },
  { name: '#9 Basic, Bearer', headers: (k) => [bearer(`${basic}, Bearer ${k}`)], reason: malformed, engagement: list, known: true },
  { name: '#9 two X-Access-Token headers', headers: (k) => [token(k), ['x-access-token', 'other']], reason: malformed, engagement: twiceAsToken, known: true },
  { name: '#9 a list in X-Access-Token', headers: (k) => [token(`${k},other`)], reason: malformed, engagement: { 'x-access-token': 'malformed: the X-Access-Token header holds a list; send one credential' }, known: true },
  { name: '#10 Basic only', headers: () => [bearer(basic)], reason: missing, engagement: otherScheme },
  { name: '#10 a bare secret without a scheme', headers: (k) => [bearer(k)], reason: missing, engagement: otherScheme },
  { name: '#11 a 9 KB token', headers: () => [bearer(`Bearer lk_prod_${'a'.repeat(9_000)}`)], reason: unknown },
  { name: '#11 a 9 KB hapikey', query: () => `hapikey=${'a'.repeat(9_000)}`, reason: unknown },
  { name: '#12 non-ASCII bytes in a token', headers: (k) => [bearer(`Bearer ${k}é`)], reason: unknown },
  { name: '#12 %00 behind a genuine secret', query: (k) => `hapikey=${k}%00`, reason: unknown },
  { name: '#12 full-width letters', query: (k) => `hapikey=%EF%BD%8C${k.slice(1)}`, reason: unknown },
  { name: '#14 a+b', query: () => 'hapikey=a+b', reason: unknown },
  { name: '#14 %FF', query: () => 'hapikey=%FF', reason: unknown },
  { name: '#14 %C0%80', query: () => 'hapikey=%C0%80', reason: unknown },
  { name: '#14 a lone %', query: (k) => `hapikey=${k}%`, reason: unknown },
  { name: '#15 # before the query', query: (k) => `#?hapikey=${k}`, reason: 'PATH_INVALID', known: true, row: (door) => ({ ...unreadable(door), path: `${door.path}#` }) },
  { name: '#15 # behind the query', query: (k) => `hapikey=${k}#top`, reason: 'PATH_INVALID', row: (door) => unreadable(door) },
  { name: '#16 hapikey in a cookie', headers: (k) => [['Cookie', `hapikey=${k}`]], reason: missing },
  { name: '#16 hapikey in the body', headers: () => [form], body: (k) => `hapikey=${k}`, reason: missing },
  { name: '#17 HAPIKEY=', query: (k) => `HAPIKEY=${k}`, reason: missing },
  { name: '#17 HapiKey=', query: (k) => `HapiKey=${k}`, reason: missing },
  { name: '#19 __proto__ as header and parameter', query: (k) => `__proto__[hapikey]=${k}&__proto__=${k}&constructor.hapikey=${k}`, headers: (k) => [['__proto__', k], ['constructor', k]], reason: missing },
]; // prettier-ignore

const accepted: Omit<CredentialCase, 'reason'>[] = [
  { name: '#6 bearer', headers: (k) => [bearer(`bearer ${k}`)] },
  { name: '#6 BEARER', headers: (k) => [bearer(`BEARER ${k}`)] },
  { name: '#7 two spaces', headers: (k) => [bearer(`Bearer  ${k}`)] },
  {
    name: '#10 Basic beside hapikey',
    query: (k) => `hapikey=${k}`,
    headers: () => [bearer(basic)],
  },
  { name: '#13 hap%69key=', query: (k) => `hap%69key=${k}` },
  { name: '#13 a percent-encoded value', query: (k) => `hapikey=${k.replace('_', '%5F')}` },
  { name: 'X-Access-Token in any case', headers: (k) => [['x-ACCESS-token', k]] },
  {
    name: '#19 __proto__ as a header beside a credential',
    query: (k) => `hapikey=${k}`,
    headers: () => [
      ['__proto__', '1'],
      ['constructor', '1'],
    ],
  },
];

describe.each(doorNames.map((name) => [name]))('credentials at the %s door', (name: DoorName) => {
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let door: OpenDoor;
  let rows: NewRows;
  let queries: QueryCounter;

  beforeAll(async () => {
    upstream = await startUpstream();
    latchkey = await startTestLatchkey();
    door = (await openDoors(latchkey, await publishCrm(latchkey, upstream.url)))[name];
    rows = new NewRows(latchkey);
    queries = countQueries(latchkey);
    await rows.skip();
  });

  afterAll(async () => {
    await latchkey.remove();
    await upstream.close();
  });

  const send = ({ query, headers, body }: Omit<CredentialCase, 'reason'>) => {
    const text = query?.(door.secret) ?? '';
    return door.send(text === '' || text.startsWith('#') ? text : `?${text}`, {
      ...(headers && { headers: headers(door.secret) }),
      ...(body && { body: body(door.secret) }),
    });
  };

  it.each(refused.map((each) => [each.name, each] as const))(
    '%s → refused',
    async (_name, each) => {
      upstream.calls.length = 0;
      queries.take();
      const answer = await send(each);
      const asked = queries.take();
      const made = await rows.take(1);
      expectDenial(answer, each.reason, made, {
        ...door.row,
        ...each.row?.(door),
        keyId: each.known ? door.keyId : null,
        credential:
          each.reason === unknown || each.reason === 'PATH_INVALID' ? expect.any(String) : 'none',
      });
      if (answer.json.engagement !== undefined) {
        expect(answer.json.engagement).toEqual({ ...absent, ...each.engagement });
      }
      // What cannot be a secret of ours is never looked up.
      if (!each.known) expect(asked).toEqual([]);
      expectNoSecret([door.secret], answer, made);
      expect(upstream.calls).toEqual([]);
    },
  );

  it.each(accepted.map((each) => [each.name, each] as const))(
    '%s → accepted',
    async (_name, each) => {
      upstream.calls.length = 0;
      const answer = await send(each);
      expect(answer.status).toBe(200);
      const made = await rows.take(1);
      expect(made).toHaveLength(1);
      expect(made[0]).toMatchObject({
        ...door.row,
        keyId: door.keyId,
        decision: 'allowed',
        status: 200,
        reason: null,
      });
      expectNoSecret([door.secret], answer, made);
      expect(JSON.stringify(upstream.calls)).not.toContain(door.secret);
    },
  );

  it('#19 __proto__ as a parameter beside a credential is a parameter like any other', async () => {
    const answer = await send({ name: '', query: (k) => `__proto__=1&constructor=1&hapikey=${k}` });
    const made = await rows.take(1);
    // Unknown parameters are refused by the management API, and nobody's business elsewhere.
    expect([answer.status, answer.json.reason]).toEqual(
      name === 'management' ? [400, 'VALIDATION_FAILED'] : [200, undefined],
    );
    expect(made).toHaveLength(1);
    expect(made[0]).toMatchObject({ ...door.row, keyId: door.keyId, decision: 'allowed' });
    expectNoSecret([door.secret], answer, made);
  });
});
