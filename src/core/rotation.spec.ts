import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { secretStateAt } from './key-state.js';
import {
  cancelRotation,
  finishRotation,
  graceSecondsMax,
  latestGraceEnd,
  moveGraceEnd,
  openRotation,
  retiringIsOver,
  rotationStateAt,
  secretEndsOf,
  type Rotation,
  type RotationStep,
  type RotationWish,
} from './rotation.js';

const start = 1_700_000_000_123;
const unused = { replacingUsed: false, force: false };

function done(step: RotationStep<string>): Rotation {
  if (!step.ok) throw new Error(step.why);
  return step.rotation;
}

const opened = (seconds: number) => done(openRotation(start, { grace: { seconds } }));
const scheduled = (startsAt: number, seconds: number) =>
  done(openRotation(start, { startsAt, grace: { seconds } }));

// prettier-ignore
describe('opening a rotation', () => {
  it.each([
    [1, start + 1_000],
    [3_600, start + 3_600_000],
    [604_800, start + 604_800_000],
    [7_776_000, start + 7_776_000_000],
  ])('#45 with %d seconds of grace sets its end to the millisecond', (graceSeconds, graceEndsAt) => {
    expect(opened(graceSeconds)).toEqual({ standing: 'open', startedAt: start, graceEndsAt, endedAt: null });
  });

  it('#45 without grace it is over as it begins, and written down so', () => {
    expect(opened(0)).toEqual({ standing: 'expired', startedAt: start, graceEndsAt: start, endedAt: null });
  });

  const latest = start + 7_776_000_000;
  it.each([
    ['now', start, 'expired'],
    ['a millisecond later', start + 1, 'open'],
    ['the longest grace later', latest, 'open'],
  ])('#45 until an instant: %s', (_name, endsAt, standing) => {
    expect(openRotation(start, { grace: { endsAt } })).toEqual({
      ok: true, rotation: { standing, startedAt: start, graceEndsAt: endsAt, endedAt: null },
    });
  });

  it.each([
    ['in the past', start - 1],
    ['beyond the longest grace', latest + 1],
    ['that is none', Number.NaN],
  ])('#50 until an instant %s is refused', (_name, endsAt) => {
    expect(openRotation(start, { grace: { endsAt } })).toEqual({ ok: false, why: 'grace_out_of_range' });
  });

  it('scheduled, its grace counts from its start', () => {
    const startsAt = start + 5_000;
    expect(scheduled(startsAt, 60)).toEqual({ standing: 'open', startedAt: startsAt, graceEndsAt: startsAt + 60_000, endedAt: null });
    expect(openRotation(start, { startsAt, grace: { endsAt: startsAt } })).toMatchObject({ ok: true, rotation: { standing: 'open' } });
    expect(openRotation(start, { startsAt, grace: { endsAt: startsAt - 1 } })).toEqual({ ok: false, why: 'grace_out_of_range' });
    expect(openRotation(start, { startsAt, grace: { endsAt: startsAt + 7_776_000_001 } })).toEqual({ ok: false, why: 'grace_out_of_range' });
  });

  it.each([
    ['now', start],
    ['in the past', start - 1],
    ['more than ninety days ahead', latest + 1],
    ['at no time', Number.NaN],
  ])('scheduled to begin %s is refused', (_name, startsAt) => {
    expect(openRotation(start, { startsAt, grace: { seconds: 60 } })).toEqual({ ok: false, why: 'start_out_of_range' });
  });

  it.each([
    ['−1', -1],
    ['10⁹', 1e9],
    ['1.5', 1.5],
    ['the longest and a second', 7_776_001],
    ['not a number', Number.NaN],
    ['infinite', Infinity],
    ['"7d"', '7d' as unknown as number],
    ['nothing', undefined as unknown as number],
  ])('#50 with a grace of %s is refused', (_name, graceSeconds) => {
    expect(openRotation(start, { grace: { seconds: graceSeconds } })).toEqual({ ok: false, why: 'grace_out_of_range' });
  });

  it('the longest grace is ninety days', () => {
    expect(graceSecondsMax).toBe(90 * 24 * 60 * 60);
  });
});

