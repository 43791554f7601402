import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { send } from '../support/latchkey.js';
import { runLatchkey, type LatchkeyProcess } from '../support/latchkey-process.js';
import { commandsIn, paste, type PastedAnswer } from '../support/pasted-commands.js';
import { makeFolder, removeFolder } from '../support/swept-folder.js';

/** What each printed command must come to, in the printed order. */
const outcomes: readonly [string, number, (answer: PastedAnswer) => void][] = [
  ['the contacts', 200, ({ body }) => expect(JSON.parse(body).results).toHaveLength(5)],
  ['what the CRM is told', 200, expectIdentity],
  ['no key', 401, ({ body }) => expectDenial(body, 'CREDENTIALS_MISSING')],
  [
    'beyond the scopes',
    403,
    ({ body }) => expectDenial(body, 'SCOPE_MISSING', ['email.single_send']),
  ],
  ['within the scopes', 202, ({ body }) => expect(JSON.parse(body).status).toBe('queued')],
  ['a foreign network', 403, ({ body }) => expectDenial(body, 'IP_NOT_ALLOWED', ['127.0.0.1'])],
  [
    'the retiring secret',
    200,
    ({ headers }) => expect(headers.has('latchkey-secret-retires')).toBe(true),
  ],
  [
    'the new secret',
    200,
    ({ headers }) => expect(headers.has('latchkey-secret-retires')).toBe(false),
  ],
  ['a rotation', 201, ({ body }) => expect(JSON.parse(body).secret).toMatch(/^lk_dev_/)],
  ['the log', 200, expectLog],
];

/** Newest first, as the log shows them: what the commands above leave there, the management calls left out. */
const rows = [
  ['Nightly sync (rotating)', 'current', 'GET', '/crm/orders', 200, null],
  ['Nightly sync (rotating)', 'retiring', 'GET', '/crm/orders', 200, null],
  ['Partner (198.51.100.0/24 only)', 'current', 'GET', '/crm/contacts', 403, 'IP_NOT_ALLOWED'],
  ['Back office (full)', 'current', 'POST', '/crm/single-send', 202, null],
  ['Reporting (read only)', 'current', 'POST', '/crm/single-send', 403, 'SCOPE_MISSING'],
  [null, null, 'GET', '/crm/contacts', 401, 'CREDENTIALS_MISSING'],
  ['Reporting (read only)', 'current', 'GET', '/crm/whoami', 200, null],
  ['Reporting (read only)', 'current', 'GET', '/crm/contacts', 200, null],
].map(([keyName, secretState, method, path, status, reason]) => ({
  ...{ keyName, secretState, method, path, status, reason, callerIp: '127.0.0.1' },
}));

function expectIdentity({ body }: PastedAnswer): void {
  const told = JSON.parse(body);
  expect(told['x-latchkey-key-name']).toBe(encodeURIComponent('Reporting (read only)'));
  expect(Object.keys(told).toSorted()).toEqual([
    'x-latchkey-account',
    'x-latchkey-environment',
    'x-latchkey-key',
    'x-latchkey-key-name',
    'x-latchkey-scopes',
  ]);
  expect(body).not.toContain('lk_dev_');
}

function expectDenial(body: string, reason: string, named: readonly string[] = []): void {
  const { message, ...envelope } = JSON.parse(body);
  expect(envelope).toMatchObject({ status: 'error', reason });
  for (const text of named) expect(message).toContain(text);
  expect(body).not.toContain('lk_dev_');
}

function expectLog({ body }: PastedAnswer): void {
  const { results } = JSON.parse(body);
  const withKey = rows.filter((row) => row.keyName !== null);
  expect(results).toMatchObject(withKey.slice(0, 5));
  expect(body).not.toMatch(/lk_dev_\w{5}/);
}

let folder: string;
let latchkey: LatchkeyProcess;

async function start(environment: Record<string, string> = {}): Promise<string> {
  latchkey = runLatchkey(folder, environment);
  await latchkey.running;
  return latchkey.stdout();
}

async function expectAllCommandsWork(printed: string): Promise<void> {
  const commands = commandsIn(printed);
  expect(commands.map(({ promised }) => promised)).toEqual(outcomes.map(([, status]) => status));
  for (const [i, { promised, command }] of commands.entries()) {
    const answer = await paste(command);
    expect([outcomes[i]?.[0], answer.status]).toEqual([outcomes[i]?.[0], promised]);
    outcomes[i]?.[2](answer);
  }
}

