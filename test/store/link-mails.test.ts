import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { LinkMailClaims, type ClaimedLinkMail } from '../../src/courier/link-mail-claims.js';
import { usualSurroundings } from '../../src/courier/surroundings.js';
import type { Actor } from '../../src/store/entities/audit-event.entity.js';
import { LinkMailEntity } from '../../src/store/entities/link-mail.entity.js';
import type { OneTimeLinkEntity } from '../../src/store/entities/one-time-link.entity.js';
import type { PersonEntity } from '../../src/store/entities/person.entity.js';
import { meetSecret } from '../support/met-secrets.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

const madeBy: Actor = { kind: 'key', id: 'key_1', name: 'Admin' };
const hour = 3_600_000;
let people = 0;

describeOnEachDatabase('the outbox of links', (kind) => {
  let home: TestDatabase;
  let store: TestStore;
  let claims: LinkMailClaims;
  let accountId: string;

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
    await store.openAccount({ isOperator: true });
    claims = new LinkMailClaims(
      ...([store.database, store.linkMails, store.links, store.people] as const),
      ...([store.accounts, store.trail, usualSurroundings] as const),
    );
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  beforeEach(async () => {
    accountId = (await store.openAccount({ name: 'Rolling Donut Ltd' })).id;
    await store.database.write((manager) => manager.deleteAll(LinkMailEntity));
  });

  const newEmail = () => `mailed-${(people += 1)}@example.com`;

  const invite = (email = newEmail()): Promise<OneTimeLinkEntity> =>
    store.database.change(async (change) => {
      const { link } = await store.links.make(change, {
        ...{ purpose: 'invitation', accountId, role: 'auditor', personId: null, email, madeBy },
      });
      await store.linkMails.putInvitation(change, link);
      return link;
    });

  const makePerson = (email = newEmail()): Promise<PersonEntity> =>
    store.database.change((change) =>
      store.people.create(change, { email, name: 'Aoife', passwordHash: 'hash' }),
    );

  const askForRecovery = (email: string): Promise<void> =>
    store.linkMails.askForRecovery({ email, callerIp: '203.0.113.7', now: store.clock.now() });

  const due = () => store.linkMails.due(store.clock.now(), 10);

  async function take(): Promise<ClaimedLinkMail | null> {
    const [mail] = await due();
    if (mail === undefined) throw new Error('Nothing is due.');
    return met(await claims.take(mail));
  }

  function met(claimed: ClaimedLinkMail | null): ClaimedLinkMail | null {
    if (claimed !== null) meetSecret(claimed.token);
    return claimed;
  }

  const opens = async ({ token }: ClaimedLinkMail) =>
    (await store.links.findByToken(token)) !== null;

  const rows = () => store.reader.getRepository(LinkMailEntity).find();

  it('a token is made with the claim, and opens that link', async () => {
    const { id, email, expiresAt } = await invite();
    const claimed = await take();
    expect(claimed).toMatchObject({
      to: email,
      mail: { linkId: id, attempts: 1, attemptId: expect.stringMatching(/^att_/) },
      facts: {
        ...{ purpose: 'invitation', accountName: 'Rolling Donut Ltd', role: 'auditor' },
        expiresAt: new Date(expiresAt).toISOString(),
      },
    });
    expect((await store.links.findByToken(claimed?.token ?? ''))?.id).toBe(id);
    expect(await due()).toEqual([]);
  });

  it('of several nodes that find it at once, one gets it', async () => {
    await invite();
    const [mail] = (await due()) as [LinkMailEntity];
    const taken = await Promise.all([1, 2, 3, 4].map(() => claims.take(mail)));
    expect(taken.filter((each) => met(each) !== null)).toHaveLength(1);
  });

  it('when the node that has it dies, another one sends another link, and the first opens nothing', async () => {
    await invite();
    const first = (await take()) as ClaimedLinkMail;
    store.sleep(59_000);
    expect(await due()).toEqual([]);
    store.sleep(2_000);
    const second = (await take()) as ClaimedLinkMail;
    expect(second.mail.attemptId).not.toBe(first.mail.attemptId);
    expect([await opens(first), await opens(second)]).toEqual([false, true]);
    // It was not dead but slow, and says so too late.
    const now = store.clock.now();
    await store.linkMails.settle(first.mail, { state: 'given_up', error: 'too late' });
    expect(await rows()).toMatchObject([{ state: 'pending', error: null }]);
    await store.linkMails.settle(second.mail, { state: 'delivered', deliveredAt: now });
    expect(await rows()).toMatchObject([{ state: 'delivered', deliveredAt: now, attempts: 2 }]);
  });

  it('sent once more while a node is at it, is sent again whatever became of the first', async () => {
    const link = await invite();
    const first = (await take()) as ClaimedLinkMail;
    await store.database.change((change) => store.linkMails.putInvitation(change, link));
    const second = (await take()) as ClaimedLinkMail;
    await store.linkMails.settle(first.mail, { state: 'delivered', deliveredAt: 1 });
    expect(await rows()).toMatchObject([{ state: 'pending', attempts: 1 }]);
    expect([await opens(first), await opens(second)]).toEqual([false, true]);
  });

  it('of an invitation that was taken back nothing is sent', async () => {
    const { id } = await invite();
    await store.database.change((change) => store.links.revokeInvitation(change, accountId, id));
    expect(await take()).toBeNull();
    expect(await rows()).toMatchObject([{ state: 'given_up', error: 'the link is over' }]);
  });

  it('what was begun too often is given up: it may be what kills whoever begins it', async () => {
    await invite();
    const attempts = usualSurroundings.retryDelaysMs.length + 1;
    await store.database.write((manager) => manager.updateAll(LinkMailEntity, { attempts }));
    expect(await take()).toBeNull();
    expect(await rows()).toMatchObject([{ state: 'given_up', error: 'could not be sent' }]);
  });

  it('a recovery goes to the address that the person has, and nothing is kept of one of nobody', async () => {
    const person = await makePerson(`Aoife.${newEmail()}`);
    await askForRecovery(person.email.toUpperCase());
    const claimed = (await take()) as ClaimedLinkMail;
    expect(claimed).toMatchObject({
      to: person.email,
      facts: { purpose: 'recovery', askedFrom: '203.0.113.7' },
    });
    const link = await store.links.findByToken(claimed.token);
    expect(link).toMatchObject({ purpose: 'recovery', personId: person.id });
    await store.linkMails.settle(claimed.mail, { state: 'delivered', deliveredAt: 1 });
    await askForRecovery(newEmail());
    expect(await take()).toBeNull();
    expect(await rows()).toHaveLength(1);
  });

  it('a recovery that is sent again is the same link with another token, and on the trail once', async () => {
    const person = await makePerson();
    await store.database.change((change) =>
      store.members.create(change, accountId, person.id, 'admin'),
    );
    await askForRecovery(person.email);
    const first = (await take()) as ClaimedLinkMail;
    store.sleep(61_000);
    const second = (await take()) as ClaimedLinkMail;
    expect([second.mail.linkId, second.to]).toEqual([
      (await store.links.findByToken(second.token))?.id,
      person.email,
    ]);
    expect(await opens(first)).toBe(false);
    const events = await store.audit.list(accountId, 10, null);
    expect(events).toMatchObject([
      { action: 'person.recovery_link_mailed', actor: { kind: 'installation' } },
    ]);
  });

  it('a recovery that nobody could send for an hour is not sent', async () => {
    const { email } = await makePerson();
    await askForRecovery(email);
    store.sleep(hour);
    expect(await take()).toBeNull();
    expect(await rows()).toEqual([]);
    await askForRecovery(email);
    const [{ createdAt }] = (await due()) as [LinkMailEntity];
    store.sleep(hour / 2);
    const { facts } = (await take()) as ClaimedLinkMail;
    expect(Date.parse(facts.expiresAt)).toBe(createdAt + hour);
  });

  it('says when there will be something to do', async () => {
    expect(await store.linkMails.nextDueAt()).toBeNull();
    await invite();
    const claimed = (await take()) as ClaimedLinkMail;
    expect(await store.linkMails.nextDueAt()).toBeNull();
    const nextAttemptAt = store.clock.now() + 5_000;
    await store.linkMails.settle(claimed.mail, {
      ...{ state: 'pending', error: 'answered 450', nextAttemptAt },
    });
    expect([await store.linkMails.nextDueAt(), await due()]).toEqual([nextAttemptAt, []]);
  });
});
