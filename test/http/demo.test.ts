import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runLatchkey, type LatchkeyProcess } from '../support/latchkey-process.js';
import { commandsIn, paste, type PastedAnswer } from '../support/pasted-commands.js';

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

describe('what a start prints', () => {
  let folder: string;
  let latchkey: LatchkeyProcess;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-demo-'));
  });

  afterEach(async () => {
    await latchkey.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

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
  async function operatorsLog(printed: string): Promise<unknown> {
    const managementUrl = /Management listener +(\S+)/.exec(printed)?.[1];
    const operatorKey = readFileSync(join(folder, 'data/operator.key'), 'utf8').trim();
    const answer = await fetch(`${managementUrl}/v1/request-log?door=gateway`, {
      headers: { authorization: `Bearer ${operatorKey}` },
    });
    return ((await answer.json()) as { results: unknown }).results;
  }

  it('every command works as it stands, each call is one row, and so again after a restart', async () => {
    const first = await start();
    await expectAllCommandsWork(first);
    const logged = await operatorsLog(first);
    expect(logged).toMatchObject(rows);
    expect(logged).toHaveLength(rows.length);
    expect(await latchkey.stop()).toBe(0);
    const second = await start();
    expect(second).not.toContain('New files');
    await expectAllCommandsWork(second);
    expect(await latchkey.stop()).toBe(0);
  });

  it('#28 it names the files it made, mode 600, and none of the three keys in them', async () => {
    const printed = await start();
    for (const name of ['pepper.key', 'sealing.key', 'operator.key', 'demo-keys.json']) {
      expect(printed).toContain(`data/${name}`);
      expect(statSync(join(folder, 'data', name)).mode & 0o777).toBe(0o600);
    }
    for (const name of ['pepper.key', 'sealing.key', 'operator.key']) {
      expect(printed).not.toContain(readFileSync(join(folder, 'data', name), 'utf8').trim());
    }
    await latchkey.stop();
    expect(latchkey.stderr()).toBe('');
  });

  it('plain text without a terminal, and the page it names is there', async () => {
    const printed = await start();
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(printed).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    const docs = /^http\S+\/docs$/m.exec(printed)?.[0] ?? '';
    expect((await fetch(docs)).status).toBe(200);
  });

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

  it('LATCHKEY_DEMO=off on a store that has the demo: the sample does not run', async () => {
    const command = commandsIn(await start())[0]?.command ?? '';
    const accessUrl = /Access listener +(\S+)/.exec(latchkey.stdout())?.[1] ?? '';
    await latchkey.stop();
    const printed = await start({ LATCHKEY_DEMO: 'off' });
    expect(commandsIn(printed)).toEqual([]);
    const now = /Access listener +(\S+)/.exec(printed)?.[1] ?? '';
    expect((await paste(command.replace(accessUrl, now))).status).toBe(502);
  });

  it('#91 killed while it makes the demo: the next start completes it', async () => {
    for (let keysMade = 1; keysMade <= 3; keysMade += 1) {
      latchkey = runLatchkey(folder);
      while (secretsKept() < keysMade * 2) await wait(1);
      await latchkey.stop('SIGKILL');
      expect(latchkey.stdout()).toBe('');
    }
    await expectAllCommandsWork(await start());
  });

  function secretsKept(): number {
    const path = join(folder, 'data/demo-keys.json');
    if (!existsSync(path)) return 0;
    return readFileSync(path, 'utf8').match(/"lk_dev_/g)?.length ?? 0;
  }
});
