import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { EvenRace } from '../support/even-race.js';
import {
  startTestLatchkey,
  type Answer,
  type Json,
  type TestLatchkey,
} from '../support/latchkey.js';
import { describeWithPostgres, makePostgres, type TestPostgres } from '../support/postgres.js';

const rounds = 200;

describeWithPostgres('#49 one Idempotency-Key on two nodes', () => {
  let postgres: TestPostgres;
  const nodes: TestLatchkey[] = [];
  let keys: string;

  beforeAll(async () => {
    postgres = await makePostgres();
    const key = randomBytes(32).toString('base64url');
    const settings = {
      ...{ DATABASE_URL: postgres.url, KEY_PEPPER: key, SEALING_KEY: key },
      OPERATOR_KEY: randomBytes(32).toString('base64url'),
    };
    for (let i = 0; i < 2; i += 1) nodes.push(await startTestLatchkey(settings));
    const account = await nodes[0]?.manage('POST', '/v1/accounts', { name: 'Rolling Donut' });
    keys = `/v1/accounts/${account.id}/keys`;
  });

  afterAll(async () => {
    for (const node of nodes) await node.remove();
    await postgres.drop();
  });

  it(`one is 201 with the secret, the other its replay, ${rounds} times`, async () => {
    const [one, other] = nodes as [TestLatchkey, TestLatchkey];
    const race = new EvenRace();
    const isFirst = ({ json }: Answer): boolean => json.secret !== undefined;
    const makeOnBoth = async (path: string, body: Json, round: number): Promise<string> => {
      const headers = { 'idempotency-key': `round-${round}` };
      const post = (node: TestLatchkey): Promise<Answer> =>
        node.ask('POST', path, { secret: node.operatorKey, body, headers });
      const answers = await race.run(
        () => post(one),
        () => post(other),
        ([answer]) => isFirst(answer),
      );
      expect(answers.map(({ status, json }) => json.reason ?? status)).toEqual([201, 201]);
      const [made, late] = answers.toSorted((a) => (isFirst(a) ? -1 : 1)) as [Answer, Answer];
      expect([isFirst(made), isFirst(late)]).toEqual([true, false]);
      expect(late.headers.get('idempotency-replayed')).toBe('true');
      expect(late.json.id).toBe(made.json.id);
      return made.json.id;
    };
    for (let round = 0; round < rounds / 2; round += 1) {
      const id = await makeOnBoth(keys, { name: `Round ${round}`, scopes: [] }, round);
      // A rotation that is open stands in the way of the other node before its record does.
      await makeOnBoth(`${keys}/${id}/rotations`, { graceSeconds: 60 }, round);
    }
    const { results } = await one.manage('GET', `${keys}?limit=500`);
    expect(results).toHaveLength(rounds / 2);
    for (const { secrets } of results) expect(secrets).toHaveLength(2);
  }, 180_000);
});
