import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/latchkey.js';
import { startManagement, type Management } from '../support/management.js';
import { addMember, type SignedInPerson } from '../support/people.js';
import { startSmtpInbox, type SmtpInbox } from '../support/smtp-inbox.js';
import { until } from '../support/until.js';

let inbox: SmtpInbox;
let latchkey: Management;
let accountId: string;
let at: string;

beforeAll(async () => {
  inbox = await startSmtpInbox();
  const environment = {
    SMTP_URL: `smtp://127.0.0.1:${inbox.port}`,
    NOTICE_FROM: 'keys@example.org',
  };
  // What is not taken at first stays where it is: nobody comes back for it within a test.
  latchkey = await startManagement(environment, { courier: { retryDelaysMs: [3_600_000] } });
});

afterAll(async () => {
  await latchkey.remove();
  await inbox.close();
});

beforeEach(async () => {
  accountId = (await latchkey.openAccount()).id;
  at = `/v1/accounts/${accountId}`;
  inbox.refusals.splice(0);
});

async function suspend(settings: Json = {}, session?: string): Promise<Json> {
  const body = { name: 'Vendor', scopes: [], ...settings };
  const secret = session === undefined ? latchkey.operatorKey : undefined;
  const who = session === undefined ? { secret } : { session };
  const { json: key } = await latchkey.ask('POST', `${at}/keys`, { body, ...who });
  await latchkey.manage('POST', `${at}/keys/${key.id}/suspend`);
  const { results } = await latchkey.manage('GET', `${at}/notices?limit=1`);
  expect(results[0]).toMatchObject({ kind: 'key.suspended', keyId: key.id });
  return results[0];
}

const recipients = ({ deliveries }: Json): string[] =>
  deliveries.map(({ recipient }: Json) => recipient).sort();

async function deliveriesOf({ id }: Json, isDone: (delivery: Json) => boolean): Promise<Json[]> {
  let deliveries: Json[] = [];
  await until('the outcome of every delivery', async () => {
    ({ deliveries } = await latchkey.manage('GET', `${at}/notices/${id}`));
    return deliveries.every(isDone);
  });
  return deliveries;
}

const isSettled = ({ state }: Json) => state !== 'pending';
const wasTried = ({ log }: Json) => log.length === 1;

const mails = (email: string) => inbox.mails.filter(({ to }) => to.includes(email));

const getsEmails = (of: SignedInPerson, getsNoticeEmails: unknown, memberId = of.memberId) =>
  latchkey.ask('PATCH', `/v1/session/memberships/${memberId}`, {
    ...{ session: of.session, body: { getsNoticeEmails } },
  });

const whoAmI = async ({ session }: SignedInPerson): Promise<Json> =>
  (await latchkey.ask('GET', '/v1/session', { session })).json;

describe('notices go to members by their role', () => {
  it('admins are told of every key, developers of those they made, auditors of none', async () => {
    const admin = await addMember(latchkey, accountId, 'admin');
    const developer = await addMember(latchkey, accountId, 'developer');
    const other = await addMember(latchkey, accountId, 'developer');
    await addMember(latchkey, accountId, 'auditor');
    expect(recipients(await suspend())).toEqual([admin.email]);
    const theirs = await suspend({}, developer.session);
    expect(recipients(theirs)).toEqual([admin.email, developer.email].sort());
    expect(recipients(await suspend({}, other.session))).toContain(other.email);
    const deliveries = await deliveriesOf(theirs, isSettled);
    for (const { email, memberId } of [admin, developer])
      expect(deliveries.find(({ recipient }) => recipient === email)).toMatchObject({
        ...{ channel: 'email', memberId, state: 'delivered', attempts: 1 },
      });
    const [mail] = mails(developer.email);
    expect(mail?.part('text/plain')).toContain('You get this as a member of an account.');
    expect(mail?.part('text/html')).toContain('You get this as a member of an account.');
    expect(mails(developer.email)).toHaveLength(1);
  });

  it('one address gets it once, however it is spelt and whoever else names it', async () => {
    const admin = await addMember(latchkey, accountId, 'admin');
    const upper = admin.email.toUpperCase();
    await latchkey.manage('PUT', `${at}/notice-emails`, { emails: [upper] });
    const notice = await suspend({ contactEmail: admin.email });
    expect(notice.deliveries).toMatchObject([{ recipient: upper, memberId: null }]);
  });

  it('#68 of another account nobody is told, the operator’s admins included', async () => {
    const elsewhere = await latchkey.openAccount();
    await addMember(latchkey, elsewhere.id, 'admin');
    await addMember(latchkey, latchkey.operatorAccountId, 'admin');
    expect(recipients(await suspend())).toEqual([]);
  });

  it('the operator’s admins are told of the operator’s own keys', async () => {
    const operator = await addMember(latchkey, latchkey.operatorAccountId, 'admin');
    at = `/v1/accounts/${latchkey.operatorAccountId}`;
    expect(recipients(await suspend())).toContain(operator.email);
  });

  it('who is made something else is told as that from then on', async () => {
    await addMember(latchkey, accountId, 'admin');
    const second = await addMember(latchkey, accountId, 'admin');
    expect(recipients(await suspend())).toContain(second.email);
    await latchkey.manage('PATCH', `${at}/members/${second.memberId}`, { role: 'auditor' });
    expect(recipients(await suspend())).not.toContain(second.email);
  });
});

