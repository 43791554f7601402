import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { expectUnbrokenChains } from '../support/audit-chains.js';
import { publishCrm } from '../support/crm.js';
import { KilledLoad, type AcknowledgedKey } from '../support/killed-load.js';
import { MortalLatchkey } from '../support/mortal-latchkey.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';
import { expectRowsFound } from '../support/found-rows.js';
import { expectUsageOfRows } from '../support/usage-of-rows.js';

/** How many installations are killed side by side, and how often each. */
const width = 2;
const rounds = (process.env['CI'] === 'true' ? 100 : 10) / width;

/** An installation with an upstream of its own. */
interface Site {
  readonly latchkey: MortalLatchkey;
  readonly upstream: RecordingUpstream;
}

let sites: Site[];

beforeEach(async () => {
  sites = [];
  for (let i = 0; i < width; i += 1)
    sites.push({ latchkey: await MortalLatchkey.make('sqlite'), upstream: await startUpstream() });
});

afterEach(async () => {
  for (const { latchkey, upstream } of sites) {
    await latchkey.remove();
    await upstream.close();
  }
});

it(`#91 #66 killed ${width * rounds} times under load: nothing that was acknowledged is lost`, async () => {
  const ended = await Promise.allSettled(sites.map(killAgainAndAgain));
  for (const site of ended) if (site.status === 'rejected') throw site.reason;
}, 1_200_000);

async function killAgainAndAgain(site: Site): Promise<void> {
  const { latchkey, upstream } = site;
  await latchkey.start();
  const crm = await publishCrm(latchkey, upstream.url);
  const { secret } = await crm.makeKey({ scopes: ['contacts.read', 'contacts.write'] });
  const load = new KilledLoad(latchkey, crm.accountId, secret);
  let seen = 0;
  for (let round = 0; round < rounds; round += 1) {
    // Sometimes while it still warms up, sometimes in full swing.
    await load.killAfter((round * 17) % 40, (round * 5) % 12);
    await latchkey.start();
    latchkey.expectIntegrity();
    await expectKeys(latchkey, load);
    expectCalls(site, load);
    await expectUsage(latchkey);
    const fresh = [...load.keys.values()].slice(seen);
    seen = load.keys.size;
    for (const key of fresh) await expectSecretsAsAcknowledged(latchkey, key);
  }
}

async function expectKeys(latchkey: MortalLatchkey, { keys }: KilledLoad): Promise<void> {
  const tables = await latchkey.tables();
  expectUnbrokenChains(tables);
  const rows = new Map(tables['api_key']?.map((row) => [row['id'], row]));
  for (const [id, { name, standing }] of keys) {
    expect(rows.get(id)).toMatchObject({
      id,
      ...(name !== null && { name }),
      ...(standing !== null && { standing }),
    });
  }
}

async function expectSecretsAsAcknowledged(
  latchkey: MortalLatchkey,
  { secrets, standing }: AcknowledgedKey,
): Promise<void> {
  if (standing === null) return;
  for (const secret of secrets) expect(await latchkey.works(secret)).toBe(standing === 'active');
}

/** Each call is counted with its row, and can be found. */
async function expectUsage(latchkey: MortalLatchkey): Promise<void> {
  const handle = latchkey.openLog();
  try {
    await expectUsageOfRows((sql) => handle.prepare(sql).all() as Record<string, unknown>[]);
  } finally {
    handle.close();
  }
  expectRowsFound(latchkey.logPath);
}

/** Each call that was answered is on the log once, and each unsafe one that reached the upstream, answered or not. */
function expectCalls({ latchkey, upstream }: Site, { calls }: KilledLoad): void {
  const handle = latchkey.openLog();
  try {
    const rows = handle.prepare("SELECT query FROM call WHERE door = 'gateway'").pluck().all();
    const logged = new Set(rows);
    expect(rows).toHaveLength(logged.size);
    expect(calls.filter((n) => !logged.has(`n=${n}`))).toEqual([]);
    const unsafe = upstream.calls.filter(({ method }) => method !== 'GET');
    expect(unsafe.filter(({ url }) => !logged.has(url.split('?')[1]))).toEqual([]);
    const twice = handle.prepare('SELECT seq FROM call GROUP BY node_id, seq HAVING count(*) > 1');
    expect(twice.all()).toEqual([]);
  } finally {
    handle.close();
  }
}
