import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { accessQuestions } from '../support/fuzz/access-questions.js';
import { credentialOf, foreignSecret, misplaced, twoAtOnce } from '../support/fuzz/credentials.js';
import { Installation, operatorKey, type Tenant } from '../support/fuzz/installation.js';
import { managementQuestions, operationsIn } from '../support/fuzz/management-questions.js';
import { requestsFor } from '../support/fuzz/requests.js';
import { casesOf, fuzz, tellSeed } from '../support/fuzz/runs.js';
import { sendings } from '../support/fuzz/sendings.js';
import { send, type Json } from '../support/latchkey.js';
import { numRuns } from '../support/property-runs.js';

const count = casesOf(numRuns * 3);
jest.setTimeout(30 * 60_000);

describe('#67 #71 #73 #74 #28 the management listener, whatever is sent to it', () => {
  let installation: Installation;
  let document: Json;
  let scratch: Tenant;
  let tenant: Tenant;

  beforeAll(async () => {
    installation = await Installation.start();
    document = (await send(installation.managementUrl, 'GET', '/openapi.json')).json;
    // What the operator's cases may spoil, and what the admin's cases need: an account each.
    scratch = await installation.openTenant('Scratch');
    tenant = await installation.openTenant('Tenant');
  });

  afterAll(() => installation.remove());

  it('answers with one sound answer each, or hangs up, and is not harmed', async () => {
    tellSeed('the management listener', count);
    const { soundness, secrets } = installation;
    const ours = fc.constantFrom(...Object.values(secrets), tenant.admin, scratch.admin);
    const operations = operationsIn(document);
    const questions = (
      secret: fc.Arbitrary<string>,
      { accountId, keyId, rotationId, webhookId, exportId }: Tenant,
      asked = operations,
    ) => {
      const ids = { accountId, keyId, rotationId, webhookId, exportId };
      const presented = credentialOf(secret);
      return managementQuestions(asked, document.components.schemas, presented, ids, ours);
    };
    // It would lock out every key of its own account, itself included.
    const harmless = operations.filter(
      ({ method, template }) =>
        method !== 'PUT' || template !== '/v1/accounts/{accountId}/ip-allowlist',
    );
    const asAdmin = questions(fc.constant(tenant.admin), tenant, harmless);
    const asAnybody = questions(fc.oneof(ours, foreignSecret(ours)), scratch);
    const unclear = managementQuestions(
      operations,
      document.components.schemas,
      fc.oneof(misplaced(ours), twoAtOnce(credentialOf(ours))),
      { accountId: scratch.accountId },
      ours,
    );
    const elsewhere = accessQuestions(ours, ours);
    const damageable = fc.oneof(asAdmin, asAnybody);
    const all = fc.oneof(
      { weight: 6, arbitrary: questions(fc.constant(operatorKey), scratch) },
      { weight: 3, arbitrary: asAdmin },
      { weight: 1, arbitrary: asAnybody },
      { weight: 1, arbitrary: unclear },
      { weight: 1, arbitrary: elsewhere },
    );
    await fuzz(
      installation.managementUrl,
      sendings(requestsFor(all, ours), requestsFor(damageable, ours)),
      count,
      (sending, received) => soundness.expectSound(sending, received),
    ).catch((error: unknown) => {
      const lastWords = installation.process.stderr().slice(-2_000);
      throw new Error(`${String(error)}\nThe server's last words: ${lastWords}`, { cause: error });
    });
    // It was no idle talk: things were made, read and changed, and each way of refusing was taken.
    soundness.expectSeen(
      count,
      [200, 201, 400, 401, 403, 404, 405, 409],
      [204, 412, 413, 415, 422, 431],
    );
    expect(soundness.seen(200)).toBeGreaterThanOrEqual(Math.floor(count / 20));
    await installation.expectUnharmed();
  });
});
