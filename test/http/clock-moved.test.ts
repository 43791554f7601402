import { afterEach, beforeEach, describe, it } from '@jest/globals';
import { everyDoorScopes, expectAtEveryDoor } from '../support/every-door.js';
import { publishCrm, type Crm } from '../support/crm.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { makeFolder, removeFolder } from '../support/swept-folder.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const start = Date.UTC(2030, 5, 1, 12);
const hour = 3_600_000;

describe('#52 the clock is moved', () => {
  let folder: string;
  let upstream: RecordingUpstream;
  let latchkey: TestLatchkey;
  let crm: Crm;
  let now: number;

  beforeEach(async () => {
    folder = makeFolder('clock');
    now = start;
    upstream = await startUpstream();
    latchkey = await startAgain();
    crm = await publishCrm(latchkey, upstream.url);
  });

  afterEach(async () => {
    await latchkey?.remove();
    removeFolder(folder);
    await upstream.close();
  });

  const startAgain = () => startTestLatchkey({ TEST_FOLDER: folder }, { wallClock: () => now });

  async function makeKey(settings: Json = {}): Promise<{ key: Json; at: string }> {
    const key = await crm.makeKey({ scopes: everyDoorScopes, ...settings });
    return { key, at: `/v1/accounts/${crm.accountId}/keys/${key.id}` };
  }

  async function rotate(at: string, graceSeconds = 7200): Promise<Json> {
    return latchkey.manage('POST', `${at}/rotations`, { graceSeconds });
  }

  const expectAll = async (secrets: Readonly<Record<string, readonly string[]>>) => {
    const rows = new NewRows(latchkey);
    for (const [reason, ended] of Object.entries(secrets))
      for (const secret of ended) await expectAtEveryDoor(latchkey, rows, secret, reason);
  };

  /** Secrets that somebody ended, by the reason they are told, and one that works. */
  async function endThem(): Promise<{ ended: Record<string, string[]>; works: string[] }> {
    const finished = await makeKey();
    const unwarned = await makeKey();
    const cancelled = await makeKey();
    const reissued = await makeKey();
    const revoked = await makeKey();
    const writtenDown = await makeKey();
    const first = await rotate(finished.at);
    await latchkey.manage('POST', `${finished.at}/rotations/${first.id}/finish`);
    const second = await rotate(unwarned.at, 0);
    const third = await rotate(cancelled.at);
    await latchkey.manage('POST', `${cancelled.at}/rotations/${third.id}/cancel`);
    const again = await latchkey.manage('POST', `${reissued.at}/reissue`);
    await latchkey.manage('POST', `${revoked.at}/revoke`);
    await rotate(writtenDown.at, 1);
    now += 1000;
    // The next rotation finds that the grace of the one before is over, and writes it down.
    const fifth = await rotate(writtenDown.at);
    return {
      ended: {
        SECRET_EXPIRED: [finished.key.secret, unwarned.key.secret, writtenDown.key.secret],
        SECRET_REVOKED: [third.secret, reissued.key.secret],
        KEY_REVOKED: [revoked.key.secret],
      },
      works: [first.secret, second.secret, cancelled.key.secret, again.secret, fifth.secret],
    };
  }

  it('back, and the process lives on: nothing that ended begins again, by whatever it ended', async () => {
    const { ended, works } = await endThem();
    const { key: expiring } = await makeKey({ expiresAt: new Date(now + hour).toISOString() });
    const { key: rotated, at } = await makeKey();
    await rotate(at, 3600);
    now += hour;
    const over = [...(ended['SECRET_EXPIRED'] ?? []), expiring.secret, rotated.secret];
    for (const moved of [now, now - 1, start - 24 * hour, now + 1, 0]) {
      now = moved;
      await expectAll({ ...ended, SECRET_EXPIRED: over });
    }
    const rows = new NewRows(latchkey);
    for (const secret of works) await expectAtEveryDoor(latchkey, rows, secret, 200);
  }, 60_000);

  it('back over a restart: nothing that somebody ended begins again', async () => {
    const { ended, works } = await endThem();
    await expectAll(ended);
    for (const moved of [start - 1, start - 24 * hour]) {
      await latchkey.close();
      now = moved;
      latchkey = await startAgain();
      await expectAll(ended);
    }
    const rows = new NewRows(latchkey);
    for (const secret of works) await expectAtEveryDoor(latchkey, rows, secret, 200);
  }, 60_000);

  it('forward: what is due ends at once, and nothing else does', async () => {
    const { ended, works } = await endThem();
    const { key: expiring } = await makeKey({ expiresAt: new Date(now + hour).toISOString() });
    const { key: rotated, at } = await makeKey();
    const { secret: fresh } = await rotate(at, 7200);
    const rows = new NewRows(latchkey);
    for (const secret of [expiring.secret, rotated.secret])
      await expectAtEveryDoor(latchkey, rows, secret, 200);
    now += 1000 * 24 * hour;
    const over = [...(ended['SECRET_EXPIRED'] ?? []), expiring.secret, rotated.secret];
    await expectAll({ ...ended, SECRET_EXPIRED: over });
    for (const secret of [...works, fresh]) await expectAtEveryDoor(latchkey, rows, secret, 200);
  }, 60_000);
});
