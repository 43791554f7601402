import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { policyUnlessSet } from '../../src/core/account-policy.js';
import { conditionsOf } from '../../src/store/call-log/read/call-filter.js';
import { IdempotencyStore } from '../../src/store/idempotency.store.js';
import { readCredential } from '../../src/store/credential-query.js';
import type { Change } from '../../src/store/database.js';
import type { ApiKeyEntity } from '../../src/store/entities/api-key.entity.js';
import type { BindingEntity } from '../../src/store/entities/binding.entity.js';
import type { LinkMailEntity } from '../../src/store/entities/link-mail.entity.js';
import type { NoticeDeliveryEntity } from '../../src/store/entities/notice-delivery.entity.js';
import type { PersonEntity } from '../../src/store/entities/person.entity.js';
import type { RotationEntity } from '../../src/store/entities/rotation.entity.js';
import type { WebhookEntity } from '../../src/store/entities/webhook.entity.js';
import { SealedCredentials } from '../../src/store/sealed-credentials.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  newKey,
  openStore,
  wholeDatabase,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

/** What a store is asked with a value that the types promise and that is not there all the same. */
type Ask = (store: TestStore, change: Change, nothing: string) => Promise<unknown>;

/** One that is there, so that only what is forgotten stands in the way. */
let keyId: string;

const rotation = (fields: object): RotationEntity =>
  ({ standing: 'open', startedAt: 0, graceEndsAt: 1, endedAt: null, ...fields }) as RotationEntity;
const place = (fields: object) => ({
  accountId: 'a',
  serviceId: 's',
  environment: null,
  ...fields,
});
const claim = (fields: object) => ({
  callerId: 'k',
  path: '/',
  idempotencyKey: 'i',
  bodyDigest: 'b',
  ...fields,
});
const notice = { kind: 'webhook.test' as const, data: { webhookId: 'whk_1' } };
const hook = { url: 'https://example.com', kinds: null, enabled: true };
const aDelivery = (fields: object) => ({ attempts: 0, ...fields }) as NoticeDeliveryEntity;
const aMail = (fields: object) =>
  ({ attempts: 0, attemptId: 'att_1', linkId: null, ...fields }) as LinkMailEntity;
const somebody = { email: 'a@example.com', name: 'n', passwordHash: 'h' };
const aPasskey = {
  ...{ personId: 'per_1', credentialId: 'a', publicKey: 'b', counter: 0, name: 'n' },
  ...{ transports: [], isSynced: false },
};
const link = {
  ...{ purpose: 'set_up' as const, accountId: null, role: null, personId: null, email: null },
  madeBy: { kind: 'key' as const, id: 'key_1', name: 'n' },
};
const settings = {
  upstream: 'http://127.0.0.1:1',
  mount: '/x',
  open: true,
  stripMount: true,
  timeoutMs: 1,
};

