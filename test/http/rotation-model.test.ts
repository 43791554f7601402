import { afterAll, beforeAll, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Json } from '../support/latchkey.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { describeOnEachDatabase } from '../support/store.js';

/** Each is a key's life of up to twenty steps, over HTTP and down to the disk. */
const lives = process.env['CI'] === 'true' ? 200 : 40;
const day = 86_400_000;
const graceMsMax = 90 * day;

/** What the contract makes of one secret. Times are epoch milliseconds. */
interface ModelSecret {
  endsAt: number;
  isRevoked: boolean;
  isUsed: boolean;
}

interface ModelRotation {
  readonly id: string;
  readonly old: number;
  fresh: number;
  startedAt: number;
  graceEndsAt: number;
  isClosed: boolean;
}

/** A key as the contract has it: written down without a look at the code that it is held against. */
interface Model {
  now: number;
  readonly secrets: ModelSecret[];
  rotation: ModelRotation | null;
}

interface Real {
  readonly path: string;
  /** In the order in which they were issued, as in the model. */
  readonly secrets: { readonly id: string; readonly text: string }[];
}

type Step = fc.AsyncCommand<Model, Real>;

const isUnderway = ({ rotation, now }: Model): boolean =>
  rotation !== null && !rotation.isClosed && now < rotation.graceEndsAt;

const works = ({ endsAt, isRevoked }: ModelSecret, now: number): boolean =>
  !isRevoked && now < endsAt;

const stateOf = (model: Model, index: number): string => {
  const { endsAt, isRevoked } = model.secrets[index] as ModelSecret;
  if (isRevoked) return 'revoked';
  if (endsAt === Infinity) return 'current';
  if (endsAt <= model.now) return 'expired';
  const isWaiting = isUnderway(model) && model.now < (model.rotation?.startedAt ?? 0);
  return isWaiting ? 'current' : 'retiring';
};

const rotationStateOf = (model: Model): string | null => {
  if (!isUnderway(model)) return null;
  return model.now < (model.rotation?.startedAt ?? 0) ? 'scheduled' : 'open';
};

