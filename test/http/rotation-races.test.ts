import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { EvenRace } from '../support/even-race.js';
import type { Answer, Json, TestLatchkey } from '../support/latchkey.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { slowReads } from '../support/slow-reads.js';
import { describeOnEachDatabase } from '../support/store.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const rounds = 200;
const lateMsMax = 2;

/** In a word: the reason or the code of a refusal, or the status. */
const told = ({ status, json }: Answer): string => json.errors?.[0]?.code ?? `${status}`;

/** These outcomes came about and no other, and each so often that it was a race. */
function expectOutcomes(outcomes: ReadonlyMap<string, number>, ...expected: string[]): void {
  expect([...outcomes.keys()].sort()).toEqual(expected.sort());
  for (const count of outcomes.values()) expect(count).toBeGreaterThanOrEqual(rounds / 10);
}

describeOnEachDatabase(`in ${rounds} rounds`, (kind) => {
  let nodes: Nodes;
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let crm: Crm;
  let key: Json;
  let rotation: Json;
  let rotations: string;

  beforeAll(async () => {
    upstream = await startUpstream();
    nodes = await startNodes(kind);
    latchkey = nodes.one;
    crm = await publishCrm(latchkey, upstream.url);
  });

  afterAll(async () => {
    await nodes?.remove();
    await upstream.close();
  });

  const take = (name: string, body?: Json): Promise<Answer> =>
    latchkey.ask('POST', `${rotations}/${rotation.id}/${name}`, {
      secret: latchkey.operatorKey,
      body,
    });

  const call = (secret: string): Promise<Answer> =>
    latchkey.call('GET', '/crm/contacts', { secret });

  /** Races the two on a new key with an open rotation. What is read comes late, so that caches are filled with what was. */
  async function inRounds(
    one: () => Promise<Answer>,
    other: () => Promise<Answer>,
    then: (answers: [Answer, Answer]) => Promise<string>,
  ): Promise<Map<string, number>> {
    const outcomes = new Map<string, number>();
    const race = new EvenRace();
    for (let i = 0; i < rounds; i += 1) {
      key = await crm.makeKey();
      rotations = `/v1/accounts/${crm.accountId}/keys/${key.id}/rotations`;
      rotation = await latchkey.manage('POST', rotations, { graceSeconds: 3600 });
      const end = slowReads(latchkey, () => Math.random() * lateMsMax);
      const answers = await race.run(one, other, ([first]) => first.status === 200);
      end();
      const outcome = `${answers.map(told).join(', ')}; ${await then(answers)}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    return outcomes;
  }

  /** What both secrets are told by and by. */
  const saidToBoth = async (...secrets: string[]): Promise<string> =>
    (await Promise.all(secrets.map(async (secret) => told(await call(secret))))).join(', ');

  it('#51 the first use of the new secret races an unforced cancel: never both are 200', async () => {
    const outcomes = await inRounds(
      () => call(rotation.secret),
      () => take('cancel'),
      () => saidToBoth(key.secret, rotation.secret),
    );
    expectOutcomes(
      outcomes,
      '200, REPLACING_SECRET_USED; 200, 200',
      'SECRET_REVOKED, 200; 200, SECRET_REVOKED',
    );
  }, 300_000);

  it('#57 uses of the new secret race a forced cancel: no 200 after the acknowledgement', async () => {
    const outcomes = await inRounds(
      () => call(rotation.secret),
      () => take('cancel', { force: true }),
      () => saidToBoth(key.secret, rotation.secret),
    );
    expectOutcomes(
      outcomes,
      '200, 200; 200, SECRET_REVOKED',
      'SECRET_REVOKED, 200; 200, SECRET_REVOKED',
    );
  }, 300_000);

  it('#57 uses of the old secret race a finish: no 200 after the acknowledgement', async () => {
    const outcomes = await inRounds(
      () => call(key.secret),
      () => take('finish'),
      () => saidToBoth(key.secret, rotation.secret),
    );
    expectOutcomes(outcomes, '200, 200; SECRET_EXPIRED, 200', 'SECRET_EXPIRED, 200; SECRET_EXPIRED, 200');
  }, 300_000); // prettier-ignore

  it('#98 the first use of the new secret races its reissue: never both are 200', async () => {
    const outcomes = await inRounds(
      () => call(rotation.secret),
      () => take('reissue'),
      ([, again]) => saidToBoth(rotation.secret, again.json.secret ?? key.secret),
    );
    expectOutcomes(
      outcomes,
      '200, SECRET_USED; 200, 200',
      'SECRET_REVOKED, 200; SECRET_REVOKED, 200',
    );
  }, 300_000);

  it('a finish and a cancel at once: one ends it, the other is 409, and one secret is left', async () => {
    const outcomes = await inRounds(
      () => take('finish'),
      () => take('cancel'),
      () => saidToBoth(key.secret, rotation.secret),
    );
    expectOutcomes(
      outcomes,
      '200, ROTATION_NOT_OPEN; SECRET_EXPIRED, 200',
      'ROTATION_NOT_OPEN, 200; 200, SECRET_REVOKED',
    );
  }, 300_000);
});