/** The gateway's rows as the operator sees them, with calls for which no key was found. */
async function operatorsLog(): Promise<unknown> {
  const { managementUrl } = latchkey.urls();
  const path = '/v1/request-log?door=gateway';
  const answer = await send(managementUrl, 'GET', path, { secret: textOf('operator.key') });
  return answer.json.results;
}

function textOf(file: string): string {
  return readFileSync(join(folder, 'data', file), 'utf8').trim();
}

function openFolder(): void {
  folder = makeFolder('demo');
}

async function clear(): Promise<void> {
  await latchkey.stop('SIGKILL');
  removeFolder(folder);
}

describe('the first start on an empty store', () => {
  let printed: string;

  beforeAll(async () => {
    openFolder();
    printed = await start();
  });

  afterAll(clear);

  it('prints commands that work as they stand, and each call is one row', async () => {
    await expectAllCommandsWork(printed);
    const logged = await operatorsLog();
    expect(logged).toMatchObject(rows);
    expect(logged).toHaveLength(rows.length);
  });

  it('#28 names the files it made, mode 600, and shows none of the three keys in them', () => {
    for (const name of ['pepper.key', 'sealing.key', 'operator.key', 'demo-keys.json']) {
      expect(printed).toContain(`data/${name}`);
      expect(statSync(join(folder, 'data', name)).mode & 0o777).toBe(0o600);
    }
    for (const name of ['pepper.key', 'sealing.key', 'operator.key']) {
      expect(printed).not.toContain(textOf(name));
    }
  });

  it('prints plain text where there is no terminal, and a page that is there', async () => {
    expect(printed).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    const docs = /^http\S+\/docs$/m.exec(printed)?.[0] ?? '';
    expect((await send(docs, 'GET', '')).status).toBe(200);
  });

  it('and the next one prints commands that work again; with LATCHKEY_DEMO=off, none', async () => {
    expect(await latchkey.stop()).toBe(0);
    expect(latchkey.stderr()).toBe('');
    printed = await start();
    expect(printed).not.toContain('New files');
    await expectAllCommandsWork(printed);
    expect(await latchkey.stop()).toBe(0);
    const { accessUrl } = latchkey.urls();
    const command = commandsIn(printed)[0]?.command ?? '';
    printed = await start({ LATCHKEY_DEMO: 'off' });
    expect(commandsIn(printed)).toEqual([]);
    const answer = await paste(command.replace(accessUrl, latchkey.urls().accessUrl));
    expect([answer.status, JSON.parse(answer.body).reason]).toEqual([502, 'UPSTREAM_UNREACHABLE']);
  }, 60_000);
});

describe('other starts', () => {
  beforeEach(openFolder);
  afterEach(clear);

  it.each([
    ['LATCHKEY_DEMO=off', { LATCHKEY_DEMO: 'off' }],
    ['NODE_ENV=production', { NODE_ENV: 'production' }],
  ])('%s: no sample, no commands, no file of secrets', async (_name, environment) => {
    const printed = await start(environment);
    expect(printed).toContain('data/operator.key');
    expect(commandsIn(printed)).toEqual([]);
    expect(printed).not.toContain('Try it');
    expect(existsSync(join(folder, 'data/demo-keys.json'))).toBe(false);
  });

  it('#91 killed while it makes the demo: the next start completes it', async () => {
    const printed: string[] = [];
    for (const secretsMade of [1, 3, 5]) {
      latchkey = runLatchkey(folder);
      await untilKept(secretsMade);
      await latchkey.stop('SIGKILL');
      printed.push(latchkey.stdout());
    }
    expect(printed).toContain('');
    await expectAllCommandsWork(await start());
  }, 60_000);

  async function untilKept(secretsMade: number): Promise<void> {
    const deadline = performance.now() + 15_000;
    while (secretsKept() < secretsMade) {
      if (performance.now() > deadline) throw new Error(`Not made: ${latchkey.stderr()}`);
      await wait(1);
    }
  }

  function secretsKept(): number {
    if (!existsSync(join(folder, 'data/demo-keys.json'))) return 0;
    return textOf('demo-keys.json').match(/"lk_dev_/g)?.length ?? 0;
  }
});
