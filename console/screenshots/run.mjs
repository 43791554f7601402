// `npm run screenshots`: a picture of every view of the console, light, dark and as narrow as a telephone, in `pictures/`.
//   npm run screenshots                     all of them
//   npm run screenshots -- keys rotation    these views
//   npm run screenshots -- --readme         those of the README, in docs/pictures
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { startLatchkey } from '../../dist/src/latchkey.js';
import { readSettings } from '../../dist/src/platform/config/settings.js';
import { days, fill } from './estate.mjs';
import { readmeViews, viewsOf } from './views.mjs';

const target = new URL('./pictures/', import.meta.url);
const password = 'a long password for pictures';
/** What stands where something is still to come. */
const loading = '.mantine-Loader-root, .mantine-Skeleton-root';
const readmeLook = { viewport: { width: 1280, height: 860 }, colorScheme: 'light' };
const looks = [
  { name: 'light', viewport: { width: 1280, height: 860 }, colorScheme: 'light' },
  { name: 'dark', viewport: { width: 1280, height: 860 }, colorScheme: 'dark' },
  { name: 'narrow', viewport: { width: 390, height: 844 }, colorScheme: 'light' },
];

const folder = mkdtempSync(join(tmpdir(), 'latchkey-screenshots-'));
let skewMs = -days * 86_400_000;
const latchkey = await startLatchkey(
  readSettings({
    ...{ ACCESS_PORT: '0', MANAGEMENT_PORT: '0', TRUSTED_PROXIES: '127.0.0.1' },
    DATABASE_URL: `sqlite:${join(folder, 'latchkey.db')}`,
  }),
  { wallClock: () => Date.now() + skewMs, logLines: { write: () => {} } },
);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
try {
  process.stderr.write('Filling an installation…\n');
  const ids = await fill({ manage, call, moveClock: (ms) => (skewMs = ms) });
  const { results } = await manage('GET', '/accounts');
  const operatorId = results.find(({ isOperator }) => isOperator).id;
  const all = viewsOf({ ...ids, operatorId });
  const signedIn = { storageState: await signIn(operatorId) };
  const asked = process.argv.slice(2);
  if (asked.includes('--readme')) {
    const pictures = new URL('../../docs/pictures/', import.meta.url);
    await picture(pictures, pick(all, readmeViews), { ...readmeLook, ...signedIn }, false);
  } else
    for (const { name, ...look } of looks) {
      const views = asked.length === 0 ? all : pick(all, asked);
      await picture(new URL(`${name}/`, target), views, { ...look, ...signedIn }, true);
    }
} finally {
  await browser.close();
  await latchkey.close();
  rmSync(folder, { recursive: true, force: true });
}

/** Joins the operator. @returns what the browser knows then */
async function signIn(operatorId) {
  const body = { email: 'olu@example.com', role: 'admin' };
  const { link } = await manage('POST', `/accounts/${operatorId}/invitations`, body);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(link);
  await page.getByLabel('Your name').fill('Olu Adeyemi');
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Begin' }).click();
  await page.waitForURL('**/accounts/*/keys');
  const state = await context.storageState();
  await context.close();
  return state;
}

function pick(views, names) {
  return Object.fromEntries(names.map((name) => [name, views[name]]));
}

async function picture(to, views, options, fullPage) {
  const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
  const page = await context.newPage();
  mkdirSync(to, { recursive: true });
  for (const [name, path] of Object.entries(views)) {
    process.stderr.write(`\r${options.viewport.width} ${options.colorScheme}: ${name}\x1b[K`);
    await page.goto(`${latchkey.managementUrl}${path}`);
    await page.waitForLoadState('networkidle');
    await page.waitForFunction((some) => document.querySelector(some) === null, loading);
    await page.screenshot({ path: new URL(`${name}.png`, to).pathname, fullPage });
  }
  process.stderr.write('\n');
  await context.close();
}

async function manage(method, path, body) {
  const operator = readFileSync(join(folder, 'operator.key'), 'utf8').trim();
  const response = await fetch(`${latchkey.managementUrl}/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${operator}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok)
    throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

async function call(method, path, { secret, ip, agent }) {
  const headers = { Authorization: `Bearer ${secret}`, 'X-Forwarded-For': ip, 'User-Agent': agent };
  const response = await fetch(`${latchkey.accessUrl}${path}`, { method, headers });
  await response.arrayBuffer();
}
