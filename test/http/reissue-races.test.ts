import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { EvenRace } from '../support/even-race.js';
import type { Answer, Json } from '../support/latchkey.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { describeOnEachDatabase } from '../support/store.js';

const rounds = 200;

/** In a word: the reason or the code of a refusal, or the status. */
const told = ({ status, json }: Answer): string => json.errors?.[0]?.code ?? `${status}`;

describeOnEachDatabase(`#98 the secret of a new key, in ${rounds} rounds`, (kind) => {
  let nodes: Nodes;
  let keys: string;

  beforeAll(async () => {
    nodes = await startNodes(kind);
    const { id } = await nodes.one.manage('POST', '/v1/accounts', { name: 'Rolling Donut Ltd' });
    keys = `/v1/accounts/${id}/keys`;
  });

  afterAll(() => nodes?.remove());

  const makeKey = (): Promise<Json> =>
    nodes.one.manage('POST', keys, { name: 'Vendor', scopes: [] });

  const use = ({ one }: Nodes, secret: string): Promise<Answer> =>
    one.call('GET', '/latchkey/v1/self', { secret });

  const reissue = ({ one, other }: Nodes, { id }: Json, by: 'one' | 'other'): Promise<Answer> =>
    (by === 'one' ? one : other).ask('POST', `${keys}/${id}/reissue`, { secret: one.operatorKey });

  it('is used or is reissued, never both', async () => {
    const race = new EvenRace();
    const outcomes = new Map<string, number>();
    for (let round = 0; round < rounds; round += 1) {
      const key = await makeKey();
      const answers = await race.run(
        () => use(nodes, key.secret),
        () => reissue(nodes, key, 'other'),
        ([used]) => used.status === 200,
      );
      const current = answers[1].json.secret ?? key.secret;
      expect((await use(nodes, current)).status).toBe(200);
      // Now that one was used for certain, no other is to be had.
      expect(told(await reissue(nodes, key, 'one'))).toBe('SECRET_USED');
      const outcome = answers.map(told).join(', ');
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect([...outcomes.keys()].sort()).toEqual(['200, SECRET_USED', 'SECRET_REVOKED, 200']);
    for (const count of outcomes.values()) expect(count).toBeGreaterThanOrEqual(rounds / 10);
  }, 300_000);

  it('reissued twice at once is in the end one secret, and the others are over', async () => {
    const race = new EvenRace();
    let firstStayed = 0;
    for (let round = 0; round < rounds; round += 1) {
      const key = await makeKey();
      const answers = await race.run(
        () => reissue(nodes, key, 'one'),
        () => reissue(nodes, key, 'other'),
        ([{ json }]) => json.secrets.length === 2,
      );
      expect(answers.map(told)).toEqual(['200', '200']);
      const secrets: string[] = [key.secret, ...answers.map(({ json }) => json.secret)];
      const said: string[] = [];
      for (const secret of secrets) said.push(told(await use(nodes, secret)));
      expect(said.toSorted()).toEqual(['200', 'SECRET_REVOKED', 'SECRET_REVOKED']);
      expect(said[0]).toBe('SECRET_REVOKED');
      if (said[1] === '200') firstStayed += 1;
    }
    expect(firstStayed).toBeGreaterThan(rounds / 10);
    expect(firstStayed).toBeLessThan(rounds - rounds / 10);
  }, 300_000);
});
