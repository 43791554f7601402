import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { eventDigest, prunedAction, type ChainPlace, type DigestedEvent } from './audit-chain.js';
import { ChainWalk, type ChainFinding } from './audit-chain-walk.js';

const key = Buffer.alloc(32, 'k');
const another = Buffer.alloc(32, 'a');

/** A genuine chain. @param tell what the event of a number says besides */
function chainOf(
  length: number,
  tell: (seq: number, chain: readonly DigestedEvent[]) => Partial<DigestedEvent> = () => ({}),
  signingKey = key,
): DigestedEvent[] {
  const chain: DigestedEvent[] = [];
  for (let seq = 1; seq <= length; seq += 1) {
    const event = {
      ...{ id: `evt_${seq}`, accountId: 'acc_1', seq, at: seq * 10, action: 'key.changed' },
      ...{ actor: { kind: 'key' }, callerIp: null, targetType: 'key', targetId: 'key_1' },
      ...{ before: null, after: { seq }, previousDigest: chain.at(-1)?.digest ?? '' },
      ...tell(seq, chain),
    };
    chain.push({ ...event, digest: eventDigest(event, signingKey) });
  }
  return chain;
}

const placeOf = (event: DigestedEvent | undefined): ChainPlace | null =>
  event === undefined ? null : { seq: event.seq, digest: event.digest };

function walked(
  events: readonly DigestedEvent[],
  head: ChainPlace | null,
  kept: ChainPlace | null = null,
): ChainFinding {
  const walk = new ChainWalk(key, kept);
  for (const event of events) walk.take(event);
  return walk.end(head);
}

/** The same event with another value in one field. */
const edits: Readonly<Record<string, (event: DigestedEvent) => Partial<DigestedEvent>>> = {
  id: () => ({ id: 'evt_x' }),
  accountId: () => ({ accountId: 'acc_2' }),
  at: ({ at }) => ({ at: at + 1 }),
  action: () => ({ action: 'key.created' }),
  actor: () => ({ actor: { kind: 'member' } }),
  callerIp: () => ({ callerIp: '192.0.2.1' }),
  targetType: () => ({ targetType: 'account' }),
  targetId: () => ({ targetId: 'key_2' }),
  before: () => ({ before: {} }),
  after: () => ({ after: null }),
  previousDigest: () => ({ previousDigest: 'x' }),
  digest: () => ({ digest: 'x' }),
};

