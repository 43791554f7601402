import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/latchkey.js';
import { expectInvalid, startManagement, type Management } from '../support/management.js';
import { startSmtpInbox, type SmtpInbox } from '../support/smtp-inbox.js';
import { until } from '../support/until.js';

const hostileName = 'Mail <b>merge</b> & "Söhne"';
const courier = { retryDelaysMs: [20, 20] };

let inbox: SmtpInbox;
let latchkey: Management;
let at: string;

beforeAll(async () => {
  inbox = await startSmtpInbox();
  const environment = {
    SMTP_URL: `smtp://127.0.0.1:${inbox.port}`,
    NOTICE_FROM: 'keys@example.org',
  };
  latchkey = await startManagement(environment, { courier });
});

afterAll(async () => {
  await latchkey.remove();
  await inbox.close();
});

beforeEach(async () => {
  at = `/v1/accounts/${(await latchkey.openAccount()).id}`;
  inbox.mails.splice(0);
  inbox.refusals.splice(0);
});

/** What became of an account's last notice, once it is as it stays. */
async function deliveriesOf(server: Management, account: string): Promise<Json[]> {
  let deliveries: Json[] = [];
  await until('the outcome of every delivery', async () => {
    const { results } = await server.manage('GET', `${account}/notices?limit=1`);
    const { id } = results[0];
    ({ deliveries } = await server.manage('GET', `${account}/notices/${id}`));
    return deliveries.every(({ state }) => state !== 'pending');
  });
  return deliveries;
}

async function revokeKey(server = latchkey, account = at, settings: Json = {}): Promise<Json> {
  const accountId = account.split('/').at(-1) as string;
  const key = await server.makeKey(accountId, settings);
  return server.manage('POST', `${account}/keys/${key.id}/revoke`);
}

describe('a notice by e-mail', () => {
  it('goes to the account’s addresses and to the key’s contact, each once, as text and as HTML', async () => {
    await latchkey.manage('PUT', `${at}/notice-emails`, {
      emails: ['ops@example.com', 'owner@example.com'],
    });
    const { id } = await revokeKey(latchkey, at, {
      ...{ name: hostileName, contactEmail: 'owner@example.com' },
    });
    const deliveries = await deliveriesOf(latchkey, at);
    expect(deliveries).toMatchObject([
      { channel: 'email', recipient: 'ops@example.com', state: 'delivered', attempts: 1 },
      { channel: 'email', recipient: 'owner@example.com', state: 'delivered', attempts: 1 },
    ]);
    expect(deliveries[0].log).toMatchObject([{ outcome: 'delivered', code: 250, error: null }]);
    expect(inbox.mails.flatMap(({ to }) => to).sort()).toEqual([
      ...['ops@example.com', 'owner@example.com'],
    ]);
    for (const mail of inbox.mails) {
      expect(mail.from).toBe('keys@example.org');
      expect(mail.header('From')).toBe('Latchkey <keys@example.org>');
      expect(mail.header('To')).toBe(mail.to[0]);
      expect(mail.header('Auto-Submitted')).toBe('auto-generated');
      expect(mail.header('Message-ID')).toMatch(/^<ntc_\w{20}\.dlv_\w{20}@example\.org>$/);
      expect(mail.part('text/plain')).toContain(
        `The key ${hostileName} (production), ${id}, was revoked`,
      );
      expect(mail.part('text/plain')).toContain('What to do:');
      const html = mail.part('text/html');
      expect(html).toContain('Mail &lt;b&gt;merge&lt;/b&gt; &amp; &quot;Söhne&quot;');
      expect(html).not.toContain('<b>');
    }
  });

  it('that the server does not take for now is sent again, under the same Message-ID, and taken once', async () => {
    inbox.refusals.push(450, 451);
    await revokeKey(latchkey, at, { contactEmail: 'owner@example.com' });
    const [delivery] = await deliveriesOf(latchkey, at);
    expect(delivery.log.map(({ code, error }: Json) => [code, error])).toEqual([
      [450, 'answered 450'],
      [451, 'answered 451'],
      [250, null],
    ]);
    expect(inbox.mails).toHaveLength(1);
  });

  it('that the server refuses for good is given up at once', async () => {
    inbox.refusals.push(550);
    await revokeKey(latchkey, at, { contactEmail: 'nobody@example.com' });
    expect(await deliveriesOf(latchkey, at)).toMatchObject([
      { state: 'given_up', attempts: 1, log: [{ code: 550, error: 'answered 550' }] },
    ]);
  });
});