// prettier-ignore
// prettier-ignore
describe('a rule of graces', () => {
  const rule = { graceSecondsDefault: 30, graceSecondsMax: 60 };
  const outOfRange = { ok: false, why: 'grace_out_of_range' };

  it('gives a rotation its grace where none is asked for, and says how long one may be', () => {
    const endOf = (wish: RotationWish) => done(openRotation(start, wish, rule)).graceEndsAt;
    expect(endOf({})).toBe(start + 30_000);
    expect(endOf({ startsAt: start + 5 })).toBe(start + 30_005);
    expect(endOf({ grace: { seconds: 60 } })).toBe(start + 60_000);
    expect(endOf({ startsAt: start + 5, grace: { endsAt: start + 60_005 } })).toBe(start + 60_005);
    expect(openRotation(start, { grace: { seconds: 61 } }, rule)).toEqual(outOfRange);
    expect(openRotation(start, { grace: { endsAt: start + 60_001 } }, rule)).toEqual(outOfRange);
  });

  it('bounds a moved end, and leaves one that is longer where it is or sooner', () => {
    const ruled = done(openRotation(start, {}, rule));
    expect(moveGraceEnd(ruled, start + 7, start + 60_000, rule)).toMatchObject({ ok: true });
    expect(moveGraceEnd(ruled, start + 7, start + 60_001, rule)).toEqual(outOfRange);
    const longer = opened(3_600);
    expect(latestGraceEnd(longer, rule)).toBe(longer.graceEndsAt);
    expect(moveGraceEnd(longer, start + 7, longer.graceEndsAt - 1, rule)).toMatchObject({ ok: true });
    expect(moveGraceEnd(longer, start + 7, longer.graceEndsAt + 1, rule)).toEqual(outOfRange);
  });
});

describe('the state of a rotation', () => {
  const rotation = opened(60);
  const end = start + 60_000;

  it.each([
    ['at its start', start, 'open'],
    ['a millisecond before its end', end - 1, 'open'],
    ['at its end', end, 'expired'],
    ['after its end', end + 1, 'expired'],
  ])('#45 %s', (_name, at, state) => {
    expect(rotationStateAt(rotation, at)).toBe(state);
  });

  it.each([
    ['when it is made', start, 'scheduled'],
    ['a millisecond before its start', start + 4_999, 'scheduled'],
    ['at its start', start + 5_000, 'open'],
    ['a millisecond before its end', start + 64_999, 'open'],
    ['at its end', start + 65_000, 'expired'],
  ])('scheduled: %s', (_name, at, state) => {
    expect(rotationStateAt(scheduled(start + 5_000, 60), at)).toBe(state);
  });

  it.each(['expired', 'finished', 'cancelled'] as const)(
    '%s it stays, whatever the time',
    (standing) => {
      const other = { ...rotation, standing, endedAt: start + 1 };
      expect([start, end - 1, end, end + 1].map((at) => rotationStateAt(other, at))).toEqual(
        Array(4).fill(standing),
      );
    },
  );

  it('without grace is expired at once', () => {
    expect(rotationStateAt(opened(0), start)).toBe('expired');
  });
});

