// `npm run bench:console`: what the console takes to show an account with very many keys and calls.
//   ROWS=10000000 KEYS=2000 ROUNDS=5 npm run bench:console
import SqliteDatabase from 'better-sqlite3';
import { rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { commitNow } from '../commit-now.mjs';
import { startLatchkey, startLatchkeyIn } from '../contenders.mjs';
import { fillLog } from '../log/fill-log.mjs';
import { traffic } from '../log/traffic.mjs';
import { median } from '../quantile.mjs';
import { fillKeys } from '../scale/fill-keys.mjs';
import { lookRound } from './look-round.mjs';

const rows = Number(process.env.ROWS ?? 10_000_000);
const keys = Number(process.env.KEYS ?? 2_000);
const rounds = Number(process.env.ROUNDS ?? 5);
const port = Number(process.env.BENCH_PORT ?? 19_300);
const days = 30;

const { folder, accountId, link } = await fill();
const log = `sqlite:${join(folder, 'full-log.db')}`;
await fillLog(log, callsOf(keysIn(folder)), rows);
const server = await startLatchkeyIn(folder, 'committed', port, {
  environment: { CALL_LOG_URL: log },
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
try {
  const storageState = await signIn();
  const taken = new Map();
  for (let round = 1; round <= rounds; round += 1) {
    process.stderr.write(`\rround ${round} of ${rounds}`);
    // A browser that has seen nothing before.
    const context = await browser.newContext({
      storageState,
      viewport: { width: 1280, height: 860 },
    });
    const page = await context.newPage();
    for (const [what, value] of await lookRound(page, `${origin()}/accounts/${accountId}`))
      taken.set(what, [...(taken.get(what) ?? []), value]);
    await context.close();
  }
  process.stderr.write('\n');
  const lines = [...taken].map(([what, values]) => `| ${what} | ${Math.round(median(values))} |`);
  const text = [
    ...['# What the console takes', ''],
    `${keys} keys and ${rows} calls in one account, over ${days} days; ${rounds} rounds, medians. Node ${process.version}, commit ${commitNow()}, ${cpus()[0]?.model}, ${new Date().toISOString().slice(0, 10)}.`,
    ...['', '|   |   |', '| --- | --- |', ...lines, ''],
  ].join('\n');
  process.stdout.write(text);
  writeFileSync(new URL('./RESULTS.md', import.meta.url), text);
} finally {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

function origin() {
  return `http://127.0.0.1:${server.managementPort}`;
}

/** The account, its keys, and an invitation to it. */
async function fill() {
  const maker = await startLatchkey('committed', port, 'http://127.0.0.1:9');
  fillKeys(maker.folder, maker.keyId, keys - 1);
  const invited = await maker.manage('POST', `/accounts/${maker.accountId}/invitations`, {
    ...{ email: 'bench@example.com', role: 'admin' },
  });
  await maker.pause();
  return { folder: maker.folder, accountId: maker.accountId, link: invited.link };
}

function keysIn(place) {
  const database = new SqliteDatabase(join(place, 'latchkey.db'), { readonly: true });
  const sql = `SELECT api_key.id AS keyId, api_key.name AS keyName, api_key.account_id AS accountId, secret.id AS secretId, secret.start AS secretStart
    FROM api_key JOIN secret ON secret.key_id = api_key.id WHERE api_key.account_id = ? ORDER BY api_key.id`;
  const found = database.prepare(sql).all(accountId);
  database.close();
  return found;
}

/** The usual traffic, as calls of these keys. */
function* callsOf(those) {
  for (const call of traffic({ rows, days }))
    yield { ...call, ...those[Number(call.keyId.slice('key_'.length)) % those.length] };
}

async function signIn() {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(link);
  await page.getByLabel('Your name').fill('Olu Adeyemi');
  await page.getByRole('textbox', { name: 'Password' }).fill('a long password for pictures');
  await page.getByRole('button', { name: 'Begin' }).click();
  await page.waitForURL('**/accounts/*/keys');
  const state = await context.storageState();
  await context.close();
  return state;
}
