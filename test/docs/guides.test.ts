import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { absentTool, codeOf } from '../support/code-of-page.js';
import { describeWhere } from '../support/describe-where.js';
import { publishCrm, type Crm } from '../support/crm.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { meetSecret } from '../support/met-secrets.js';
import { makeFolder, removeFolder } from '../support/swept-folder.js';
import { until } from '../support/until.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';

const run = promisify(execFile);

describeWhere(absentTool(), 'the pages of docs, command by command', () => {
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let receiver: WebhookReceiver;
  let folder: string;
  let crm: Crm;
  let key: Json;

  beforeAll(async () => {
    upstream = await startUpstream();
    receiver = await startWebhookReceiver();
    folder = makeFolder('docs');
    latchkey = await startTestLatchkey({ WEBHOOK_ALLOWED_RANGES: '127.0.0.1/32' });
    crm = await publishCrm(latchkey, upstream.url);
    key = await crm.makeKey({ scopes: ['contacts.read', 'latchkey.self.rotate'] });
  });

  afterAll(async () => {
    await latchkey?.remove();
    await upstream?.close();
    await receiver?.close();
    removeFolder(folder);
  });

  const secretSaid = async (
    commands: string,
    environment: Record<string, string>,
    name = 'NEW_SECRET',
  ) => {
    const script = `${commands}\nprintf '\\n%s' "$${name}"`;
    const env = { PATH: process.env['PATH'] ?? '', ...environment };
    const { stdout, stderr } = await run('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
      env,
    });
    expect(stderr).toBe('');
    const secret = stdout.split('\n').at(-1) ?? '';
    meetSecret(secret);
    return secret;
  };

  const saidTo = async (secret: string): Promise<unknown> => {
    const { status, json } = await latchkey.call('GET', '/crm/contacts', { secret });
    return json.reason ?? status;
  };

  it('rotate-a-key.md: from the first look to the end of the old secret', async () => {
    expect(await saidTo(key.secret)).toBe(200);
    const fresh = await secretSaid(codeOf('rotate-a-key.md', 'sh'), {
      ...{ MANAGEMENT_SECRET: latchkey.operatorKey, API: `${latchkey.managementUrl}/v1` },
      ...{ ACCOUNT: crm.accountId, KEY: key.id },
    });
    expect([await saidTo(key.secret), await saidTo(fresh)]).toEqual(['SECRET_EXPIRED', 200]);
    key.secret = fresh;
  });

  it('rotate-your-own-secret.md: a program rotates its own key', async () => {
    const fresh = await secretSaid(codeOf('rotate-your-own-secret.md', 'sh'), {
      ...{ SECRET: key.secret, GATEWAY: latchkey.accessUrl },
    });
    expect([await saidTo(key.secret), await saidTo(fresh)]).toEqual([200, 200]);
  });

  it('only-the-decision.md: a server of one’s own asks', async () => {
    const asks = await crm.makeKey({ scopes: ['contacts.read'] });
    const verifier = await secretSaid(
      codeOf('only-the-decision.md', 'sh'),
      {
        ...{ MANAGEMENT_SECRET: latchkey.operatorKey, API: `${latchkey.managementUrl}/v1` },
        ...{ GATEWAY: latchkey.accessUrl, SECRET: asks.secret },
      },
      'VERIFIER_SECRET',
    );
    const { key: own } = (await latchkey.call('GET', '/latchkey/v1/self', { secret: verifier }))
      .json;
    const rows = (await latchkey.rows('&door=verify')).toReversed();
    expect(rows.map(({ keyId, actor, status }) => [keyId, actor, status])).toEqual([
      [own.id, null, 200],
      [asks.id, own.id, 200],
      [own.id, null, 200],
      [asks.id, own.id, 200],
      [null, own.id, 401],
    ]);
  });

  it('answer-an-auditors-question.md: who called, what was touched, and that nothing is missing', async () => {
    await latchkey.manage('PUT', '/v1/scopes/contacts.read', { dataCategories: ['contact data'] });
    expect(await saidTo(key.secret)).toBe(200);
    const refused = await latchkey.call('GET', '/crm/orders', { secret: key.secret });
    expect(refused.status).toBe(403);
    const operator = latchkey.operatorKey;
    const env = {
      ...{ PATH: process.env['PATH'] ?? '', API: `${latchkey.managementUrl}/v1` },
      ...{ MANAGEMENT_SECRET: operator, OPERATOR_SECRET: operator },
      ...{ ACCOUNT: crm.accountId, KEY: key.id, IP: '127.0.0.1' },
      CALL: refused.json.correlationId,
    };
    const commands = codeOf('answer-an-auditors-question.md', 'sh');
    const options = { env, cwd: folder };
    const { stdout, stderr } = await run('bash', ['--norc', '-euo', 'pipefail', '-c', commands], options); // prettier-ignore
    expect(stderr).toBe('');
    expect(stdout).toContain(`"id":"${refused.json.correlationId}"`);
    const fileOf = (name: string) => readFileSync(join(folder, name), 'utf8');
    const incident = JSON.parse(fileOf('incident.json'));
    expect(incident).toMatchObject({ ip: '127.0.0.1', isComplete: true });
    expect(incident.keys.map(({ keyId }: Json) => keyId)).toContain(key.id);
    expect(fileOf('incident.html')).toContain('contact data');
    expect(fileOf('vendor.csv')).toMatch(/^category,.*contact data/m);
    expect(fileOf('vendor.csv')).toMatch(/^denial,.*SCOPE_MISSING/m);
    expect(fileOf('access.html')).toContain(key.id);
    expect(JSON.parse(fileOf('gaps.json'))).toMatchObject({ gaps: [], unclearEnds: [] });
    expect(JSON.parse(fileOf('trail.json'))).toMatchObject({ intact: true, brokenAt: null });
  });

  it('limit-a-key.md: limits are set, met, and looked at', async () => {
    const limited = await crm.makeKey();
    const operator = latchkey.operatorKey;
    const env = {
      ...{ PATH: process.env['PATH'] ?? '', API: `${latchkey.managementUrl}/v1` },
      ...{ MANAGEMENT_SECRET: operator, OPERATOR_SECRET: operator, GATEWAY: latchkey.accessUrl },
      ...{ ACCOUNT: crm.accountId, KEY: limited.id, SECRET: limited.secret },
    };
    const commands = codeOf('limit-a-key.md', 'sh');
    const options = { env, cwd: folder };
    const { stdout, stderr } = await run('bash', ['--norc', '-euo', 'pipefail', '-c', commands], options); // prettier-ignore
    expect(stderr).toBe('');
    expect(stdout).toContain('429 Too Many Requests');
    expect(stdout).toMatch(/^RateLimit: "TEN_SECONDLY_ROLLING";r=0;t=\d+, "DAILY";r=249997;t=\d+, "ACCOUNT_DAILY";r=999997;t=\d+\r$/m); // prettier-ignore
    expect(stdout).toMatch(/^X-Latchkey-RateLimit-Daily-Remaining: 249997\r$/m);
    expect(stdout).toContain(
      '"policyName":"TEN_SECONDLY_ROLLING","appliesTo":"key","limit":3,"used":3',
    );
    expect(stdout).toContain('"timeZone":"Europe/Dublin"');
    const at = `/v1/accounts/${crm.accountId}`;
    expect(await latchkey.manage('PATCH', at, { rateLimits: null })).toMatchObject({
      rateLimits: { rolling: null, daily: null },
    });
  });

  it('notices.md: a webhook is set up, tested, and verified by the code of the page', async () => {
    const first = await secretSaid(
      codeOf('notices.md', 'sh'),
      {
        ...{ MANAGEMENT_SECRET: latchkey.operatorKey, API: `${latchkey.managementUrl}/v1` },
        ...{ ACCOUNT: crm.accountId, RECEIVER: receiver.url },
      },
      'WEBHOOK_SECRET',
    );
    await until('the test', () => receiver.received.length > 0);
    const file = join(folder, 'is-genuine.mjs');
    writeFileSync(file, codeOf('notices.md', 'js'));
    const { isGenuine } = (await import(file)) as Json;
    const [{ headers, body, json }] = receiver.received as [Json];
    expect(json).toMatchObject({ type: 'webhook.test', data: { accountId: crm.accountId } });
    expect(isGenuine(headers, body, first)).toBe(true);
    expect(isGenuine(headers, `${body} `, first)).toBe(false);
    expect(isGenuine({ ...headers, 'webhook-timestamp': '1' }, body, first)).toBe(false);
    const { emails } = await latchkey.manage('GET', `/v1/accounts/${crm.accountId}/notice-emails`);
    expect(emails).toEqual(['ops@example.com']);
  });

  it('people-and-roles.md: invited, signed in, made something else, and let go', async () => {
    const { id } = await latchkey.manage('POST', '/v1/accounts', { name: 'With people' });
    const script = `${codeOf('people-and-roles.md', 'sh')}\nprintf '\\n%s %s' "$LINK" "$RECOVERY"`;
    const password = 'Kq5-xW2m-Zr8t-Lp1c';
    meetSecret(password);
    const env = {
      ...{ PATH: process.env['PATH'] ?? '', API: `${latchkey.managementUrl}/v1` },
      ...{ ACCOUNT: id, MANAGEMENT_SECRET: latchkey.operatorKey, PASSWORD: password },
    };
    const options = { env, cwd: folder };
    const command = ['--norc', '-euo', 'pipefail', '-c', script];
    const { stdout, stderr } = await run('bash', command, options);
    expect(stderr).toBe('');
    for (const [token] of stdout.matchAll(/lk[ls]_[0-9A-Za-z]{38}/g)) meetSecret(token);
    // The browser's part, in which the session lies.
    rmSync(join(folder, 'cookies.txt'));
    const trail = JSON.parse(readFileSync(join(folder, 'trail-of-people.json'), 'utf8'));
    expect(trail.results.map(({ action }: Json) => action).toReversed()).toEqual([
      ...['account.created', 'member.invited', 'member.invited', 'member.invitation_resent'],
      'member.invitation_revoked',
      ...['member.joined', 'person.signed_in', 'person.signed_out', 'person.signed_in'],
      ...['member.role_changed', 'member.sessions_ended', 'member.recovery_link_made'],
      'member.removed',
    ]);
  });

  it('check-the-audit-trail.md: looked at, checked, and its head kept', async () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin, { recursive: true });
    // As npx finds it where the project is; the page is run in an empty folder, for its file of heads.
    const program = fileURLToPath(new URL('../../scripts/latchkey.mjs', import.meta.url));
    writeFileSync(
      join(bin, 'npx'),
      `#!/bin/sh\nshift\nexec "${process.execPath}" "${program}" "$@"\n`,
      { mode: 0o755 },
    );
    const { stdout } = await run(
      'bash',
      ['--norc', '-euo', 'pipefail', '-c', codeOf('check-the-audit-trail.md', 'sh')],
      {
        cwd: folder,
        env: {
          PATH: `${bin}:${process.env['PATH']}`,
          ...{ MANAGEMENT_SECRET: latchkey.operatorKey, API: `${latchkey.managementUrl}/v1` },
          ACCOUNT: crm.accountId,
          DATABASE_URL: `sqlite:${join(latchkey.folder, 'latchkey.db')}`,
        },
      },
    );
    expect(stdout).toContain('"intact":true');
    expect(stdout.match(/ accounts, all intact\./g)).toHaveLength(2);
    expect(stdout).toMatch(/goes on from the head that was kept, of event \d+\n/);
  });
});
