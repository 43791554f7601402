import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { DayEnds, isTimeZone } from './day-ends.js';

const hour = 3_600_000;
const at = (time: string): number => Date.parse(time);

describe('a day ends with the first instant of a later date', () => {
  it.each([
    ['UTC', '2027-03-01T00:00:00.000Z', '2027-03-02T00:00:00.000Z'],
    ['its last millisecond', '2027-03-01T23:59:59.999Z', '2027-03-02T00:00:00.000Z'],
    ['Asia/Kolkata', '2027-03-01T12:00:00.000Z', '2027-03-01T18:30:00.000Z'],
    ['Asia/Kathmandu', '2027-03-01T18:15:00.000Z', '2027-03-02T18:15:00.000Z'],
    ['Pacific/Kiritimati', '2027-03-01T12:00:00.000Z', '2027-03-02T10:00:00.000Z'],
    ['Etc/GMT+12', '2027-03-01T11:59:59.999Z', '2027-03-01T12:00:00.000Z'],
  ])('%s: %s → %s', (zone, now, end) => {
    const timeZone = isTimeZone(zone) ? zone : 'UTC';
    expect(new Date(new DayEnds().after(at(now), timeZone)).toISOString()).toBe(end);
  });

  it.each([
    ['23 hours: clocks go forward', 'Europe/Berlin', '2027-03-28T00:00:00+01:00', 23],
    ['25 hours: clocks go back', 'Europe/Berlin', '2027-10-31T00:00:00+02:00', 25],
    ['24 hours, as ever', 'Europe/Berlin', '2027-10-30T00:00:00+02:00', 24],
    ['23 hours in New York', 'America/New_York', '2027-03-14T00:00:00-05:00', 23],
    ['25 hours in New York', 'America/New_York', '2027-11-07T00:00:00-04:00', 25],
    ['half an hour on Lord Howe Island', 'Australia/Lord_Howe', '2027-10-03T00:00:00+10:30', 23.5],
    ['a day before one without midnight', 'America/Sao_Paulo', '2018-11-03T00:00:00-03:00', 24],
    ['a day without midnight', 'America/Sao_Paulo', '2018-11-04T01:00:00-02:00', 23],
    [
      'clocks go back at midnight, to the day before',
      'America/Sao_Paulo',
      '2018-02-17T00:00:00-02:00',
      25,
    ],
    ['a day is left out at the date line', 'Pacific/Apia', '2011-12-29T00:00:00-10:00', 24],
  ])('%s', (_what, timeZone, begins, hours) => {
    // prettier-ignore
    const start = at(begins);
    const ends = new DayEnds();
    expect((ends.after(start, timeZone) - start) / hour).toBe(hours);
    // From wherever in the day it is asked, and not from the instant before.
    for (const now of [start + 1, start + hour, start + hours * hour - 1])
      expect(ends.after(now, timeZone)).toBe(start + hours * hour);
    expect(ends.after(start - 1, timeZone)).toBe(start);
  });

  it('of a zone that is not known here is that of UTC', () => {
    expect(new DayEnds().after(at('2027-03-01T12:00:00Z'), 'Mars/Olympus')).toBe(
      at('2027-03-02T00:00:00Z'),
    );
  });

  it('is always ahead, within 50 hours, and one millisecond before it is the same day', () => {
    const zones = fc.constantFrom('UTC', ...Intl.supportedValuesOf('timeZone'));
    const times = fc.integer({ min: at('2020-01-01'), max: at('2040-01-01') });
    const ends = new DayEnds();
    fc.assert(
      fc.property(zones, times, (timeZone, now) => {
        const end = ends.after(now, timeZone);
        expect(end).toBeGreaterThan(now);
        expect(end - now).toBeLessThanOrEqual(50 * hour);
        const dateOf = (time: number) => new Date(time).toLocaleDateString('sv', { timeZone });
        expect(dateOf(end - 1)).toBe(dateOf(now));
        expect(dateOf(end) > dateOf(now)).toBe(true);
      }),
      { numRuns: Math.ceil(numRuns / 5) },
    );
  });
});

describe('a time zone', () => {
  it.each(['UTC', 'Europe/Dublin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+3', 'Asia/Calcutta'])(
    'is named %s',
    (name) => expect(isTimeZone(name)).toBe(true),
  );

  it.each(['', ' ', '+01:00', '01:00', 'Mars/Olympus', 'UTC ', 'Europe/Dublin\n', 'x'.repeat(65), '__proto__', '../etc'])(
    'is not named %j',
    (name) => expect(isTimeZone(name)).toBe(false),
  ); // prettier-ignore
});