describe('who gets them', () => {
  it('is set by the account and read back, with its ETag', async () => {
    const path = `${at}/notice-emails`;
    expect(await latchkey.manage('GET', path)).toEqual({ emails: [] });
    const emails = ['ops@example.com'];
    expect(await latchkey.manage('PUT', path, { emails })).toEqual({ emails });
    const secret = latchkey.operatorKey;
    const { headers } = await latchkey.ask('GET', path, { secret });
    const put = (tag: string) =>
      latchkey.ask('PUT', path, { secret, body: { emails: [] }, headers: { 'if-match': tag } });
    expect((await put('"1"')).status).toBe(412);
    expect((await put(headers.get('etag') ?? '')).json).toEqual({ emails: [] });
  });

  it.each([
    ['no list', { emails: 'ops@example.com' }],
    ['a name with the address', { emails: ['Ops <ops@example.com>'] }],
    ['a header behind it', { emails: ['ops@example.com\r\nBcc: all@example.com'] }],
    ['two in one', { emails: ['a@example.com,b@example.com'] }],
    ['one twice', { emails: ['a@example.com', 'a@example.com'] }],
    ['twenty-one', { emails: Array.from({ length: 21 }, (_, i) => `a${i}@example.com`) }],
  ])('is not set to %s', async (_what, body) => {
    await expectInvalid(latchkey, 'PUT', `${at}/notice-emails`, body, ['emails']);
  });

  it('is a key’s contact, which can be set, changed and taken away', async () => {
    const accountId = at.split('/').at(-1) as string;
    const key = await latchkey.makeKey(accountId, { contactEmail: 'a@example.com' });
    expect(key.contactEmail).toBe('a@example.com');
    const path = `${at}/keys/${key.id}`;
    const patch = (contactEmail: unknown) => latchkey.manage('PATCH', path, { contactEmail });
    expect((await patch('b@example.com')).contactEmail).toBe('b@example.com');
    expect((await patch(null)).contactEmail).toBeNull();
    expect((await latchkey.manage('GET', path)).contactEmail).toBeNull();
    await expectInvalid(latchkey, 'PATCH', path, { contactEmail: 'b' }, ['contactEmail']);
  });
});

describe('a server that wants a login', () => {
  it('gets it, and one that refuses it is told of without repeating anything', async () => {
    const login = { user: 'me@example.org', password: 'pass/word of the house' };
    const guarded = await startSmtpInbox(login);
    const url = (password: string) =>
      `smtp://me%40example.org:${encodeURIComponent(password)}@127.0.0.1:${guarded.port}`;
    try {
      for (const [password, log] of [
        [login.password, { code: 250, error: null }],
        ['another-password-0123', { code: 535, error: 'login refused' }],
      ] as const) {
        const server = await startManagement(
          { SMTP_URL: url(password), NOTICE_FROM: 'keys@example.org' },
          { courier: { retryDelaysMs: [] } },
        );
        const account = `/v1/accounts/${server.operatorAccountId}`;
        await revokeKey(server, account, { contactEmail: 'a@example.com' });
        expect((await deliveriesOf(server, account))[0].log).toMatchObject([log]);
        await server.remove();
      }
    } finally {
      await guarded.close();
    }
  });

  it('and one that is not there is not reachable', async () => {
    const server = await startManagement(
      { SMTP_URL: 'smtp://127.0.0.1:1', NOTICE_FROM: 'keys@example.org' },
      { courier: { retryDelaysMs: [] } },
    );
    const account = `/v1/accounts/${server.operatorAccountId}`;
    await revokeKey(server, account, { contactEmail: 'a@example.com' });
    expect(await deliveriesOf(server, account)).toMatchObject([
      { state: 'given_up', log: [{ code: null, error: 'mail server not reachable' }] },
    ]);
    await server.remove();
  });
});

describe('without a server', () => {
  it('notices are kept and shown, the log says so once, and they are sent on request once there is one', async () => {
    let lines = '';
    const logLines = { write: (line: string) => void (lines += line) };
    const server = await startManagement({}, { logLines });
    const account = `/v1/accounts/${server.operatorAccountId}`;
    for (const contactEmail of ['a@example.com', 'b@example.com']) {
      await revokeKey(server, account, { contactEmail });
      expect(await deliveriesOf(server, account)).toMatchObject([
        { recipient: contactEmail, state: 'kept', attempts: 0, log: [] },
      ]);
    }
    expect(lines.match(/SMTP_URL is not set/g)).toHaveLength(1);
    await server.close();
    const later = await startManagement({
      ...{ TEST_FOLDER: server.folder, NOTICE_FROM: 'keys@example.org' },
      SMTP_URL: `smtp://127.0.0.1:${inbox.port}`,
    });
    const { results } = await later.manage('GET', `${account}/notices?limit=1`);
    const [{ id, deliveries }] = results;
    await later.manage('POST', `${account}/notices/${id}/deliveries/${deliveries[0].id}/retry`);
    expect(await deliveriesOf(later, account)).toMatchObject([{ state: 'delivered' }]);
    expect(inbox.mails.map(({ to }) => to)).toEqual([['b@example.com']]);
    await later.remove();
  });
});