// prettier-ignore
describe('the two secrets', () => {
  const rotation = opened(60);
  const end = start + 60_000;
  const later = scheduled(start + 5_000, 60);
  const states = (one: Rotation, at: number) => {
    const { retiring, replacing } = secretEndsOf(one);
    return [
      secretStateAt({ ...retiring, revokedAt: null, retiresAt: one.startedAt }, at),
      secretStateAt({ ...replacing, endsAt: null }, at),
    ];
  };

  it.each<[name: string, rotation: Rotation, over: boolean]>([
    ['open', rotation, false],
    ['open, without grace', opened(0), true],
    ['finished', done(finishRotation(rotation, start + 5)), true],
    ['written down as expired', { ...rotation, standing: 'expired' }, true],
    ['cancelled', done(cancelRotation(rotation, start + 5, unused)), false],
    ['scheduled', later, false],
    ['scheduled, without grace', scheduled(start + 5_000, 0), false],
    ['moved to end now', done(moveGraceEnd(rotation, start + 5, start + 5)), true],
  ])('#52 %s', (_name, one, over) => {
    expect(retiringIsOver(one, secretEndsOf(one).retiring.endsAt)).toBe(over);
  });

  it('#47 #52 closed with its key, it says nothing of the old one: the key does', () => {
    const closed: Rotation = { ...rotation, standing: 'finished', endedAt: start + 5 };
    expect(retiringIsOver(closed, rotation.graceEndsAt)).toBe(false);
  });

  it.each<[name: string, rotation: Rotation, at: number, retiring: string, replacing: string]>([
    ['#45 both work at the start of the grace', rotation, start, 'retiring', 'current'],
    ['#45 both work a millisecond before its end', rotation, end - 1, 'retiring', 'current'],
    ['#45 the old one is over at the millisecond', rotation, end, 'expired', 'current'],
    ['without grace the old one is over at once', opened(0), start, 'expired', 'current'],
    ['finished, the old one is over at once', done(finishRotation(rotation, start + 5)), start + 5, 'expired', 'current'],
    ['finished, the old one was good until then', done(finishRotation(rotation, start + 5)), start + 4, 'retiring', 'current'],
    ['cancelled, the new one is over at once', done(cancelRotation(rotation, start + 5, unused)), start + 5, 'current', 'revoked'],
    ['cancelled, the old one stays beyond the grace', done(cancelRotation(rotation, start + 5, unused)), end, 'current', 'revoked'],
    ['moved later, the old one is good for longer', done(moveGraceEnd(rotation, start + 5, end + 10)), end + 9, 'retiring', 'current'],
    ['moved later, the old one is over at the new end', done(moveGraceEnd(rotation, start + 5, end + 10)), end + 10, 'expired', 'current'],
    ['moved sooner, the old one is over sooner', done(moveGraceEnd(rotation, start + 5, start + 6)), start + 6, 'expired', 'current'],
    ['scheduled, both are current until it begins', later, start + 4_999, 'current', 'current'],
    ['scheduled, the old one retires from its start', later, start + 5_000, 'retiring', 'current'],
    ['scheduled, the old one is over at the end', later, start + 65_000, 'expired', 'current'],
    ['scheduled without grace, the old one works until it begins', scheduled(start + 5_000, 0), start + 4_999, 'current', 'current'],
    ['scheduled without grace, the old one is over as it begins', scheduled(start + 5_000, 0), start + 5_000, 'expired', 'current'],
    ['scheduled and finished, the old one is over at once', done(finishRotation(later, start + 5)), start + 5, 'expired', 'current'],
    ['scheduled and cancelled, the old one stays', done(cancelRotation(later, start + 5, unused)), start + 65_000, 'current', 'revoked'],
  ])('%s', (_name, one, at, retiring, replacing) => {
    expect(states(one, at)).toEqual([retiring, replacing]);
  });
});

// prettier-ignore
describe('a step', () => {
  const rotation = opened(60);
  const end = start + 60_000;
  const notOpen = { ok: false, why: 'not_open' };
  const outOfRange = { ok: false, why: 'grace_out_of_range' };

  const steps: [string, (one: Rotation, at: number) => RotationStep][] = [
    ['finish', (one, at) => finishRotation(one, at)],
    ['cancel', (one, at) => cancelRotation(one, at, unused)],
    ['forced cancel', (one, at) => cancelRotation(one, at, { replacingUsed: true, force: true })],
    ['move', (one, at) => moveGraceEnd(one, at, at + 1)],
  ];

  it.each(steps)('%s: while open, and no longer', (_name, step) => {
    expect(step(rotation, start)).toMatchObject({ ok: true });
    expect(step(rotation, end - 1)).toMatchObject({ ok: true });
    expect(step(rotation, end)).toEqual(notOpen);
    expect(step(rotation, end + 1)).toEqual(notOpen);
    for (const standing of ['expired', 'finished', 'cancelled'] as const) {
      expect(step({ ...rotation, standing, endedAt: start }, start + 1)).toEqual(notOpen);
    }
  });

  it.each(steps.slice(0, 3))('%s: also before it begins', (_name, step) => {
    expect(step(scheduled(start + 5_000, 60), start + 5)).toMatchObject({ ok: true });
  });

  it('finish before it begins has it begin now', () => {
    expect(done(finishRotation(scheduled(start + 5_000, 60), start + 7))).toMatchObject({ startedAt: start + 7, endedAt: start + 7 });
  });

  it('move before it begins: not before its start, and its grace counts from there', () => {
    const later = scheduled(start + 5_000, 60);
    expect(moveGraceEnd(later, start + 7, start + 4_999)).toEqual(outOfRange);
    expect(done(moveGraceEnd(later, start + 7, start + 5_000)).graceEndsAt).toBe(start + 5_000);
    expect(done(moveGraceEnd(later, start + 7, start + 5_000 + 7_776_000_000))).toMatchObject({ standing: 'open' });
    expect(moveGraceEnd(later, start + 7, start + 5_001 + 7_776_000_000)).toEqual(outOfRange);
  });

  it('finish ends it now', () => {
    expect(done(finishRotation(rotation, start + 7))).toEqual({ ...rotation, standing: 'finished', endedAt: start + 7 });
  });

  it('cancel ends it now', () => {
    expect(done(cancelRotation(rotation, start + 7, unused))).toEqual({ ...rotation, standing: 'cancelled', endedAt: start + 7 });
  });

  it.each([
    ['unused', { replacingUsed: false, force: false }, true],
    ['unused, forced', { replacingUsed: false, force: true }, true],
    ['used', { replacingUsed: true, force: false }, false],
    ['used, forced', { replacingUsed: true, force: true }, true],
  ])('#51 cancel of a rotation whose new secret is %s', (_name, how, ok) => {
    const step = cancelRotation(rotation, start + 7, how);
    expect(step.ok).toBe(ok);
    if (!ok) expect(step).toEqual({ ok: false, why: 'replacing_already_used' });
  });

  it('#51 cancel of a rotation that is over says so, used or not', () => {
    expect(cancelRotation(rotation, end, { replacingUsed: true, force: false })).toEqual(notOpen);
  });

  const latest = start + 7_776_000_000;
  it.each([
    ['now', start + 7, true],
    ['a millisecond ago', start + 6, false],
    ['the latest', latest, true],
    ['a millisecond beyond the latest', latest + 1, false],
    ['sooner', start + 8, true],
    ['later', end + 1, true],
    ['half a millisecond', end + 0.5, false],
    ['not a number', Number.NaN, false],
    ['never', Infinity, false],
    ['before time', -1, false],
  ])('move to %s: %s %s', (_name, to, ok) => {
    const step = moveGraceEnd(rotation, start + 7, to);
    const standing = to === start + 7 ? 'expired' : 'open';
    expect(step).toEqual(ok ? { ok: true, rotation: { ...rotation, standing, graceEndsAt: to } } : outOfRange);
  });

  it('move never goes beyond the longest grace from the start, however often', () => {
    const once = done(moveGraceEnd(rotation, start + 1, latest));
    expect(moveGraceEnd(once, latest - 1, latest + 1)).toEqual(outOfRange);
  });

  it('leaves the rotation it was given as it was', () => {
    const frozen = Object.freeze(opened(60));
    for (const [, step] of steps) expect(() => step(frozen, start + 1)).not.toThrow();
    expect(frozen).toEqual(rotation);
  });
});