describe('who wants no e-mails of an account', () => {
  it('gets none, sees that in who they are, and it is on the trail, once', async () => {
    const admin = await addMember(latchkey, accountId, 'admin');
    expect((await whoAmI(admin)).memberships).toMatchObject([{ getsNoticeEmails: true }]);
    for (const _time of ['first', 'again'])
      expect((await getsEmails(admin, false)).json).toMatchObject({
        ...{ memberId: admin.memberId, role: 'admin', getsNoticeEmails: false },
      });
    expect((await whoAmI(admin)).current).toMatchObject({ getsNoticeEmails: false });
    const { results } = await latchkey.manage('GET', `${at}/audit-events?limit=50`);
    expect(
      results.filter(({ action }: Json) => action === 'member.notice_emails_set'),
    ).toMatchObject([
      {
        actor: { kind: 'member', id: admin.memberId, name: admin.name },
        target: { type: 'member', id: admin.memberId },
        ...{ before: { getsNoticeEmails: true }, after: { getsNoticeEmails: false } },
      },
    ]);
    expect(recipients(await suspend())).toEqual([]);
    await getsEmails(admin, true);
    expect(recipients(await suspend())).toEqual([admin.email]);
  });

  it('gets those of their other accounts', async () => {
    const admin = await addMember(latchkey, accountId, 'admin');
    const { id } = await latchkey.openAccount();
    const invitation = await latchkey.manage('POST', `/v1/accounts/${id}/invitations`, {
      ...{ email: admin.email, role: 'admin' },
    });
    const token = invitation.link.split('#')[1];
    const { session } = admin;
    await latchkey.ask('POST', '/v1/session/join', { session, body: { token } });
    await getsEmails(admin, false);
    expect(
      (await whoAmI(admin)).memberships.map((each: Json) => [
        ...[each.account.id, each.getsNoticeEmails],
      ]),
    ).toEqual([
      [accountId, false],
      [id, true],
    ]);
  });

  it('#68 says so for themselves and for nobody else', async () => {
    const admin = await addMember(latchkey, accountId, 'admin');
    const other = await addMember(latchkey, accountId, 'admin');
    expect((await getsEmails(admin, false, other.memberId)).status).toBe(404);
    expect((await whoAmI(other)).memberships).toMatchObject([{ getsNoticeEmails: true }]);
    expect((await getsEmails(admin, 'no')).status).toBe(400);
  });
});

describe('a member who is removed', () => {
  it('gets nothing that is not sent yet, even if it is asked for', async () => {
    await addMember(latchkey, accountId, 'admin');
    const leaving = await addMember(latchkey, accountId, 'admin');
    inbox.refusals.push(450, 450);
    const notice = await suspend();
    await deliveriesOf(notice, wasTried);
    const before = inbox.mails.length;
    await latchkey.manage('DELETE', `${at}/members/${leaving.memberId}`);
    const deliveries = await deliveriesOf(notice, wasTried);
    const [theirs, other] = [leaving.memberId, null].map((id) =>
      deliveries.find(({ memberId }) => (memberId === leaving.memberId) === (id !== null)),
    );
    expect([theirs?.state, other?.state]).toEqual(['given_up', 'pending']);
    const retry = (delivery: Json | undefined) =>
      latchkey.ask('POST', `${at}/notices/${notice.id}/deliveries/${delivery?.id}/retry`, {
        secret: latchkey.operatorKey,
      });
    const refused = await retry(theirs);
    expect([refused.status, refused.json.errors[0].code]).toEqual([409, 'MEMBER_REMOVED']);
    expect((await retry(other)).status).toBe(200);
    await deliveriesOf(notice, isSettled);
    expect(inbox.mails.slice(before).map(({ to }) => to)).toEqual([[other?.recipient]]);
    expect(mails(leaving.email)).toEqual([]);
    expect(recipients(await suspend())).toEqual([other?.recipient]);
  });

  it('gets what the account or a key sends to their address all the same', async () => {
    await addMember(latchkey, accountId, 'admin');
    const leaving = await addMember(latchkey, accountId, 'admin');
    await latchkey.manage('PUT', `${at}/notice-emails`, { emails: [leaving.email] });
    await latchkey.manage('DELETE', `${at}/members/${leaving.memberId}`);
    const notice = await suspend();
    expect(recipients(notice)).toContain(leaving.email);
    await deliveriesOf(notice, isSettled);
    expect(mails(leaving.email)).toHaveLength(1);
  });
});
