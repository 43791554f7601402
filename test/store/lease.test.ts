import { beforeEach, describe, expect, it } from '@jest/globals';
import { Lease } from '../../src/store/lease.js';

describe('#56 a lease', () => {
  let steady: number;
  let wall: number;
  let lease: Lease;

  beforeEach(() => {
    [steady, wall] = [50, 1_790_000_000_000];
    lease = new Lease(3_000, { steadyMs: () => steady, wallMs: () => wall });
  });

  const pass = (milliseconds: number): void => {
    steady += milliseconds;
    wall += milliseconds;
  };

  it('does not hold before the first confirmation', () => {
    expect(lease.holds).toBe(false);
  });

  it('runs from when the question was sent, not from when its answer came', () => {
    const sent = lease.now();
    pass(2_000);
    lease.renew(sent);
    expect(lease.holds).toBe(true);
    pass(999);
    expect(lease.holds).toBe(true);
    pass(1);
    expect(lease.holds).toBe(false);
  });

  it('is not renewed by an answer that took longer than it', () => {
    const sent = lease.now();
    pass(3_000);
    lease.renew(sent);
    expect(lease.holds).toBe(false);
  });

  it('has run out for a machine that slept, though its steady clock slept with it', () => {
    lease.renew(lease.now());
    wall += 3_000;
    expect(lease.holds).toBe(false);
  });

  it('is not made longer by a clock that is set back', () => {
    lease.renew(lease.now());
    wall -= 3_600_000;
    steady += 2_999;
    expect(lease.holds).toBe(true);
    steady += 1;
    expect(lease.holds).toBe(false);
  });

  it('can be endless, for a node that has its database to itself', () => {
    expect(Lease.endless().holds).toBe(true);
  });
});
