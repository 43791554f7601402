import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { publishCrm } from '../support/crm.js';
import { expectDenial } from '../support/denials.js';
import { startTestLatchkey, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';

describe('#70 nothing is open that should not be', () => {
  let latchkey: TestLatchkey;
  let rows: NewRows;

  beforeAll(async () => {
    latchkey = await startTestLatchkey();
    await publishCrm(latchkey, 'http://127.0.0.1:1');
    rows = new NewRows(latchkey);
  });

  beforeEach(() => rows.skip());

  afterAll(() => latchkey.remove());

  it.each([
    [''],
    ['admin'],
    ['operator'],
    ['changeme'],
    ['latchkey'],
    ['test'],
    ['undefined'],
    ['null'],
    ['lk_prod_'],
  ])('no default secret: %j', async (secret) => {
    const headers = { 'x-access-token': secret };
    const answer = await latchkey.ask('GET', '/v1/accounts', { headers });
    expectDenial(
      answer,
      secret === '' ? 'CREDENTIALS_MISSING' : 'KEY_UNKNOWN',
      await rows.take(1),
      { keyId: null },
    );
  });

  it("another installation's operator key is nobody's here, and the file is its owner's alone", async () => {
    const other = await startTestLatchkey();
    try {
      expect(other.operatorKey).not.toBe(latchkey.operatorKey);
      const answer = await latchkey.ask('GET', '/v1/accounts', { secret: other.operatorKey });
      expectDenial(answer, 'KEY_UNKNOWN', await rows.take(1), { keyId: null });
      for (const file of ['operator.key', 'pepper.key', 'sealing.key']) {
        expect([file, statSync(join(other.folder, file)).mode & 0o777]).toEqual([file, 0o600]);
      }
    } finally {
      await other.remove();
    }
  });

  it.each([
    ['/v1/accounts'],
    ['/v1/request-log'],
    ['/docs'],
    ['/openapi.json'],
    ['/v1'],
    ['/console'],
    ['/latchkey/v1/accounts'],
  ])('management is not on the public port: %s', async (path) => {
    expectDenial(await latchkey.call('GET', path), 'CREDENTIALS_MISSING', await rows.take(1), {
      path,
    });
    const answer = await latchkey.call('GET', path, { secret: latchkey.operatorKey });
    expectDenial(answer, 'ROUTE_UNKNOWN', await rows.take(1), {
      path,
      door: path.startsWith('/latchkey') ? 'self' : 'gateway',
    });
  });

  it.each([['/crm/contacts'], ['/latchkey/v1/self']])(
    'and what is public is not on the management port: %s',
    async (path) => {
      const answer = await latchkey.ask('GET', path, { secret: latchkey.operatorKey });
      expectDenial(answer, 'ROUTE_UNKNOWN', await rows.take(1), { path, door: 'management' });
    },
  );
});
