import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EvenRace } from '../support/even-race.js';
import type { Answer, Json, TestLatchkey } from '../support/latchkey.js';
import { changesBetween } from '../support/table-changes.js';
import { mainTables } from '../support/main-tables.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { describeOnEachDatabase } from '../support/store.js';

const rounds = 200;

type AskOf = (node: TestLatchkey) => Promise<Answer>;

interface Tagged {
  /** @returns the path of something new that has an ETag */
  readonly prepare: (latchkey: TestLatchkey, account: string) => Promise<string>;
  readonly method: string;
  /** Another body each time, so that each is a change. */
  readonly body: (n: number) => Json;
}

const renaming = { method: 'PATCH', body: (n: number) => ({ name: `Name ${n}` }) };
const listing = {
  method: 'PUT',
  body: (n: number) => ({ mode: 'report', entries: [{ cidr: `192.0.${n >> 8}.${n & 255}` }] }),
};
const routing = {
  method: 'PUT',
  body: (n: number) => ({ routes: [{ method: 'GET', path: `/contacts/${n}`, scopeSets: [] }] }),
};

async function newKey(latchkey: TestLatchkey, account: string): Promise<string> {
  const key = await latchkey.manage('POST', `${account}/keys`, { name: 'Vendor', scopes: [] });
  return `${account}/keys/${key.id}`;
}

async function newAccount(latchkey: TestLatchkey): Promise<string> {
  return `/v1/accounts/${(await latchkey.manage('POST', '/v1/accounts', { name: 'A' })).id}`;
}

async function newService(latchkey: TestLatchkey): Promise<string> {
  const settings = { upstream: 'http://127.0.0.1:1', mount: '/routed' };
  await latchkey.manage('PUT', '/v1/services/routed', settings);
  return '/v1/services/routed/routes';
}

const taggedObjects: [what: string, tagged: Tagged][] = [
  ['a key', { ...renaming, prepare: newKey }],
  ['a key’s allowlist', { ...listing, prepare: async (...at) => `${await newKey(...at)}/ip-allowlist` }],
  ['an account', { ...renaming, prepare: newAccount }],
  ['an account’s allowlist', { ...listing, prepare: async (node) => `${await newAccount(node)}/ip-allowlist` }],
  ['the routes of a service', { ...routing, prepare: newService }],
]; // prettier-ignore