/** By `store.method`; each id or name that it takes, forgotten alone. What takes none, or makes its own, is not here. */
const asks: Readonly<Record<string, readonly Ask[]>> = {
  'accounts.find': [(s, _, no) => s.accounts.find(no)],
  'accounts.list': [(s, _, no) => s.accounts.list(1, null, { id: no }), (s, _, no) => s.accounts.list(1, { createdAt: 0, id: no }, 'everybody')],
  'accounts.change': [(s, c, no) => s.accounts.change(c, no, { name: 'all of them' })],
  'keys.find': [(s, _, no) => s.keys.find(no, 'key_1'), (s, _, no) => s.keys.find('acc_1', no)],
  'keys.makerOf': [(s, c, no) => s.keys.makerOf(no, c.manager)],
  'keys.idsOf': [(s, _, no) => s.keys.idsOf(no, 1, null)],
  'keys.list': [(s, _, no) => s.keys.list(no, {}, 0, 1, null)],
  'keys.scopesInUse': [(s, c, no) => s.keys.scopesInUse(c, no)],
  'keys.create': [(s, c, no) => s.keys.create(c, { ...newKey, accountId: no })],
  'keys.change': [(s, c, no) => s.keys.change(c, no, { name: 'all of them', scopes: [], grantableScopes: [] })],
  'secrets.issue': [(s, c, no) => s.secrets.issue(c, no, 'qa')],
  'secrets.adopt': [(s, c, no) => s.secrets.adopt(c, no, 'a-secret-of-somebody-else')],
  'rotations.find': [(s, _, no) => s.rotations.find(no, 'rot_1'), (s, _, no) => s.rotations.find('key_1', no)],
  'rotations.list': [(s, _, no) => s.rotations.list(no, 1)],
  'rotations.open': [
    (s, c, no) => s.rotations.open(c, { id: no, environment: 'qa' }, 'sec_1', rotation({}), null),
    (s, c, no) => s.rotations.open(c, { id: keyId, environment: 'qa' }, no, rotation({}), null),
  ],
  'rotations.save': ['id', 'keyId', 'retiringSecretId'].map(
    (field): Ask => (s, c, no) =>
      s.rotations.save(c, rotation({ id: 'r', keyId: 'k', retiringSecretId: 's', replacingSecretId: 't', [field]: no }), rotation({})),
  ).concat((s, c, no) =>
    s.rotations.save(c, rotation({ id: 'r', keyId: 'k', retiringSecretId: 's', replacingSecretId: no }), rotation({ standing: 'cancelled', endedAt: 1 })),
  ),
  'rotations.revokeUnused': [(s, c, no) => s.rotations.revokeUnused(c, no)],
  'rotations.reissue': [
    (s, c, no) => s.rotations.reissue(c, { id: keyId, environment: 'qa' }, rotation({ id: 'r', replacingSecretId: no })),
  ],
  'rotations.setBrownouts': [
    (s, c, no) => s.rotations.setBrownouts(c, rotation({ id: no, keyId: 'k' }), []),
    (s, c, no) => s.rotations.setBrownouts(c, rotation({ id: 'r', keyId: no }), []),
  ],
  'rotations.writeDownExpired': [(s, c, no) => s.rotations.writeDownExpired(c, no)],
  'rotations.endWithKey': [(s, c, no) => s.rotations.endWithKey(c, no)],
  'scopes.find': [(s, _, no) => s.scopes.find(no)],
  'scopes.put': [(s, c, no) => s.scopes.put(c, { name: no, description: '', sensitive: false, dataCategories: [] })],
  'scopes.addMissing': [(s, c, no) => s.scopes.addMissing(c, [{ name: no, description: '' }])],
  'scopes.remove': [(s, c, no) => s.scopes.remove(c, no)],
  'scopes.usesOf': [(s, c, no) => s.scopes.usesOf(c, no)],
  'services.findByName': [(s, _, no) => s.services.findByName(no, 'operator'), (s, _, no) => s.services.findByName('x', { accountId: no })],
  'services.list': [(s, _, no) => s.services.list(1, { createdAt: 0, id: no }, 'operator'), (s, _, no) => s.services.list(1, null, { accountId: no })],
  'services.routesOf': [(s, _, no) => s.services.routesOf(no)],
  'services.findOtherByMount': [(s, c, no) => s.services.findOtherByMount(c, no, 'x'), (s, c, no) => s.services.findOtherByMount(c, '/x', no)],
  'services.put': [(s, c, no) => s.services.put(c, no, settings)],
  'services.replaceRoutes': [(s, c, no) => s.services.replaceRoutes(c, no, [])],
  'bindings.list': [(s, _, no) => s.bindings.list(no, 'svc_1'), (s, _, no) => s.bindings.list('acc_1', no)],
  'bindings.find': [(s, c, no) => s.bindings.find(c, place({ accountId: no })), (s, c, no) => s.bindings.find(c, place({ serviceId: no }))],
  'bindings.put': [(s, c, no) => s.bindings.put(c, place({ accountId: no }), { upstream: null, credential: null })],
  'bindings.remove': [(s, c, no) => s.bindings.remove(c, { id: no, accountId: 'acc_1' } as BindingEntity)],
  'audit.append': [
    (s, c, no) => s.audit.append(c, { accountId: no, action: 'x', actor: { kind: 'key', id: 'k', name: 'n' }, callerIp: null, target: { type: 't', id: 'i' } }),
  ],
  'chains.head': [(s, _, no) => s.chains.head(no)],
  'chains.check': [(s, _, no) => s.chains.check(no)],
  'chains.isKnown': [(s, _, no) => s.chains.isKnown(no)],
  'chains.lengthOf': [(s, _, no) => s.chains.lengthOf(no)],
  'chains.accountIds': [(s, _, no) => s.chains.accountIds(1, no)],
  'chains.heads': [(s, _, no) => s.chains.heads(1, no)],
  'audit.oldestAt': [(s, _, no) => s.audit.oldestAt(no)],
  'audit.prune': [(s, _, no) => s.audit.prune(no, 1, 1)],
  'audit.eventsOf': [(s, _, no) => s.audit.eventsOf(no)],
  'audit.list': [(s, _, no) => s.audit.list(no, 1, null)],
  'notices.put': [(s, c, no) => s.notices.put(c, { accountId: no, notice })],
  'notices.putOfKey': [(s, c, no) => s.notices.putOfKey(c, 'key.revoked', { id: keyId, accountId: no } as ApiKeyEntity)],
  'notices.putOfRotation': [(s, c, no) => s.notices.putOfRotation(c, 'rotation.opened', rotation({ id: 'r', keyId: no }))],
  'notices.haveSome': [(s, _, no) => s.notices.haveSome(no as never)],
  'notices.prune': [(s, _, no) => s.notices.prune(no, 1, 1, 1)],
  'notices.find': [(s, _, no) => s.notices.find(no, 'ntc_1'), (s, _, no) => s.notices.find('acc_1', no)],
  'notices.list': [(s, _, no) => s.notices.list(no, 1, null), (s, _, no) => s.notices.list('acc_1', 1, { createdAt: 0, id: no })],
  'deliveries.claim': [(s, _, no) => s.deliveries.claim(aDelivery({ id: no }), 0)],
  'deliveries.settle': [(s, _, no) => s.deliveries.settle(aDelivery({ id: no }), null, { state: 'given_up' })],
  'deliveries.find': [(s, c, no) => s.deliveries.find(c, no, 'dlv_1'), (s, c, no) => s.deliveries.find(c, 'ntc_1', no)],
  'deliveries.giveUpOf': [(s, c, no) => s.deliveries.giveUpOf(c, no)],
  'deliveries.retry': [(s, c, no) => s.deliveries.retry(c, no)],
  'webhooks.list': [(s, _, no) => s.webhooks.list(no, 1, null), (s, _, no) => s.webhooks.list('acc_1', 1, { createdAt: 0, id: no })],
  'webhooks.find': [(s, _, no) => s.webhooks.find(no, 'whk_1'), (s, _, no) => s.webhooks.find('acc_1', no)],
  'webhooks.count': [(s, c, no) => s.webhooks.count(c, no)],
  'webhooks.create': [(s, c, no) => s.webhooks.create(c, no, hook)],
  'webhooks.change': [(s, c, no) => s.webhooks.change(c, no, hook)],
  'webhooks.rotateSecret': [(s, c, no) => s.webhooks.rotateSecret(c, { id: no, secret: {} } as WebhookEntity)],
  'webhooks.remove': [(s, c, no) => s.webhooks.remove(c, { id: no } as WebhookEntity)],
  'endings.rotations': [(s, _, no) => s.endings.rotations(0, 1, { endsAt: 0, id: no })],
  'endings.keys': [(s, _, no) => s.endings.keys({ from: 0, until: 1 }, 1, { endsAt: 0, id: no })],
  'endings.agingSecrets': [(s, _, no) => s.endings.agingSecrets(0, 1, { createdAt: 0, id: no })],
  'people.signedIn': [(s, c, no) => s.people.signedIn(c, no)],
  'people.find': [(s, _, no) => s.people.find(no)],
  'people.findByEmail': [(s, _, no) => s.people.findByEmail(no)],
  'people.create': [(s, c, no) => s.people.create(c, { ...somebody, email: no })],
  'people.setPassword': [(s, c, no) => s.people.setPassword(c, no, 'a hash')],
  'members.find': [(s, _, no) => s.members.find(no, 'mem_1'), (s, _, no) => s.members.find('acc_1', no)],
  'members.list': [(s, _, no) => s.members.list(no, 1, null), (s, _, no) => s.members.list('acc_1', 1, { createdAt: 0, id: no })],
  'members.ofPerson': [(s, _, no) => s.members.ofPerson(no)],
  'members.countAdmins': [(s, c, no) => s.members.countAdmins(c, no)],
  'members.create': [(s, c, no) => s.members.create(c, no, 'per_1', 'admin'), (s, c, no) => s.members.create(c, 'acc_1', no, 'admin')],
  'members.setRole': [(s, c, no) => s.members.setRole(c, no, 'admin')],
  'members.setGetsNoticeEmails': [
    (s, c, no) => s.members.setGetsNoticeEmails(c, no, 'mem_1', true),
    (s, c, no) => s.members.setGetsNoticeEmails(c, 'per_1', no, true),
  ],
  'members.remove': [(s, c, no) => s.members.remove(c, no)],
  'sessions.begin': [(s, c, no) => s.sessions.begin(c, no, { ip: null, userAgent: null })],
  'sessions.lasting': [(s, _, no) => s.sessions.lasting(no, 0)],
  'sessions.end': [(s, c, no) => s.sessions.end(c, no, 'ses_1'), (s, c, no) => s.sessions.end(c, 'per_1', no)],
  'sessions.endAll': [(s, c, no) => s.sessions.endAll(c, no)],
  'links.make': [(s, c, no) => s.links.make(c, { ...link, madeBy: no as never })],
  'links.use': [(s, c, no) => s.links.use(c, no)],
  'links.invitations': [(s, _, no) => s.links.invitations(no, 0, 1, null), (s, _, no) => s.links.invitations('acc_1', 0, 1, { createdAt: 0, id: no })],
  'links.revokeInvitation': [(s, c, no) => s.links.revokeInvitation(c, no, 'lnk_1'), (s, c, no) => s.links.revokeInvitation(c, 'acc_1', no)],
  'links.revokeOpen': [
    (s, c, no) => s.links.revokeOpen(c, { purpose: 'recovery', personId: no }),
    (s, c, no) => s.links.revokeOpen(c, { purpose: 'invitation', accountId: no }),
  ],
  'links.renew': [(s, c, no) => s.links.renew(c, no)],
  'links.prolongInvitation': [(s, c, no) => s.links.prolongInvitation(c, no, 'lnk_1'), (s, c, no) => s.links.prolongInvitation(c, 'acc_1', no)],
  'links.haveOver': [(s, _, no) => s.links.haveOver(no as never)],
  'links.removeOver': [(s, _, no) => s.links.removeOver(no as never, 1)],
  'sessions.haveOver': [(s, _, no) => s.sessions.haveOver(no as never)],
  'sessions.removeOver': [(s, _, no) => s.sessions.removeOver(no as never, 1)],
  'linkMails.putInvitation': [
    (s, c, no) => s.linkMails.putInvitation(c, { id: no, email: 'a@example.com' }),
    (s, c, no) => s.linkMails.putInvitation(c, { id: 'lnk_1', email: no }),
  ],
  'linkMails.askForRecovery': [
    (s, _, no) => s.linkMails.askForRecovery({ email: no, callerIp: null, now: 0 }),
    (s, _, no) => s.linkMails.askForRecovery({ email: 'a@example.com', callerIp: null, now: no as never }),
  ],
  'linkMails.claim': [(s, c, no) => s.linkMails.claim(c, aMail({ id: no }), 0)],
  'linkMails.setLink': [(s, c, no) => s.linkMails.setLink(c, no, 'lnk_1'), (s, c, no) => s.linkMails.setLink(c, 'lml_1', no)],
  'linkMails.dismiss': [(s, c, no) => s.linkMails.dismiss(c, aMail({ id: no }), 'x'), (s, c, no) => s.linkMails.dismiss(c, aMail({ id: no, linkId: 'lnk_1' }), 'x')],
  'linkMails.drop': [(s, _, no) => s.linkMails.drop(aMail({ id: no }))],
  'linkMails.withdraw': [(s, c, no) => s.linkMails.withdraw(c, no)],
  'linkMails.settle': ['id', 'attemptId'].map(
    (field): Ask => (s, _, no) => s.linkMails.settle(aMail({ id: 'lml_1', [field]: no }), { state: 'given_up', error: 'x' }),
  ),
  'factors.find': [(s, _, no) => s.factors.find(no)],
  'factors.findOn': [(s, _, no) => s.factors.findOn(no)],
  'factors.begin': [(s, c, no) => s.factors.begin(c, no, 'SECRET')],
  'factors.confirm': [(s, c, no) => s.factors.confirm(c, no, 1)],
  'factors.useStep': [(s, c, no) => s.factors.useStep(c, no, 1)],
  'factors.countFailure': [(s, _, no) => s.factors.countFailure(no)],
  'factors.forgetFailures': [(s, c, no) => s.factors.forgetFailures(c, no)],
  'factors.turnOff': [(s, c, no) => s.factors.turnOff(c, no)],
  'recoveryCodes.replace': [(s, c, no) => s.recoveryCodes.replace(c, no)],
  'recoveryCodes.find': [(s, _, no) => s.recoveryCodes.find(no, 'a'), (s, _, no) => s.recoveryCodes.find('per_1', no)],
  'recoveryCodes.use': [(s, c, no) => s.recoveryCodes.use(c, no)],
  'recoveryCodes.count': [(s, _, no) => s.recoveryCodes.count(no)],
  'recoveryCodes.remove': [(s, c, no) => s.recoveryCodes.remove(c, no)],
  'passkeys.findByCredential': [(s, _, no) => s.passkeys.findByCredential(no)],
  'passkeys.list': [(s, _, no) => s.passkeys.list(no)],
  'passkeys.create': (['personId', 'credentialId', 'publicKey', 'name'] as const).map(
    (field): Ask => (s, c, no) => s.passkeys.create(c, { ...aPasskey, [field]: no }),
  ),
  'passkeys.accept': [
    (s, c, no) => s.passkeys.accept(c, no, { challengeAt: 1, counter: 1, isSynced: false }),
    (s, c, no) => s.passkeys.accept(c, 'pky_1', { challengeAt: no as never, counter: 1, isSynced: false }),
    (s, c, no) => s.passkeys.accept(c, 'pky_1', { challengeAt: 1, counter: no as never, isSynced: false }),
  ],
  'passkeys.refuse': [(s, c, no) => s.passkeys.refuse(c, no, 1), (s, c, no) => s.passkeys.refuse(c, 'pky_1', no as never)],
  'passkeys.remove': [(s, c, no) => s.passkeys.remove(c, no, 'pky_1'), (s, c, no) => s.passkeys.remove(c, 'per_1', no)],
  'passkeys.removeAll': [(s, c, no) => s.passkeys.removeAll(c, no)],
  'trail.append': [(s, c, no) => s.trail.append(c, { id: no, name: 'n' } as PersonEntity, { action: 'x', callerIp: null })],
  'idempotency.find': ['callerId', 'path', 'idempotencyKey'].map(
    (field): Ask => (s, _, no) => new IdempotencyStore(s.database).find(claim({ [field]: no }), 0),
  ),
  'idempotency.complete': [(s, c, no) => new IdempotencyStore(s.database).complete(c, claim({ callerId: no }), {})],
}; // prettier-ignore