describe('a walk along an audit chain', () => {
  /** What a chain begins with does not depend on how it goes on. */
  const genuine = chainOf(20);

  it('finds nothing wrong with a chain that is whole, of any length', () => {
    for (const length of [0, 1, 2, 50]) {
      const chain = chainOf(length);
      const head = placeOf(chain.at(-1)) ?? { seq: 0, digest: '' };
      expect(walked(chain, head)).toMatchObject({ events: length, break: null });
    }
  });

  it('finds any one edit, at its place', () => {
    const anEdit = fc.tuple(
      fc.integer({ min: 1, max: 20 }),
      fc.nat(),
      fc.constantFrom(...Object.keys(edits)),
    );
    fc.assert(
      fc.property(anEdit, ([length, where, field]) => {
        const chain = genuine.slice(0, length);
        const index = where % length;
        const event = chain[index] as DigestedEvent;
        const head = placeOf(chain.at(-1));
        chain[index] = { ...event, ...edits[field]?.(event) };
        const found = walked(chain, head).break;
        expect([found?.fault, found?.seq]).toEqual(['altered', index + 1]);
      }),
      { numRuns },
    );
  });

  it('finds any events that were taken out', () => {
    const aHole = fc.tuple(
      fc.integer({ min: 1, max: 20 }),
      fc.nat(),
      fc.integer({ min: 1, max: 5 }),
    );
    fc.assert(
      fc.property(aHole, ([length, where, count]) => {
        const chain = genuine.slice(0, length);
        const head = placeOf(chain.at(-1));
        const from = where % length;
        const gone = chain.splice(from, count);
        const fault = from === chain.length ? 'cut_off' : 'missing';
        expect(walked(chain, head).break).toEqual({
          fault,
          seq: from + 1,
          toSeq: from + gone.length,
        });
      }),
      { numRuns },
    );
  });

  it('tells events that were made with another key from one that was altered', () => {
    const chain = chainOf(6);
    const head = placeOf(chain.at(-1));
    const last = { ...(chain[5] as DigestedEvent), at: 1 };
    expect(walked([...chain.slice(0, 5), last], head).break?.fault).toBe('altered');
    const elsewhere = chainOf(6, undefined, another);
    expect(walked(elsewhere, placeOf(elsewhere.at(-1))).break).toEqual({
      ...{ fault: 'foreign', seq: 1, toSeq: 6, eventId: 'evt_1' },
    });
  });

  it('tells a genuine event that stands behind another than it was written after', () => {
    const [ours, theirs] = [chainOf(4), chainOf(4, (seq) => ({ at: seq }))];
    const spliced = [...ours.slice(0, 2), ...theirs.slice(2)];
    expect(walked(spliced, placeOf(theirs[3])).break).toMatchObject({ fault: 'unlinked', seq: 3 });
    const twice = [...ours, { ...(ours[3] as DigestedEvent), id: 'evt_y' }];
    expect(walked(twice, placeOf(ours[3])).break).toMatchObject({ fault: 'repeated', seq: 4 });
  });

  describe('that retention has taken the beginning of', () => {
    /** Events 1 to 3 were taken away, and the fifth event says so. */
    const pruned = (says: (upTo: ChainPlace | null) => unknown = (upTo) => ({ upTo })) =>
      chainOf(8, (seq, chain) =>
        seq === 5 ? { action: prunedAction, after: says(placeOf(chain[2])) } : {},
      );

    it('holds where an event says so, and nowhere else', () => {
      const chain = pruned();
      const head = placeOf(chain.at(-1));
      expect(walked(chain.slice(3), head).break).toBeNull();
      expect(walked(chain.slice(2), head).break).toEqual({ fault: 'missing', seq: 1, toSeq: 2 });
      expect(walked(chain.slice(5), head).break).toEqual({ fault: 'missing', seq: 1, toSeq: 5 });
      expect(walked(chain.slice(4), head).break).toEqual({ fault: 'missing', seq: 4, toSeq: 4 });
    });

    it.each<[what: string, says: (upTo: ChainPlace | null) => unknown, fault: string]>([
      ['another digest', () => ({ upTo: { seq: 3, digest: 'x' } }), 'unlinked'],
      ['nothing that can be read', () => ({ upTo: 'x' }), 'missing'],
      ['no place', () => ({ upTo: { seq: 1.5, digest: '' } }), 'missing'],
      ['nothing', () => null, 'missing'],
    ])('does not hold where the event says %s', (_what, says, fault) => {
      const chain = pruned(says);
      expect(walked(chain.slice(3), placeOf(chain.at(-1))).break?.fault).toBe(fault);
    });

    it('does not hold on the word of somebody without the key', () => {
      const chain = chainOf(8);
      const upTo = placeOf(chain[2]);
      chain[4] = { ...(chain[4] as DigestedEvent), action: prunedAction, after: { upTo } };
      const found = walked(chain.slice(3), placeOf(chain.at(-1))).break;
      expect(found).toEqual({ fault: 'missing', seq: 1, toSeq: 3 });
    });

    it('is compared with a head that was kept as far as it goes', () => {
      const chain = pruned();
      const head = placeOf(chain.at(-1));
      const rest = chain.slice(3);
      expect(walked(rest, head, placeOf(chain[6])).break).toBeNull();
      expect(walked(rest, head, placeOf(chain[2])).break).toBeNull();
      const other = { seq: 3, digest: 'x' };
      expect(walked(rest, head, other).break).toEqual({ fault: 'rewritten', seq: 3 });
      expect(walked(rest, head, { seq: 2, digest: 'x' })).toMatchObject({
        ...{ keptHeadIsPruned: true, break: null },
      });
    });
  });
});