describeOnEachDatabase(`two changes at once, in ${rounds} rounds`, (kind) => {
  let nodes: Nodes;
  let account: string;

  beforeAll(async () => {
    nodes = await startNodes(kind);
    const { id } = await nodes.one.manage('POST', '/v1/accounts', { name: 'Rolling Donut Ltd' });
    account = `/v1/accounts/${id}`;
  });

  afterAll(() => nodes?.remove());

  const makeKey = (): Promise<Json> =>
    nodes.one.manage('POST', `${account}/keys`, { name: 'Vendor', scopes: [] });

  const tagOf = async (path: string): Promise<string> => {
    const answer = await nodes.one.ask('GET', path, { secret: nodes.one.operatorKey });
    return answer.headers.get('etag') as string;
  };

  const ask = (node: TestLatchkey, method: string, path: string, body?: Json, ifMatch?: string) =>
    node.ask(method, path, {
      ...{ secret: node.operatorKey, body },
      ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
    });

  /** Races the two, by two nodes where there are, and expects exactly one to be made, now this and now that. */
  async function inRounds(
    prepare: (round: number) => Promise<[first: AskOf, second: AskOf]>,
    check: (won: Answer, lost: Answer) => Promise<void>,
  ): Promise<void> {
    const race = new EvenRace();
    let firstWon = 0;
    for (let round = 0; round < rounds; round += 1) {
      const [first, second] = await prepare(round);
      const isMade = ({ status }: Answer): boolean => status < 300;
      const answers = await race.run(
        () => first(nodes.one),
        () => second(nodes.other),
        ([answer]) => isMade(answer),
      );
      const made = answers.filter(isMade);
      expect([answers.map(({ status }) => status), made.length]).toEqual([expect.anything(), 1]);
      const [won, lost] = (isMade(answers[0]) ? answers : answers.toReversed()) as [Answer, Answer];
      if (won === answers[0]) firstWon += 1;
      await check(won, lost);
    }
    // Each was first often enough for this to have been a race.
    expect(firstWon).toBeGreaterThan(rounds / 10);
    expect(firstWon).toBeLessThan(rounds - rounds / 10);
  }

  it('#99 whoever loses leaves nothing behind: one number, one event, one row more per race', async () => {
    const { id } = await makeKey();
    const path = `${account}/keys/${id}`;
    const words = new Map([[id, 'key']]);
    for (let round = 0; round < 20; round += 1) {
      const tag = await tagOf(path);
      const before = await mainTables(nodes.one);
      await Promise.all(
        [nodes.one, nodes.other].map((node, n) =>
          ask(node, 'PATCH', path, { name: `Name ${round} ${n}` }, tag),
        ),
      );
      expect(changesBetween(before, await mainTables(nodes.one), words)).toEqual([
        '+ access_change key key',
        '+ audit_event key.changed key',
        '~ access_revision: revision',
        '~ api_key key production: name, revision',
        '~ audit_head: digest, seq',
      ]);
    }
  }, 60_000);

  it('#46 of two rotations one is 201, the other 409 with the id of the one that is open', async () => {
    let key: Json;
    const open: AskOf = (node) =>
      ask(node, 'POST', `${account}/keys/${key.id}/rotations`, { graceSeconds: 3600 });
    const prepare = async (): Promise<[AskOf, AskOf]> => {
      key = await makeKey();
      return [open, open];
    };
    await inRounds(prepare, async (won, lost) => {
      expect([won.status, lost.status]).toEqual([201, 409]);
      expect(lost.json.errors).toMatchObject([
        { code: 'ROTATION_OPEN', context: { rotationId: won.json.id } },
      ]);
      expect(lost.text).not.toContain(won.json.secret);
      const { secrets, openRotation } = await nodes.one.manage('GET', `${account}/keys/${key.id}`);
      expect(secrets.map(({ state }: Json) => state)).toEqual(['retiring', 'current']);
      expect(openRotation.id).toBe(won.json.id);
      for (const secret of [key.secret, won.json.secret]) {
        const self = await nodes.one.call('GET', '/latchkey/v1/self', { secret });
        expect(self.status).toBe(200);
      }
    });
  }, 240_000);

  describe.each(taggedObjects)('#99 with one ETag, of %s', (_what, { prepare, method, body }) => {
    it('one is made, and the other is 412 and has written nothing', async () => {
      const path = await prepare(nodes.one, account);
      await inRounds(
        async (round) => {
          const tag = await tagOf(path);
          const change =
            (n: number): AskOf =>
            (node) =>
              ask(node, method, path, body(2 * round + n), tag);
          return [change(1), change(2)];
        },
        async (won, lost) => {
          expect([won.status, lost.status, lost.json.reason]).toEqual([
            ...[200, 412, 'PRECONDITION_FAILED'],
          ]);
          const after = await nodes.one.ask('GET', path, { secret: nodes.one.operatorKey });
          expect([after.headers.get('etag'), after.json]).toEqual([
            won.headers.get('etag'),
            won.json,
          ]);
        },
      );
    }, 240_000);
  });

  it('#99 of a binding: a change and its removal with one ETag', async () => {
    const settings = { upstream: 'http://127.0.0.1:1', mount: '/bound' };
    await nodes.one.manage('PUT', '/v1/services/bound', settings);
    const path = `${account}/services/bound`;
    await inRounds(
      async (round) => {
        const made = await ask(nodes.one, 'PUT', path, {});
        const tag = made.headers.get('etag') as string;
        const upstream = `http://127.0.0.1:${round + 2}`;
        return [
          (node) => ask(node, 'PUT', path, { upstream }, tag),
          (node) => ask(node, 'DELETE', path, undefined, tag),
        ];
      },
      async (won, lost) => {
        const { results } = await nodes.one.manage('GET', path);
        // Who is late finds another tag, or nothing that has one.
        if (won.status === 204) expect([lost.status, results]).toEqual([412, []]);
        else expect([lost.status, results]).toEqual([412, [won.json]]);
      },
    );
  }, 240_000);
});