// A key's secrets over time. The model knows of each secret only until when it works.

interface Model {
  now: number;
  readonly worksUntil: number[];
  current: number;
  rotation: { readonly startedAt: number; readonly old: number; readonly fresh: number } | null;
}

interface Secret {
  endsAt: number | null;
  revokedAt: number | null;
}

// prettier-ignore
class Real {
  now = start;
  readonly secrets: Secret[] = [{ endsAt: null, revokedAt: null }];
  readonly ended = new Set<number>();
  rotation: Rotation | null = null;
  old = 0;
  fresh = 0;

  take(step: RotationStep<string>): boolean {
    if (!step.ok) return false;
    this.rotation = step.rotation;
    const { retiring, replacing } = secretEndsOf(step.rotation);
    Object.assign(this.secrets[this.old] as Secret, retiring);
    Object.assign(this.secrets[this.fresh] as Secret, replacing);
    return true;
  }

  works(secret: number): boolean {
    return ['current', 'retiring'].includes(secretStateAt(this.secrets[secret] as Secret, this.now));
  }
}

// prettier-ignore
const isOpen = ({ rotation, worksUntil, now }: Model) => rotation !== null && (worksUntil[rotation.old] as number) > now && worksUntil[rotation.fresh] === Infinity && worksUntil[rotation.old] !== Infinity;

function check(model: Model, real: Real): void {
  const working = real.secrets.map((_, i) => real.works(i));
  expect(working).toEqual(model.worksUntil.map((until) => model.now < until));
  expect(working).toContain(true);
  for (const [i, works] of working.entries()) {
    if (works) expect(real.ended).not.toContain(i);
    else real.ended.add(i);
  }
  const state = real.rotation === null ? null : rotationStateAt(real.rotation, real.now);
  const isOverlap = state === 'open' || state === 'scheduled';
  expect(isOverlap).toBe(isOpen(model));
  if (isOverlap) expect([working[real.old], working[real.fresh]]).toEqual([true, true]);
  expect(state === 'scheduled').toBe(isOpen(model) && model.now < (model.rotation?.startedAt ?? 0));
  expect(working.filter(Boolean)).toHaveLength(isOverlap ? 2 : 1);
}

