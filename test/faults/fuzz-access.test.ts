import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { accessQuestions } from '../support/fuzz/access-questions.js';
import { Installation, operatorKey } from '../support/fuzz/installation.js';
import { requestsFor } from '../support/fuzz/requests.js';
import { casesOf, fuzz, tellSeed } from '../support/fuzz/runs.js';
import { sendings } from '../support/fuzz/sendings.js';
import { numRuns } from '../support/property-runs.js';

const count = casesOf(numRuns * 6);
jest.setTimeout(30 * 60_000);

describe('#81 #85 #19 #28 the access listener, whatever is sent to it', () => {
  let installation: Installation;

  beforeAll(async () => {
    installation = await Installation.start();
  });

  afterAll(() => installation.remove());

  it('answers with one sound answer each, or hangs up, and is not harmed', async () => {
    tellSeed('the access listener', count);
    const { soundness, secrets, upstream } = installation;
    const { vendor, fenced, retiring, replacing, suspended, revoked } = secrets;
    const usable = [vendor, vendor, vendor, fenced, retiring, replacing];
    const ours = fc.constantFrom(...usable, suspended, revoked);
    // A secret that was brought along has no checksum: beside a credential's place, nobody can know it for one.
    const genuine = fc.oneof(
      { weight: 9, arbitrary: ours },
      { weight: 1, arbitrary: fc.constant(operatorKey) },
    );
    const damageable = requestsFor(accessQuestions(ours, ours), ours);
    const requests = requestsFor(accessQuestions(genuine, ours), ours);
    await fuzz(installation.accessUrl, sendings(requests, damageable), count, (sending, received) =>
      soundness.expectSound(sending, received),
    );
    // It was no idle talk: much was let through, and each way of refusing was taken.
    expect(upstream.count()).toBeGreaterThanOrEqual(Math.floor(count / 10));
    soundness.expectSeen(
      count,
      [200, 400, 401, 403, 404],
      [204, 304, 405, 417, 431, 501, 502, 504],
    );
    await installation.expectUnharmed();
  });
});
