import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../support/latchkey.js';
import { linkIn, mailedToken, mailing, mailsTo } from '../support/mailed-links.js';
import { startManagement, type Management } from '../support/management.js';
import { addMember, signIn, tokenOf, useLink } from '../support/people.js';
import { startSmtpInbox, type ReceivedMail, type SmtpInbox } from '../support/smtp-inbox.js';
import { until } from '../support/until.js';

const minute = 60_000;
const hour = 60 * minute;

let inbox: SmtpInbox;
let latchkey: Management;
let accountId: string;
let at: string;
/** Milliseconds by which the server's clock is ahead. */
let ahead = 0;
let people = 0;

beforeAll(async () => {
  inbox = await startSmtpInbox();
  latchkey = await startManagement(await mailing(inbox), {
    courier: { retryDelaysMs: [20, 20], sweepMs: 100 },
    wallClock: () => Date.now() + ahead,
  });
});

afterAll(async () => {
  await latchkey.remove();
  await inbox.close();
});

beforeEach(async () => {
  accountId = (await latchkey.openAccount()).id;
  at = `/v1/accounts/${accountId}`;
});

afterEach(() => {
  inbox.refusals.splice(0);
});

const newEmail = () => `mailed-${(people += 1)}@example.com`;

const invite = (email: string, settings: Json = {}): Promise<Json> =>
  latchkey.manage('POST', `${at}/invitations`, { email, role: 'developer', ...settings });

const resend = (id: string, body: Json = {}) =>
  latchkey.ask('POST', `${at}/invitations/${id}/resend`, { secret: latchkey.operatorKey, body });

const read = (token: string) => latchkey.ask('POST', '/v1/links/read', { body: { token } });

const askRecovery = (email: string) =>
  latchkey.ask('POST', '/v1/session/recovery', { body: { email } });

const setPassword = (token: string, password: string) =>
  latchkey.ask('POST', '/v1/links/use', { body: { token, password } });

/** Somebody who came in by an invitation that was mailed. */
async function enter(email = newEmail()) {
  await invite(email);
  return useLink(latchkey, await mailedToken(inbox, email), { name: 'Aoife Byrne' });
}

async function invitationOf(email: string): Promise<Json> {
  const { results } = await latchkey.manage('GET', `${at}/invitations`);
  return results.find((each: Json) => each.email === email);
}

async function settled(email: string): Promise<Json> {
  let invitation: Json = {};
  await until('the outcome of its mail', async () => {
    invitation = await invitationOf(email);
    return invitation.mail.state !== 'pending';
  });
  return invitation;
}

async function events(action: string): Promise<Json[]> {
  const { results } = await latchkey.manage('GET', `${at}/audit-events?limit=100`);
  return results.filter((event: Json) => event.action === action);
}

/** What lies in the database. */
function inDatabase(sql: string, { folder }: Pick<Management, 'folder'> = latchkey): Json[] {
  const database = new SqliteDatabase(join(folder, 'latchkey.db'), { readonly: true });
  try {
    return database.prepare(sql).all() as Json[];
  } finally {
    database.close();
  }
}