type Step = fc.Command<Model, Real>;

// prettier-ignore
const step = (name: string, run: (model: Model, real: Real) => void, ready = (_: Readonly<Model>) => true): Step => ({
  check: ready,
  run: (model, real) => {
    run(model, real);
    check(model, real);
  },
  toString: () => name,
});

const wait = (ms: number) =>
  step(`wait ${ms} ms`, (model, real) => {
    model.now += ms;
    real.now += ms;
  });

const open = (graceSeconds: number, inMs: number) =>
  step(
    `open with ${graceSeconds} s in ${inMs} ms`,
    (model, real) => {
      const startedAt = model.now + inMs;
      const start = inMs === 0 ? {} : { startsAt: startedAt };
      const one = openRotation(real.now, { ...start, grace: { seconds: graceSeconds } });
      const fits = graceSeconds >= 0 && graceSeconds <= 7_776_000 && graceSeconds % 1 === 0;
      expect(one.ok).toBe(fits && inMs >= 0);
      if (!one.ok) return;
      // The store makes the new secret in the same transaction.
      real.old = model.current;
      real.fresh = real.secrets.push({ endsAt: null, revokedAt: null }) - 1;
      real.take(one);
      model.worksUntil[model.current] = startedAt + graceSeconds * 1_000;
      model.worksUntil.push(Infinity);
      model.rotation = { startedAt, old: model.current, fresh: real.fresh };
      model.current = real.fresh;
    },
    (model) => !isOpen(model), // a second open rotation is the store's to refuse (409)
  );

const finish = () =>
  step('finish', (model, real) => {
    const open = isOpen(model);
    // prettier-ignore
    if (real.rotation !== null) expect(real.take(finishRotation(real.rotation, real.now))).toBe(open);
    if (!open || model.rotation === null) return;
    model.worksUntil[model.rotation.old] = model.now;
    model.rotation = {
      ...model.rotation,
      startedAt: Math.min(model.rotation.startedAt, model.now),
    };
  });

const cancel = (replacingUsed: boolean, force: boolean) =>
  step(`cancel, ${replacingUsed ? 'used' : 'unused'}${force ? ', forced' : ''}`, (model, real) => {
    const may = isOpen(model) && (force || !replacingUsed);
    // prettier-ignore
    if (real.rotation !== null) expect(real.take(cancelRotation(real.rotation, real.now, { replacingUsed, force }))).toBe(may);
    if (!may || model.rotation === null) return;
    model.worksUntil[model.rotation.fresh] = model.now;
    model.worksUntil[model.rotation.old] = Infinity;
    model.current = model.rotation.old;
  });

const move = (byMs: number) =>
  step(`move to ${byMs} ms from now`, (model, real) => {
    const to = model.now + byMs;
    // prettier-ignore
    const startedAt = model.rotation?.startedAt ?? 0;
    const may = isOpen(model) && byMs >= 0 && to >= startedAt && to - startedAt <= 7_776_000_000;
    // prettier-ignore
    if (real.rotation !== null) expect(real.take(moveGraceEnd(real.rotation, real.now, to))).toBe(may);
    if (may && model.rotation !== null) model.worksUntil[model.rotation.old] = to;
  });

describe('#52 any sequence of steps and waits', () => {
  it('keeps one secret working always, both while open, and brings none back', () => {
    const seconds = fc.oneof(fc.constantFrom(0, 1, 60, 7_776_000, 7_776_001, -1, 1.5), fc.nat(100));
    // prettier-ignore
    const ms = fc.oneof(fc.constantFrom(0, 1, 999, 1_000, 1_001, 60_000, 7_776_000_000), fc.nat(120_000));
    const commands = fc.commands(
      [
        ms.map(wait),
        fc
          .tuple(seconds, fc.oneof(fc.constant(0), fc.constantFrom(1, 1_000, -1), fc.nat(120_000)))
          .map(([grace, inMs]) => open(grace, inMs)),
        fc.constant(finish()),
        fc.tuple(fc.boolean(), fc.boolean()).map(([used, force]) => cancel(used, force)),
        fc.oneof(ms, fc.constantFrom(-1, -1_000)).map(move),
      ],
      { maxCommands: 25 },
    );
    fc.assert(
      fc.property(commands, (steps) => {
        const setup = () => ({
          model: { now: start, worksUntil: [Infinity], current: 0, rotation: null } as Model,
          real: new Real(),
        });
        fc.modelRun(setup, steps);
      }),
      { numRuns },
    );
  });
});
