import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { MortalLatchkey } from '../support/mortal-latchkey.js';
import { describeOnEachDatabase } from '../support/store.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const rounds = process.env['CI'] === 'true' ? 10 : 3;
/** Longer than from one save to the next. */
const savedMs = 1_500;
const limit = 1_000;

describeOnEachDatabase('#91 kill -9 and what was counted against limits', (kind) => {
  let latchkey: MortalLatchkey;
  let upstream: RecordingUpstream;

  beforeEach(async () => {
    upstream = await startUpstream();
    latchkey = await MortalLatchkey.make(kind);
    await latchkey.start();
  }, 120_000);

  afterEach(async () => {
    await latchkey.remove();
    await upstream.close();
  }, 120_000);

  it('forgets no more than the last second, and counts nothing twice', async () => {
    const crm: Crm = await publishCrm(latchkey, upstream.url);
    const rateLimits = { rolling: { requests: limit, windowSeconds: 3600 } };
    const { id, secret } = await crm.makeKey({ rateLimits });
    const call = () =>
      latchkey.send({ door: 'access', method: 'GET', path: '/crm/contacts', secret });
    const used = async (): Promise<number> => {
      const path = `/v1/accounts/${crm.accountId}/keys/${id}/limits`;
      return (await latchkey.manage('GET', path)).limits[0].used;
    };
    let counted = 0;
    for (let round = 0; round < rounds; round += 1) {
      for (let i = 0; i < 20; i += 1) expect((await call()).status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, savedMs));
      const saved = counted + 20;
      expect(await used()).toBe(saved);
      const last = await Promise.all(Array.from({ length: round * 7 }, call));
      expect(last.every(({ status }) => status === 200)).toBe(true);
      latchkey.kill();
      await latchkey.dead();
      await latchkey.start();
      counted = await used();
      expect(counted).toBeGreaterThanOrEqual(saved);
      expect(counted).toBeLessThanOrEqual(saved + round * 7);
      const next = await call();
      expect(next.headers.get('x-latchkey-ratelimit-remaining')).toBe(String(limit - counted - 1));
      counted += 1;
    }
  }, 120_000);
});
