/**
 * For how long a node believes what it remembers without hearing from the database: a dozen lost answers are survived, and a
 * revocation that does not get through is in force after this time all the same.
 */
export const leaseMsMax = 3_000;

/** A moment, on both clocks of the machine. */
export interface Moment {
  /** Never set, but on some systems it stands still while the machine sleeps. */
  readonly steadyMs: number;
  /** Runs on while the machine sleeps, but may be set. */
  readonly wallMs: number;
}

/** What a test gives in place of the machine's clocks. */
export interface LeaseClocks {
  steadyMs(): number;
  wallMs(): number;
}

const machineClocks: LeaseClocks = { steadyMs: () => performance.now(), wallMs: () => Date.now() };

/**
 * A node's leave to act on what it remembers. It runs from the moment at which the question was sent whose answer confirmed
 * it, and is asked by the clock at each call: an event loop that was blocked, or a laptop that slept, finds it run out.
 */
export class Lease {
  #steadyMs = Number.NEGATIVE_INFINITY;
  #wallMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly termMs = leaseMsMax,
    private readonly clocks = machineClocks,
  ) {}

  /** For a node that has its database to itself. */
  static endless(): Lease {
    const lease = new Lease(Number.POSITIVE_INFINITY);
    lease.renew(lease.now());
    return lease;
  }

  /** Of two clocks that differ, the one is believed by which more time has passed. */
  get holds(): boolean {
    return (
      this.clocks.steadyMs() - this.#steadyMs < this.termMs &&
      this.clocks.wallMs() - this.#wallMs < this.termMs
    );
  }

  now(): Moment {
    return { steadyMs: this.clocks.steadyMs(), wallMs: this.clocks.wallMs() };
  }

  /** @param sent when the question was sent, which may be too long ago to be of use */
  renew(sent: Moment): void {
    this.#steadyMs = sent.steadyMs;
    this.#wallMs = sent.wallMs;
  }
}
