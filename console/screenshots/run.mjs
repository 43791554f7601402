// `npm run screenshots`: a picture of every view of the console, light, dark and as narrow as a telephone, in `pictures/`.
//   npm run screenshots                     all of them
//   npm run screenshots -- keys rotation    these views
//   npm run screenshots -- --readme         those of the README, in docs/pictures
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { startLatchkey } from '../../dist/src/latchkey.js';
import { readSettings } from '../../dist/src/platform/config/settings.js';
import { days, fill } from './estate.mjs';
import { readmeViews, viewers, viewsOf } from './views.mjs';

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
/** What the browsers of viewers know, once they are signed in. */
const states = new Map();
let skewMs = -days * 86_400_000;
const receiver = await startReceiver();
const latchkey = await startLatchkey(
  readSettings({
    ...{ ACCESS_PORT: '0', MANAGEMENT_PORT: '0', TRUSTED_PROXIES: '127.0.0.1' },
    DATABASE_URL: `sqlite:${join(folder, 'latchkey.db')}`,
    WEBHOOK_ALLOWED_RANGES: '127.0.0.0/8',
  }),
  {
    wallClock: () => Date.now() + skewMs,
    logLines: { write: () => {} },
    // A name that can be read in a picture leads to the receiver here.
    courier: { resolve: async () => [{ address: '127.0.0.1', family: 4 }] },
  },
);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
try {
  process.stderr.write('Filling an installation…\n');
  const moveClock = (ms) => (skewMs = ms);
  const ids = await fill({ manage, call, moveClock, password, receiver: receiver.url });
  const { results } = await manage('GET', '/accounts');
  const operatorId = results.find(({ isOperator }) => isOperator).id;
  const all = viewsOf({ ...ids, operatorId });
  await joinOperator(operatorId);
  const asked = process.argv.slice(2);
  if (asked.includes('--readme')) {
    const pictures = new URL('../../docs/pictures/', import.meta.url);
    await picture(pictures, pick(all, readmeViews), readmeLook, false);
  } else
    for (const { name, ...look } of looks) {
      const views = asked.length === 0 ? all : pick(all, asked);
      await picture(new URL(`${name}/`, target), views, look, true);
    }
} finally {
  await browser.close();
  await latchkey.close();
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
}

async function joinOperator(operatorId) {
  const { email, role, name } = viewers.operator;
  const { link } = await manage('POST', `/accounts/${operatorId}/invitations`, { email, role });
  await manage('POST', '/links/use', { token: link.split('#')[1], name, password });
}

/** Once for each, and not before: what they do stands in the log that is in the pictures. @returns what their browser knows then */
async function signIn(email) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${latchkey.managementUrl}/sign-in`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL('**/accounts/*/keys');
  const state = await context.storageState();
  await context.close();
  return state;
}

function pick(views, names) {
  return Object.fromEntries(names.map((name) => [name, views[name]]));
}

/** @param isWhole the page from top to bottom, or as far as the window goes; with a dialog the latter always */
async function picture(to, views, look, isWhole) {
  mkdirSync(to, { recursive: true });
  for (const [name, view] of Object.entries(views)) {
    const { path, as = 'operator', act } = typeof view === 'string' ? { path: view } : view;
    process.stderr.write(`\r${look.viewport.width} ${look.colorScheme}: ${name}\x1b[K`);
    // A new one for each: nothing that one did is seen in another, and no page goes on looking.
    const context = await browser.newContext({ ...look, ...(await knownOf(as)), reducedMotion: 'reduce' }); // prettier-ignore
    const page = await context.newPage();
    await page.goto(`${latchkey.managementUrl}${path}`);
    await settled(page);
    if (act !== undefined) {
      await act(page);
      await settled(page);
    }
    const fullPage = isWhole && act === undefined;
    await page.screenshot({ path: new URL(`${name}.png`, to).pathname, fullPage });
    await context.close();
  }
  process.stderr.write('\n');
}

/** @param viewer `null` is nobody */
async function knownOf(viewer) {
  if (viewer === null) return {};
  if (!states.has(viewer)) states.set(viewer, await signIn(viewers[viewer].email));
  return { storageState: states.get(viewer) };
}

async function settled(page) {
  await page.waitForLoadState('networkidle');
  await page.waitForFunction((some) => document.querySelector(some) === null, loading);
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
  return response.status === 204 ? undefined : response.json();
}

async function call(method, path, { secret, ip, agent }) {
  const headers = { Authorization: `Bearer ${secret}`, 'X-Forwarded-For': ip, 'User-Agent': agent };
  const response = await fetch(`${latchkey.accessUrl}${path}`, { method, headers });
  await response.arrayBuffer();
}

/** Takes the notices that come to one of its paths, and fails at others. */
async function startReceiver() {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/latchkey' ? 204 : 500).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://hooks.rollingdonut.example:${server.address().port}`,
    close: () => void server.close().closeAllConnections(),
  };
}