describeOnEachDatabase('#46 #51 #52 any life of a key, over HTTP', (kind) => {
  let wall = Date.UTC(2030, 0, 1);
  let nodes: Nodes;
  let keys: string;
  let turn = 0;

  beforeAll(async () => {
    nodes = await startNodes(kind, { wallClock: () => wall });
    const { id } = await nodes.one.manage('POST', '/v1/accounts', { name: 'Rolling Donut Ltd' });
    keys = `/v1/accounts/${id}/keys`;
  });

  afterAll(() => nodes?.remove());

  const iso = (time: number) => new Date(time).toISOString();

  /** The nodes take turns in being asked to change something. */
  const ask = async (path: string, body?: Json) => {
    turn += 1;
    const node = turn % 2 === 0 ? nodes.one : nodes.other;
    const answer = await node.ask('POST', path, { secret: nodes.one.operatorKey, body });
    return { status: answer.status, json: answer.json, code: answer.json.errors?.[0]?.code };
  };

  const check = async (model: Model, real: Real): Promise<void> => {
    const shown = await nodes.one.manage('GET', real.path);
    const states = model.secrets.map((_, index) => stateOf(model, index));
    const stateById = new Map(shown.secrets.map(({ id, state }: Json) => [id, state]));
    expect(real.secrets.map(({ id }) => stateById.get(id))).toEqual(states);
    expect(shown.openRotation?.state ?? null).toBe(rotationStateOf(model));
    expect(model.secrets.some((secret) => works(secret, model.now))).toBe(true);
    for (const [index, secret] of model.secrets.entries()) {
      // A call would be the first use of one that is not used yet.
      if (secret.isUsed || !works(secret, model.now)) await call(model, real, index);
    }
  };

  const call = async (model: Model, real: Real, index: number): Promise<void> => {
    const { isRevoked } = model.secrets[index] as ModelSecret;
    const secret = real.secrets[index]?.text;
    const { status, json } = await nodes.one.call('GET', '/latchkey/v1/self', { secret });
    const refusal = isRevoked ? 'SECRET_REVOKED' : 'SECRET_EXPIRED';
    const isWorking = works(model.secrets[index] as ModelSecret, model.now);
    expect([index, json.reason ?? status]).toEqual([index, isWorking ? 200 : refusal]);
  };

  const step = (name: string, run: (model: Model, real: Real) => Promise<void>): Step => ({
    check: () => true,
    run: async (model, real) => {
      await run(model, real);
      await check(model, real);
    },
    toString: () => name,
  });

  /** What one node has seen of the clock and the other has not, no later step of it would give back. */
  const bothLook = async () => {
    for (const node of [nodes.one, nodes.other]) await node.call('GET', '/latchkey/v1/self');
  };

  /** The clock of a process never goes back: one that is set back makes it stand still. Each node has looked at it. */
  const setClock = (byMs: number) =>
    step(`the clock moves by ${byMs} ms`, async (model) => {
      wall += byMs;
      model.now = Math.max(model.now, wall);
      await bothLook();
    });

  const open = (graceMs: number, inMs: number, asInstant: boolean) =>
    step(`open in ${inMs} ms for ${graceMs} ms`, async (model, real) => {
      const startedAt = model.now + inMs;
      const graceEndsAt = startedAt + graceMs;
      const grace = asInstant
        ? { graceEndsAt: iso(graceEndsAt) }
        : { graceSeconds: graceMs / 1_000 };
      const body = { ...grace, ...(inMs !== 0 && { startsAt: iso(startedAt) }) };
      const { status, json, code } = await ask(`${real.path}/rotations`, body);
      const isWhole = asInstant || graceMs % 1_000 === 0;
      const isValid = isWhole && graceMs >= 0 && graceMs <= graceMsMax && inMs >= 0;
      // What is wrong with the request itself is told before what stands in its way, and times are looked at last.
      if (isUnderway(model)) return expect([409, 400]).toContain(status);
      if (!isValid) return expect([status, code === undefined]).toEqual([400, false]);
      expect(status).toBe(201);
      const old = model.secrets.findIndex((secret) => secret.endsAt === Infinity && !secret.isRevoked);
      (model.secrets[old] as ModelSecret).endsAt = graceEndsAt;
      const fresh = model.secrets.push({ endsAt: Infinity, isRevoked: false, isUsed: false }) - 1;
      real.secrets.push({ id: json.replacing.secretId, text: json.secret });
      model.rotation = { id: json.id, old, fresh, startedAt, graceEndsAt, isClosed: false };
    });

  /** A step of the last rotation. @param take what becomes of the model where it is taken */
  const onRotation = (
    name: string,
    action: string,
    body: (model: Model) => Json,
    expected: (model: Model, rotation: ModelRotation) => number,
    take: (model: Model, rotation: ModelRotation, real: Real, answer: Json) => void,
  ) =>
    step(name, async (model, real) => {
      const { rotation } = model;
      if (rotation === null) return;
      const { status, json } = await ask(`${real.path}/rotations/${rotation.id}/${action}`, body(model));
      expect(status).toBe(isUnderway(model) ? expected(model, rotation) : 409);
      if (status === 200) take(model, rotation, real, json);
    });

  const nothing = () => undefined;
  const freshOf = ({ secrets }: Model, { fresh }: ModelRotation) => secrets[fresh] as ModelSecret;
  const oldOf = ({ secrets }: Model, { old }: ModelRotation) => secrets[old] as ModelSecret;

  const finish = () =>
    onRotation('finish', 'finish', nothing, () => 200, (model, rotation) => {
      oldOf(model, rotation).endsAt = model.now;
      rotation.isClosed = true;
    });

  const cancel = (force: boolean) =>
    onRotation(
      force ? 'cancel, forced' : 'cancel',
      'cancel',
      () => ({ force }),
      (model, rotation) => (freshOf(model, rotation).isUsed && !force ? 409 : 200),
      (model, rotation) => {
        freshOf(model, rotation).isRevoked = true;
        oldOf(model, rotation).endsAt = Infinity;
        rotation.isClosed = true;
      },
    );

  const extend = (byMs: number) =>
    onRotation(
      `extend to ${byMs} ms from now`,
      'extend',
      ({ now }) => ({ graceEndsAt: iso(now + byMs) }),
      ({ now }, { startedAt }) => {
        const graceMs = now + byMs - startedAt;
        return byMs >= 0 && graceMs >= 0 && graceMs <= graceMsMax ? 200 : 400;
      },
      (model, rotation) => {
        rotation.graceEndsAt = model.now + byMs;
        oldOf(model, rotation).endsAt = rotation.graceEndsAt;
      },
    );

  const reissue = () =>
    onRotation(
      'reissue',
      'reissue',
      nothing,
      (model, rotation) => (freshOf(model, rotation).isUsed ? 409 : 200),
      (model, rotation, real, { secret, replacing }) => {
        freshOf(model, rotation).isRevoked = true;
        rotation.fresh = model.secrets.push({ endsAt: Infinity, isRevoked: false, isUsed: false }) - 1;
        real.secrets.push({ id: replacing.secretId, text: secret });
      },
    );

  const use = (nth: number) =>
    step(`call with secret ${nth}`, async (model, real) => {
      const index = nth % model.secrets.length;
      await call(model, real, index);
      const secret = model.secrets[index] as ModelSecret;
      if (works(secret, model.now)) secret.isUsed = true;
    });

  it('is what the contract makes of it, after each step', async () => {
    const spans = fc.oneof(
      fc.constantFrom(0, 1, 999, 1_000, 60_000, day, graceMsMax, graceMsMax + 1_000),
      fc.nat(120).map((seconds) => seconds * 1_000),
    );
    const starts = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constantFrom(1, 60_000, day));
    const commands = fc.commands(
      [
        fc.oneof(spans, fc.constantFrom(-1, -60_000, -day)).map(setClock),
        fc.tuple(spans, starts, fc.boolean()).map(([grace, start, instant]) => open(grace, start, instant)),
        fc.constant(finish()),
        fc.boolean().map(cancel),
        fc.oneof(spans, fc.constantFrom(-1, -60_000)).map(extend),
        fc.constant(reissue()),
        fc.nat(9).map(use),
      ],
      { maxCommands: 20 },
    );
    const life = fc.asyncProperty(commands, async (steps) => {
      wall += 1;
      await bothLook();
      const key = await nodes.one.manage('POST', keys, { name: 'Nightly sync', scopes: [] });
      const now = Date.parse(key.createdAt);
      wall = now;
      const secrets = [{ endsAt: Infinity, isRevoked: false, isUsed: false }];
      const setup = () => ({
        model: { now, secrets, rotation: null } as Model,
        real: { path: `${keys}/${key.id}`, secrets: [{ id: key.secrets[0].id, text: key.secret }] } as Real,
      });
      await fc.asyncModelRun(setup, steps);
    });
    await fc.assert(life, { numRuns: lives, endOnFailure: true });
  }, 600_000);
}); // prettier-ignore