describe('an invitation by e-mail', () => {
  it('brings its link to the address, and to nobody else', async () => {
    const email = newEmail();
    const invitation = await invite(email);
    expect(invitation).toMatchObject({ email, mail: { state: 'pending', deliveredAt: null } });
    expect(invitation.link).toBeUndefined();
    const [mail] = (await mailsTo(inbox, email, 1)) as [ReceivedMail];
    expect(mail.to).toEqual([email]);
    expect(mail.from).toBe('keys@example.org');
    expect(mail.header('Subject')).toBe('Latchkey: an invitation to Rolling Donut Ltd');
    expect(mail.header('Auto-Submitted')).toBe('auto-generated');
    expect(mail.header('Message-ID')).toMatch(/^<lml_\w{20}\.att_\w{20}@example\.org>$/);
    expect(linkIn(mail)).toMatch(new RegExp(`^${latchkey.managementUrl}/join#lkl_\\w{38}$`));
    expect(mail.part('text/plain')).toContain(
      'You are invited to the account Rolling Donut Ltd, as a developer.',
    );
    expect(await settled(email)).toMatchObject({
      mail: { state: 'delivered', deliveredAt: expect.any(String), error: null },
    });
    const person = await useLink(latchkey, tokenOf(linkIn(mail)), { name: 'Aoife Byrne' });
    expect(person.email).toBe(email);
    expect(await events('member.invited')).toMatchObject([{ after: { email, isMailed: true } }]);
  });

  it('has no words that whoever invites has chosen, and is safe in HTML', async () => {
    const account = await latchkey.openAccount({ name: 'Söhne & <b>"Co"</b>' });
    at = `/v1/accounts/${account.id}`;
    const email = newEmail();
    await invite(email);
    const [mail] = (await mailsTo(inbox, email, 1)) as [ReceivedMail];
    expect(mail.part('text/html')).toContain('Söhne &amp; &lt;b&gt;&quot;Co&quot;&lt;/b&gt;');
    expect(mail.raw).not.toContain('operator');
  });

  it('is answered with its link and not mailed, where that is asked for', async () => {
    const email = newEmail();
    const invitation = await invite(email, { byHand: true });
    expect(invitation).toMatchObject({ mail: null, link: expect.any(String) });
    expect((await read(tokenOf(invitation.link))).json).toMatchObject({ email });
    await sleep(200);
    expect(inbox.mails.filter(({ to }) => to.includes(email))).toEqual([]);
  });

  it('is tried again when the server did not take it, with another token each time', async () => {
    const email = newEmail();
    inbox.refusals.push(450, 450);
    await invite(email);
    const [mail] = (await mailsTo(inbox, email, 1)) as [ReceivedMail];
    expect((await read(tokenOf(linkIn(mail)))).status).toBe(200);
    expect((await settled(email)).mail).toMatchObject({ state: 'delivered', error: null });
  });

  it('is given up when the server refuses for good, says so, and can be sent again or handed over', async () => {
    const email = newEmail();
    inbox.refusals.push(550);
    const { id } = await invite(email);
    expect((await settled(email)).mail).toEqual({
      ...{ state: 'given_up', deliveredAt: null, error: 'answered 550' },
    });
    const again = await resend(id);
    expect([again.status, again.json.mail.state, again.json.link]).toEqual([
      ...[200, 'pending', undefined],
    ]);
    const token = await mailedToken(inbox, email);
    const handed = await resend(id, { byHand: true });
    expect([handed.json.mail, (await invitationOf(email)).mail]).toEqual([null, null]);
    expect([(await read(token)).status, (await read(tokenOf(handed.json.link))).status]).toEqual([
      ...[404, 200],
    ]);
    expect(await events('member.invitation_resent')).toMatchObject([
      { target: { type: 'invitation', id }, after: { email } },
      { target: { type: 'invitation', id }, after: { email, isMailed: true } },
    ]);
  });

  it('sent again, ends later, and only the latest link opens', async () => {
    const email = newEmail();
    const { id, expiresAt } = await invite(email);
    const first = await mailedToken(inbox, email);
    ahead += 24 * hour;
    const { json: again } = await resend(id);
    expect(Date.parse(again.expiresAt) - Date.parse(expiresAt)).toBeGreaterThanOrEqual(24 * hour);
    const second = await mailedToken(inbox, email, 2);
    expect([(await read(first)).status, (await read(second)).status]).toEqual([404, 200]);
    const [one, two] = (await mailsTo(inbox, email, 2)) as [ReceivedMail, ReceivedMail];
    expect(one.header('Message-ID')).not.toBe(two.header('Message-ID'));
  });

  it('that was taken back, used or is of another account is not sent again', async () => {
    const email = newEmail();
    const { id } = await invite(email);
    await mailsTo(inbox, email, 1);
    const here = at;
    at = `/v1/accounts/${(await latchkey.openAccount()).id}`;
    expect((await resend(id)).status).toBe(404);
    at = here;
    await latchkey.manage('DELETE', `${at}/invitations/${id}`);
    expect((await resend(id)).status).toBe(404);
    const { json } = await latchkey.ask('POST', `${at}/invitations/${id}/resend`, {
      ...{ secret: latchkey.operatorKey, body: { byHand: 'yes' } },
    });
    expect(json.reason).toBe('VALIDATION_FAILED');
  });

  it('is not mailed to one address without end', async () => {
    const email = newEmail();
    const { id } = await invite(email);
    const answers = [await resend(id), await resend(id), await resend(id)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(Number(answers[2]?.headers.get('retry-after'))).toBeGreaterThan(300);
    expect((await resend(id, { byHand: true })).status).toBe(200);
  });

  it('leaves nothing in the database that opens anything', async () => {
    const email = newEmail();
    await invite(email);
    const token = await mailedToken(inbox, email);
    const rows = ['link_mail', 'one_time_link', 'audit_event'].flatMap((table) =>
      inDatabase(`SELECT * FROM ${table}`),
    );
    expect(JSON.stringify(rows)).toContain(email);
    expect(JSON.stringify(rows)).not.toContain(token);
  });
});

describe('a forgotten password', () => {
  it('is replaced by a link that comes by e-mail, once', async () => {
    const person = await enter();
    ahead += 24 * hour;
    const { status, text } = await askRecovery(person.email.toUpperCase());
    expect([status, text]).toEqual([202, '']);
    const [, mail] = (await mailsTo(inbox, person.email, 2)) as [ReceivedMail, ReceivedMail];
    expect(mail.header('Subject')).toBe('Latchkey: set a new password');
    expect(mail.part('text/plain')).toContain('from the address 127.0.0.1');
    expect(linkIn(mail)).toMatch(new RegExp(`^${latchkey.managementUrl}/recover#lkl_\\w{38}$`));
    const token = tokenOf(linkIn(mail));
    const { json: link } = await read(token);
    expect(link).toMatchObject({ purpose: 'recovery', email: person.email });
    expect(Date.parse(link.expiresAt) - Date.now() - ahead).toBeLessThanOrEqual(hour);
    const password = 'another password, as long';
    expect((await setPassword(token, password)).status).toBe(204);
    expect((await setPassword(token, password)).status).toBe(404);
    expect((await signIn(latchkey, { email: person.email, password })).personId).toBe(
      person.personId,
    );
    expect(await events('person.recovery_link_mailed')).toMatchObject([
      {
        actor: { kind: 'installation', name: 'forgotten password' },
        target: { type: 'person', id: person.personId },
        ...{ callerIp: '127.0.0.1', after: { linkId: expect.stringMatching(/^lnk_/) } },
      },
    ]);
    expect(await events('person.password_recovered')).toHaveLength(1);
  });

  it('of nobody is answered alike, sends nothing, and leaves nothing', async () => {
    const person = await enter();
    const [known, unknown] = [await askRecovery(person.email), await askRecovery(newEmail())];
    const told = [known, unknown].map(({ status, text, headers }) => [
      ...[status, text, [...headers.keys()].sort()],
    ]);
    expect(told[0]).toEqual(told[1]);
    await mailsTo(inbox, person.email, 2);
    const open = "SELECT * FROM link_mail WHERE purpose = 'recovery' AND link_id IS NULL";
    await until('the question is gone', () => inDatabase(open).length === 0);
    expect(inbox.mails.filter(({ to }) => to.includes(`mailed-${people}@example.com`))).toEqual([]);
  });

  it('asked for again, leaves the link that came first, until one is used', async () => {
    const person = await enter();
    ahead += hour;
    await askRecovery(person.email);
    const first = await mailedToken(inbox, person.email, 2);
    await askRecovery(person.email);
    const second = await mailedToken(inbox, person.email, 3);
    expect([(await read(first)).status, (await read(second)).status]).toEqual([200, 200]);
    expect((await setPassword(first, 'another password, as long')).status).toBe(204);
    expect((await read(second)).status).toBe(404);
  });

  it('that was remembered after all: a link is over when the password is changed', async () => {
    ahead += hour;
    const person = await enter();
    await askRecovery(person.email);
    const token = await mailedToken(inbox, person.email, 2);
    const { session, password: currentPassword } = person;
    const body = { currentPassword, newPassword: 'another password, as long' };
    expect((await latchkey.ask('PUT', '/v1/session/password', { session, body })).status).toBe(204);
    expect((await read(token)).status).toBe(404);
  });

  it('is over an hour later', async () => {
    const person = await enter();
    ahead += hour;
    await askRecovery(person.email);
    const token = await mailedToken(inbox, person.email, 2);
    ahead += hour;
    expect((await read(token)).status).toBe(404);
  });

  it('is not asked for without end: of one address, and from one', async () => {
    ahead += 24 * hour;
    const email = newEmail();
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await askRecovery(email)).status);
    expect(statuses).toEqual([202, 202, 202, 429]);
    const spelt = await askRecovery(email.toUpperCase());
    expect([spelt.status, spelt.json.reason]).toEqual([429, 'TOO_MANY_ATTEMPTS']);
    ahead += 24 * hour;
    const others: number[] = [];
    for (let i = 0; i < 11; i += 1) others.push((await askRecovery(newEmail())).status);
    expect(others).toEqual([...Array<number>(10).fill(202), 429]);
    ahead += 24 * hour;
  });

  it('takes an e-mail address and nothing else, and is no way in for another page', async () => {
    for (const body of [{}, { email: 'nobody' }, { email: 'a@example.com\r\nBcc: b@example.com' }])
      expect((await latchkey.ask('POST', '/v1/session/recovery', { body })).status).toBe(400);
    const { json } = await latchkey.ask('POST', '/v1/session/recovery', {
      body: { email: newEmail() },
      headers: { 'sec-fetch-site': 'cross-site' },
    });
    expect(json.reason).toBe('CROSS_ORIGIN');
  });
});

