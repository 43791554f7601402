import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import * as fc from 'fast-check';
import { join } from 'node:path';
import { credentialOf, foreignSecret, misplaced, nothingPresented, twoAtOnce } from '../support/fuzz/credentials.js'; // prettier-ignore
import { Installation, operatorKey } from '../support/fuzz/installation.js';
import { managementQuestions, operationsIn } from '../support/fuzz/management-questions.js';
import { requestsFor } from '../support/fuzz/requests.js';
import { casesOf, fuzz, tellSeed } from '../support/fuzz/runs.js';
import { sendings } from '../support/fuzz/sendings.js';
import { send, type Json } from '../support/latchkey.js';
import { tablesOnDisk, type Tables } from '../support/main-tables.js';
import { numRuns } from '../support/property-runs.js';

const count = casesOf(numRuns);
jest.setTimeout(30 * 60_000);

describe('#31 #68 #28 the management listener, without a credential for it', () => {
  let installation: Installation;
  let database: SqliteDatabase.Database;

  beforeAll(async () => {
    installation = await Installation.start();
    const { dataFolder } = installation;
    database = new SqliteDatabase(join(dataFolder, 'latchkey.db'), { readonly: true });
  });

  afterAll(async () => {
    database.close();
    await installation.remove();
  });

  it('changes nothing, whatever is sent', async () => {
    tellSeed('the management listener without a credential for it', count);
    const { accessUrl, managementUrl, dataFolder, soundness, secrets } = installation;
    const document: Json = (await send(managementUrl, 'GET', '/openapi.json')).json;
    const reader = await installation.makeReader();
    const { accountId, keyId, rotationId, webhookId } = await installation.openTenant('Victim');
    const { admin } = await installation.openTenant('Neighbour');
    // The first use of a secret is written down; later ones are not.
    for (const secret of [reader, admin, ...Object.values(secrets)]) {
      const headers = { 'x-access-token': secret, 'x-forwarded-for': '203.0.113.7' };
      await send(accessUrl, 'GET', '/latchkey/v1/self', { headers });
    }
    const powerless = fc.constantFrom(reader, admin, ...Object.values(secrets));
    const operator = fc.constant(operatorKey);
    const questions = (presented: Parameters<typeof managementQuestions>[2]) =>
      managementQuestions(
        operationsIn(document).filter(({ method }) => method !== 'GET'),
        document.components.schemas,
        presented,
        { accountId, keyId, rotationId, webhookId },
        fc.constantFrom(...Object.values(secrets)),
      );
    const stray = fc.constantFrom(...Object.values(secrets));
    const harmless = requestsFor(
      questions(
        fc.oneof(
          { weight: 4, arbitrary: credentialOf(powerless) },
          { weight: 2, arbitrary: credentialOf(foreignSecret(fc.oneof(powerless, operator))) },
          { weight: 1, arbitrary: fc.constant(nothingPresented) },
        ),
      ),
      stray,
    );
    // One that would do, presented so that it does not: a damaged one might do after all.
    const malformed = requestsFor(
      questions(fc.oneof(misplaced(operator), twoAtOnce(credentialOf(operator)))),
      stray,
    );
    const versionOf = (): unknown => database.pragma('data_version', { simple: true });
    const before = changedByRequests(tablesOnDisk(dataFolder));
    let version = versionOf();
    await fuzz(
      managementUrl,
      sendings(
        fc.oneof({ weight: 4, arbitrary: harmless }, { weight: 1, arbitrary: malformed }),
        harmless,
      ),
      count,
      (sending, received) => {
        soundness.expectSound(sending, received);
        // SQLite's own count of what others have committed: only then is it worth a look.
        const seen = version;
        version = versionOf();
        if (version !== seen) expect(changedByRequests(tablesOnDisk(dataFolder))).toEqual(before);
      },
      // One after the other: what changed, this case changed.
      1,
    );
    expect(changedByRequests(tablesOnDisk(dataFolder))).toEqual(before);
    soundness.expectSeen(count, [400, 401, 403, 404]);
    await installation.expectUnharmed();
  });
});

/** Without what the process writes as time goes on: that a key was used from a new address is told, let in or not. */
function changedByRequests(tables: Tables): Tables {
  const {
    notice: _n,
    notice_delivery: _d,
    notice_attempt: _a,
    access_revision: _r,
    ...rest
  } = tables;
  const facts = (rest['installation'] ?? []).filter(
    ({ name }) => !String(name).startsWith('watched_until.'),
  );
  return { ...rest, installation: facts };
}
