import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { LinkRetention, SessionRetention } from '../../src/retention/sign-in-retention.js';
import type { Pruner } from '../../src/retention/pruner.js';
import type { Actor } from '../../src/store/entities/audit-event.entity.js';
import { LinkMailEntity } from '../../src/store/entities/link-mail.entity.js';
import { OneTimeLinkEntity } from '../../src/store/entities/one-time-link.entity.js';
import { SessionEntity } from '../../src/store/entities/session.entity.js';
import { meetSecret } from '../support/met-secrets.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

const day = 86_400_000;
const madeBy: Actor = { kind: 'installation', id: null, name: 'first start' };
const place = { ip: '203.0.113.7', userAgent: 'a browser' };

describeOnEachDatabase('sessions and links that are over', (kind) => {
  let home: TestDatabase;
  let store: TestStore;

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  async function begin(personId: string): Promise<{ id: string; token: string }> {
    const begun = await store.database.change((change) =>
      store.sessions.begin(change, personId, place),
    );
    meetSecret(begun.token);
    return begun;
  }

  const addPerson = (email: string) =>
    store.database.change((change) =>
      store.people.create(change, { email, name: 'Aoife', passwordHash: 'hash' }),
    );

  async function run(pruner: Pruner): Promise<number> {
    let count = 0;
    for await (const removed of pruner.prune(store.clock.now(), new AbortController().signal))
      count += removed.count;
    return count;
  }

  const isDue = (pruner: Pruner) => pruner.isDue(store.clock.now());

  const sessionIds = async () =>
    (await store.reader.getRepository(SessionEntity).find()).map(({ id }) => id).sort();

  it('sessions go a month after their time, but for the last one of a member', async () => {
    const pruner = new SessionRetention(store.sessions);
    const { id: accountId } = await store.openAccount();
    const member = await addPerson('member@example.com');
    const nobody = await addPerson('nobody@example.com');
    await store.database.change((change) =>
      store.members.create(change, accountId, member.id, 'admin'),
    );
    const first = await begin(member.id);
    store.sleep(60_000);
    const last = await begin(member.id);
    await begin(nobody.id);
    await store.database.change((change) => store.sessions.endAll(change, member.id));
    store.sleep(30 * day);
    // They could have lasted until a day later.
    expect(await isDue(pruner)).toBe(false);
    expect(await run(pruner)).toBe(0);
    const lasting = await begin(nobody.id);
    store.sleep(day);
    expect(await isDue(pruner)).toBe(true);
    expect(await run(pruner)).toBe(2);
    expect(await sessionIds()).toEqual([last.id, lasting.id].sort());
    expect(await isDue(pruner)).toBe(false);
    const [seen] = await store.members.list(accountId, 10, null);
    expect(seen?.lastSeenAt).not.toBeNull();
    expect([first.id, await store.sessionDirectory.find(first.token)]).toEqual([first.id, null]);
    expect((await store.sessionDirectory.find(last.token))?.endedAt).not.toBeNull();
    // Another one that is later takes its place.
    await begin(member.id);
    expect(await run(pruner)).toBe(1);
  });

  it('more of them than a piece go all the same', async () => {
    const pruner = new SessionRetention(store.sessions);
    const { id } = await addPerson('often@example.com');
    for (let i = 0; i < 502; i += 1) await begin(id);
    // A month after the day for which they could have lasted, the last of them as well.
    store.sleep(31 * day + 1);
    expect(await run(pruner)).toBeGreaterThanOrEqual(502);
    expect(await isDue(pruner)).toBe(false);
  });

  it('links go a month after their time, used or not, with their mails', async () => {
    const pruner = new LinkRetention(store.links);
    const { id: accountId } = await store.openAccount();
    const make = async (purpose: 'invitation' | 'recovery') => {
      const { link, token } = await store.database.change((change) =>
        store.links.make(change, {
          ...{ purpose, accountId, role: 'auditor', personId: null, email: 'a@example.com' },
          madeBy,
        }),
      );
      meetSecret(token);
      return link;
    };
    const [invitation, recovery] = [await make('invitation'), await make('recovery')];
    await store.database.change(async (change) => {
      await store.links.use(change, recovery.id);
      await store.linkMails.putInvitation(change, invitation);
    });
    expect(await isDue(pruner)).toBe(false);
    const left = async () =>
      (await store.reader.getRepository(OneTimeLinkEntity).find()).map(({ id }) => id);
    store.sleep(31 * day);
    expect([await isDue(pruner), await run(pruner)]).toEqual([true, 1]);
    expect(await left()).toEqual([invitation.id]);
    expect(await isDue(pruner)).toBe(false);
    store.sleep(7 * day);
    expect([await isDue(pruner), await run(pruner)]).toEqual([true, 1]);
    expect([await left(), await store.reader.getRepository(LinkMailEntity).count()]).toEqual([
      ...[[], 0],
    ]);
  });

  it('recoveries that were asked for and never sent go as well', async () => {
    const pruner = new LinkRetention(store.links);
    const mails = () => store.reader.getRepository(LinkMailEntity).count();
    const now = await store.database.change((change) => Promise.resolve(change.now));
    await store.linkMails.askForRecovery({
      ...{ email: 'anybody@example.com', callerIp: '203.0.113.7', now },
    });
    expect([await isDue(pruner), await mails()]).toEqual([false, 1]);
    store.sleep(31 * day);
    expect([await isDue(pruner), await run(pruner)]).toEqual([true, 1]);
    expect([await isDue(pruner), await mails()]).toEqual([false, 0]);
  });
});
