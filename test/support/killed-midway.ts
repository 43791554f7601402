import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { expectUnbrokenChains } from './audit-chains.js';
import { KillPoints, type KillPoint } from './kill-points.js';
import {
  scopesAtHand,
  type KeyAtStake,
  type KillableOperation,
  type SecretAtStake,
} from './killable-operations.js';
import type { Tables } from './main-tables.js';
import { MortalLatchkey, type MortalRequest } from './mortal-latchkey.js';
import type { Answer } from './send.js';
import type { DatabaseKind } from './store.js';
import { noChanges, tableChanges, type TableChanges } from './run-changes.js';

/** How many installations are killed side by side. */
const width = 2;

/** What an operation does where nothing kills it. */
interface Reference {
  readonly statements: readonly string[];
  readonly changes: TableChanges;
}

/** Tests of each operation: wherever its process is killed, the next one finds all of it or nothing. */
export function itIsAllOrNothing(
  kind: DatabaseKind,
  operations: readonly KillableOperation[],
): void {
  const points = new KillPoints(kind);
  const lanes: MortalLatchkey[] = [];
  let runs = 0;

  beforeAll(async () => {
    for (let i = 0; i < width; i += 1) {
      const latchkey = await MortalLatchkey.make(kind);
      lanes.push(latchkey);
      await latchkey.start();
      for (const scope of scopesAtHand) await latchkey.manage('PUT', `/v1/scopes/${scope}`, {});
    }
  });

  afterAll(async () => {
    for (const latchkey of lanes) await latchkey.remove();
  });

  it.each(operations.map((operation) => [operation.name, operation] as const))(
    '#48 %s',
    async (_name, operation) => {
      const [first] = lanes as [MortalLatchkey];
      await first.start();
      const reference = await runUnharmed(first, operation, `run-${(runs += 1)}`);
      const chosen = points.of(reference.statements);
      const ended = await Promise.allSettled(
        lanes.map(async (latchkey, lane) => {
          for (const [i, point] of chosen.entries()) {
            if (i % width !== lane) continue;
            await latchkey.start();
            await expectAllOrNothing(latchkey, operation, point, reference, `run-${(runs += 1)}`);
          }
        }),
      );
      for (const lane of ended) if (lane.status === 'rejected') throw lane.reason;
    },
    600_000,
  );
}

async function runUnharmed(
  latchkey: MortalLatchkey,
  { prepare, event }: KillableOperation,
  tag: string,
): Promise<Reference> {
  const { request, made } = await prepare(latchkey, tag);
  const before = await latchkey.tables();
  await latchkey.dieAt(null);
  expectSuccess(await latchkey.send(request));
  const statements = await latchkey.dieAt(null);
  const after = await latchkey.tables();
  expect(statements.length).toBeGreaterThanOrEqual(3);
  expect([statements[0], statements.at(-1)]).toEqual([
    expect.stringMatching(/^(BEGIN|START) TRANSACTION$/),
    'COMMIT',
  ]);
  expect(statements.filter((statement) => statement === 'COMMIT')).toHaveLength(1);
  expect(newEvents(before, after).toSorted()).toEqual([event ?? []].flat().toSorted());
  return { statements, changes: tableChanges(before, after, { tag, made }) };
}

async function expectAllOrNothing(
  latchkey: MortalLatchkey,
  { prepare }: KillableOperation,
  point: KillPoint,
  reference: Reference,
  tag: string,
): Promise<void> {
  const { request, made, key } = await prepare(latchkey, tag);
  const before = await latchkey.tables();
  const answer = await sendAndKill(latchkey, request, point);
  await latchkey.dead();
  await latchkey.start();

  latchkey.expectIntegrity();
  const after = await latchkey.tables();
  expectUnbrokenChains(after);
  const changes = tableChanges(before, after, { tag, made });
  const isDone = point.isDone === 'either' ? changes.come.length > 0 : point.isDone;
  const expected = isDone ? reference.changes : noChanges;
  expect({ killed: point.name, ...changes }).toEqual({ killed: point.name, ...expected });

  const isOnce = request.headers?.['idempotency-key'] !== undefined;
  const isRepeated = isOnce || (!isDone && (key === undefined || point.moment === 'before'));
  if (isRepeated) {
    // A secret that is new leaves a trace when it is tried, which the repetition would not.
    if (key) await expectSecrets(latchkey, key.secrets.filter(isUsed), isDone ? 'after' : 'before');
    const again = await latchkey.send(request);
    expectSuccess(again);
    if (isOnce) expect(again.headers.get('idempotency-replayed')).toBe(isDone ? 'true' : null);
    const repeated = tableChanges(before, await latchkey.tables(), { tag, made });
    expect({ repeated: point.name, ...repeated }).toEqual({
      ...{ repeated: point.name, ...reference.changes },
    });
    if (key) await expectWayIn(latchkey, key, 'after', answer ?? again);
  } else if (key) {
    await expectWayIn(latchkey, key, isDone ? 'after' : 'before', answer);
  }
}

/** @returns what the client got before the process died */
async function sendAndKill(
  latchkey: MortalLatchkey,
  request: MortalRequest,
  { name, faultPoint }: KillPoint,
): Promise<Answer | null> {
  if (faultPoint === 'answered') {
    const answer = await latchkey.send(request);
    latchkey.kill();
    expectSuccess(answer);
    return answer;
  }
  await latchkey.dieAt(faultPoint);
  const answer = await latchkey.send(request).catch(() => null);
  if (answer !== null) throw new Error(`It lived on ${name}: ${answer.status} ${answer.text}`);
  return null;
}

/** @returns whether one of them works */
async function expectSecrets(
  latchkey: MortalLatchkey,
  secrets: readonly SecretAtStake[],
  state: 'before' | 'after',
): Promise<boolean> {
  const found: boolean[] = [];
  for (const { text } of secrets) found.push(await latchkey.works(text));
  expect({ state, works: found }).toEqual({
    state,
    works: secrets.map(({ works }) => works[state]),
  });
  return found.includes(true);
}

/**
 * Expects each secret to work or not, as the state says, and one to work: where that was lost with the answer, a reissue has to
 * bring another.
 */
async function expectWayIn(
  latchkey: MortalLatchkey,
  { path, secrets, shut }: KeyAtStake,
  state: 'before' | 'after',
  answer: Answer | null,
): Promise<void> {
  const issued: unknown = answer?.json?.secret;
  const hasNew = typeof issued === 'string';
  if (hasNew) expect(await latchkey.works(issued)).toBe(true);
  const isOpen = await expectSecrets(latchkey, secrets, state);
  if (hasNew || isOpen || shut === state) return;
  const { secret } = await latchkey.manage('POST', `${path}/reissue`);
  expect(await latchkey.works(secret)).toBe(true);
}

function isUsed(secret: SecretAtStake): boolean {
  return secret.isUsed;
}

function expectSuccess({ status, text }: Answer): void {
  if (status < 200 || status > 299) throw new Error(`It answered ${status}: ${text}`);
}

function newEvents(before: Tables, after: Tables): unknown[] {
  const known = new Set(before['audit_event']?.map((event) => event['id']));
  return (after['audit_event'] ?? [])
    .filter((event) => !known.has(event['id']))
    .map((event) => event['action']);
}