describe('where the server takes nothing for long', () => {
  it('a recovery is given up when its hour is over, and an invitation is not', async () => {
    const patient = await startManagement(await mailing(inbox), {
      courier: { retryDelaysMs: [30 * minute, hour, hour], sweepMs: 50 },
      wallClock: () => Date.now() + ahead,
    });
    try {
      const { id } = await patient.openAccount();
      const [known, invited] = [newEmail(), newEmail()];
      await addMember(patient, id, 'admin', known);
      inbox.refusals.push(450, 450, 450);
      const body = { email: known };
      expect((await patient.ask('POST', '/v1/session/recovery', { body })).status).toBe(202);
      const path = `/v1/accounts/${id}/invitations`;
      await patient.manage('POST', path, { email: invited, role: 'auditor' });
      const mailOf = (purpose: string) =>
        inDatabase(`SELECT * FROM link_mail WHERE purpose = '${purpose}'`, patient)[0];
      await until('both were refused', () => inbox.refusals.length === 1);
      await until('both are on record', () =>
        ['recovery', 'invitation'].every((each) => mailOf(each)?.error === 'answered 450'),
      );
      ahead += hour;
      await until('both are settled', () => mailOf('recovery')?.state === 'given_up');
      expect(mailOf('recovery')).toMatchObject({ error: 'the link is over' });
      await until('the invitation is refused once more', () => {
        const { attempts, claimed_until: claimedUntil } = mailOf('invitation') ?? {};
        return attempts === 2 && claimedUntil === null;
      });
      ahead += 2 * hour;
      await mailsTo(inbox, invited, 1);
      expect(inbox.mails.filter(({ to }) => to.includes(known))).toEqual([]);
    } finally {
      await patient.remove();
    }
  });

  it('an invitation that is taken back meanwhile is never sent', async () => {
    const patient = await startManagement(await mailing(inbox), {
      courier: { retryDelaysMs: [30 * minute, hour, hour], sweepMs: 50 },
      wallClock: () => Date.now() + ahead,
    });
    try {
      const path = `/v1/accounts/${(await patient.openAccount()).id}/invitations`;
      const email = newEmail();
      inbox.refusals.push(450);
      const { id } = await patient.manage('POST', path, { email, role: 'auditor' });
      const mail = () => inDatabase(`SELECT * FROM link_mail WHERE link_id = '${id}'`, patient)[0];
      await until('it was refused', () => mail()?.error === 'answered 450');
      await patient.manage('DELETE', `${path}/${id}`);
      ahead += hour;
      await until('it is settled', () => mail()?.state !== 'pending');
      expect(mail()).toMatchObject({ state: 'given_up', error: 'the link is over' });
      expect(inbox.mails.filter(({ to }) => to.includes(email))).toEqual([]);
    } finally {
      await patient.remove();
    }
  });
});

