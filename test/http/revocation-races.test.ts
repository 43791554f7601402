import { getDataSourceToken } from '@nestjs/typeorm';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { readerName } from '../../src/store/database.js';
import { expectDenial } from '../support/denials.js';
import { holdRead } from '../support/held-reads.js';
import type { Answer, Json } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { describeOnEachDatabase } from '../support/store.js';
import { statementsOf } from '../support/statements.js';

const rounds = 200;
/** What the key directory asks for a secret that it does not know; a test counts it. */
const statementsPerFill = 3;

/** What is taken away, and what it is called from then on. */
const takeaways: [what: string, rest: string, body: Json, reason: string][] = [
  ['revoked', '/revoke', undefined, 'KEY_REVOKED'],
  ['suspended', '/suspend', undefined, 'KEY_SUSPENDED'],
  ['rotated without grace', '/rotations', { graceSeconds: 0 }, 'SECRET_EXPIRED'],
  ['given another secret', '/reissue', undefined, 'SECRET_REVOKED'],
];

describeOnEachDatabase(`#57 a change that overtakes a cache fill, ${rounds} times`, (kind) => {
  let nodes: Nodes;
  let reader: DataSource;
  let rows: NewRows;
  let keys: string;
  /** What a first call asked, for its fill and for the next one. */
  let asked: readonly string[] = [];

  beforeAll(async () => {
    nodes = await startNodes(kind);
    reader = nodes.one.app.get<DataSource>(getDataSourceToken(readerName));
    rows = new NewRows(nodes.one);
    const { id } = await nodes.one.manage('POST', '/v1/accounts', { name: 'Rolling Donut Ltd' });
    keys = `/v1/accounts/${id}/keys`;
    const upstream = 'http://127.0.0.1:9';
    await nodes.one.manage('PUT', '/v1/services/crm', { upstream, mount: '/crm' });
    await nodes.one.manage('PUT', `/v1/accounts/${id}/services/crm`, {});
    // What goes on in the background may ask as well: the two fills of a first call are those that ask the same.
    for (let tries = 0; tries < 20 && !isOfTwoFills(asked); tries += 1) {
      const { secret } = await makeKey();
      const statements = statementsOf(reader);
      expect((await call(secret)).status).toBe(200);
      asked = [...statements];
    }
  });

  afterAll(() => nodes?.remove());

  const makeKey = (): Promise<Json> =>
    nodes.one.manage('POST', keys, { name: 'Vendor', scopes: [] });

  const call = (secret: string): Promise<Answer> =>
    nodes.one.call('GET', '/latchkey/v1/self', { secret });

  it('is tried at every statement of a fill', () => {
    // A first use is judged again once it is on record, and what is remembered is read anew for that.
    expect(asked).toHaveLength(2 * statementsPerFill);
    expect(isOfTwoFills(asked)).toBe(true);
  });

  it.each(takeaways)('a key that is %s: no call that it overtook is let through, nor any later one', async (_what, rest, body, reason) => {
    const told: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const key = await makeKey();
      // Notices are carried meanwhile, which reads as well.
      const isOfFill = (statement: string): boolean => asked.includes(statement);
      const held = holdRead(reader, (round % statementsPerFill) + 1, isOfFill);
      // One, so that it is this one whose fill is held. Those that share a fill are the key directory's own test.
      const overtaken = call(key.secret);
      await held.reached;
      await nodes.one.manage('POST', `${keys}/${key.id}${rest}`, body);
      const later = call(key.secret);
      held.release();
      for (const answer of await Promise.all([overtaken, later])) told.push(answer.json.reason);
      told.push((await call(key.secret)).json.reason);
    }
    expect(told).toHaveLength(3 * rounds);
    expect(new Set(told)).toEqual(new Set([reason]));
    const key = await makeKey();
    await nodes.one.manage('POST', `${keys}/${key.id}${rest}`, body);
    await rows.skip();
    expectDenial(await call(key.secret), reason, await rows.take(1), { keyId: key.id });
  }, 300_000);
}); // prettier-ignore

function isOfTwoFills(asked: readonly string[]): boolean {
  const [first, second] = [asked.slice(0, statementsPerFill), asked.slice(statementsPerFill)];
  return first.length > 0 && JSON.stringify(first) === JSON.stringify(second);
}