/** Methods that take no id or name, make their own, or take a list of them; for the last there is a test below. */
const askNothing = [
  ...['limitUses.isShared', 'limitUses.save', 'limitUses.ofOthers', 'limitUses.counting'],
  ...['limitUses.haveOver', 'limitUses.removeOver'],
  ...['accounts.create', 'accounts.findOperator', 'scopes.list', 'scopes.unknownOf'],
  ...['notices.wake', 'notices.notYetPut', 'notices.countPut'],
  ...['webhooks.signingSecrets', 'accounts.policies', 'scopes.names'],
  ...['links.findByToken', 'sessions.endByToken', 'factors.secretOf'],
  ...['linkMails.due', 'linkMails.nextDueAt', 'linkMails.of'],
  ...['deliveries.due', 'deliveries.nextDueAt', 'deliveries.of', 'deliveries.attemptsOf'],
  ...['scopes.managementScopesAreCurrent', 'scopes.seedManagementScopes'],
];

describeOnEachDatabase('#23 a value that a store was not given', (kind) => {
  let home: TestDatabase;
  let store: TestStore;

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
    await store.addScopes('contacts.read');
    for (const isOperator of [true, false]) {
      const { id } = await store.openAccount({ isOperator });
      keyId = (await store.issueKey(id, { scopes: ['contacts.read'] })).id;
    }
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  describe.each([undefined, null])('%s', (nothing) => {
    it.each(Object.entries(asks))('%s throws, and changes no row', async (_name, ways) => {
      const before = await wholeDatabase(store);
      for (const ask of ways) {
        const asking = store.database.change((change) =>
          ask(store, change, nothing as unknown as string),
        );
        await expect(asking).rejects.toThrow(/undefined|null|empty criteria|not given/i);
      }
      expect(await wholeDatabase(store)).toEqual(before);
    });
  });

  it('in a list is not in the catalogue, and is nobody’s digest', async () => {
    const nothing = undefined as unknown as string;
    const credentials = new SealedCredentials([{ version: 1, key: Buffer.alloc(32) }]);
    const names = ['contacts.read', nothing];
    await store.database.change(async (change) => {
      expect(await store.scopes.unknownOf(change, names)).toEqual([nothing]);
    });
    expect(
      await readCredential(store.database.read, [nothing], credentials, policyUnlessSet),
    ).toBeNull();
  });

  it('in a filter of the call log never shows another account’s calls', () => {
    const context = { secretUsage: 'secret_usage', like: 'LIKE', maxSkewMs: 0 } as const;
    for (const nothing of [undefined, null]) {
      const accountId = nothing as unknown as string;
      expect(() => conditionsOf({ accountId }, context)).toThrow('accountId was not given.');
      expect(() => conditionsOf({ accountId: 'acc_1', keyId: accountId }, context)).toThrow(
        'keyId was not given.',
      );
    }
  });

  it('is tried with every method of every store', () => {
    const { accounts, keys, secrets, rotations, scopes, services, bindings, audit, chains } = store;
    const { notices, deliveries, webhooks, endings, limitUses } = store;
    const { people, members, sessions, links, linkMails, trail } = store;
    const { factors, recoveryCodes, passkeys } = store;
    const idempotency = new IdempotencyStore(store.database);
    const stores = {
      ...{ accounts, keys, secrets, rotations, scopes, services, bindings, audit, chains },
      ...{ notices, deliveries, webhooks, endings, limitUses, idempotency },
      ...{ people, members, sessions, links, linkMails, trail },
      ...{ factors, recoveryCodes, passkeys },
    };
    const names = Object.entries(stores).flatMap(([name, one]) =>
      Object.getOwnPropertyNames(Object.getPrototypeOf(one))
        .filter((method) => method !== 'constructor')
        .map((method) => `${name}.${method}`),
    );
    expect(names.sort()).toEqual([...Object.keys(asks), ...askNothing].sort());
  });
});