describe('without a server for e-mails, or without CONSOLE_URL', () => {
  it.each<[string, Record<string, string>]>([
    ['no server', { CONSOLE_URL: 'http://127.0.0.1:8081' }],
    ['no address of the console', { SMTP_URL: 'smtp://127.0.0.1:1', NOTICE_FROM: 'k@example.org' }],
  ])('%s: links are handed over, and that is said', async (_, environment) => {
    const other = await startManagement(environment);
    try {
      const { id } = await other.openAccount();
      const path = `/v1/accounts/${id}/invitations`;
      const body = { email: newEmail(), role: 'auditor' };
      const invitation = await other.manage('POST', path, body);
      expect(invitation).toMatchObject({ mail: null, link: expect.any(String) });
      const again = await other.manage('POST', `${path}/${invitation.id}/resend`);
      expect([again.mail, tokenOf(again.link) === tokenOf(invitation.link)]).toEqual([null, false]);
      const read = (link: string) =>
        other.ask('POST', '/v1/links/read', { body: { token: tokenOf(link) } });
      const answers = [await read(invitation.link), await read(again.link)];
      expect(answers.map(({ status }) => status)).toEqual([404, 200]);
      expect((await other.ask('GET', '/v1/session/recovery')).json).toEqual({ isMailed: false });
      const person = { token: tokenOf(again.link), name: 'n', password: 'a password of somebody' };
      const used = await other.ask('POST', '/v1/links/use', { body: person });
      expect(used.status).toBe(204);
      for (const email of [body.email, 'unknown@example.com']) {
        const refused = await other.ask('POST', '/v1/session/recovery', { body: { email } });
        expect([refused.status, refused.json.errors[0].code]).toEqual([409, 'NOT_MAILED']);
      }
    } finally {
      await other.remove();
    }
  });

  it('with both it says that recovery is mailed', async () => {
    expect((await latchkey.ask('GET', '/v1/session/recovery')).json).toEqual({ isMailed: true });
  });
});
