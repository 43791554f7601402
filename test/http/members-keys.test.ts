import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/latchkey.js';
import { expectRefused, refusals, startManagement, type Management, type Request } from '../support/management.js'; // prettier-ignore
import { addMember, type SignedInPerson } from '../support/people.js';

/** What members may do with keys (contract §6). */

let latchkey: Management;
let account: Json;
let admin: SignedInPerson;
let developer: SignedInPerson;
let keysPath: string;
let theirs: Json;

const othersKey = { status: 403, reason: 'KEY_OF_OTHERS', category: 'FORBIDDEN' };

beforeAll(async () => {
  latchkey = await startManagement();
  await latchkey.addScopes('contacts.read', 'orders.read');
  account = await latchkey.openAccount({ entitledScopes: ['contacts.read'] });
  keysPath = `/v1/accounts/${account.id}/keys`;
  admin = await addMember(latchkey, account.id, 'admin');
  developer = await addMember(latchkey, account.id, 'developer');
  theirs = await make(admin, { name: 'Made by the admin', scopes: ['contacts.read'] });
});

afterAll(() => latchkey.remove());

async function make({ session }: SignedInPerson, body: Json): Promise<Json> {
  const answer = await latchkey.ask('POST', keysPath, { session, body });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json;
}

/** Everything that changes a key. */
function changesOf({ id, openRotation }: Json): Request[] {
  const key = `${keysPath}/${id}`;
  const rotation = `${key}/rotations/${openRotation}`;
  return [
    { method: 'PATCH', path: key, body: { name: 'Renamed' } },
    ...['suspend', 'resume', 'reissue', 'revoke'].map((action) => ({
      ...{ method: 'POST', path: `${key}/${action}` },
    })),
    { method: 'PUT', path: `${key}/ip-allowlist`, body: { mode: 'off', entries: [] } },
    { method: 'POST', path: `${key}/rotations`, body: { graceSeconds: 60 } },
    ...['finish', 'cancel', 'reissue'].map((step) => ({
      ...{ method: 'POST', path: `${rotation}/${step}` },
    })),
    { method: 'POST', path: `${rotation}/extend`, body: { graceEndsAt: '2099-01-01T00:00:00Z' } },
    { method: 'PUT', path: `${rotation}/brownouts`, body: { brownouts: [] } },
  ];
}

async function rotating(key: Json): Promise<Json> {
  const path = `${keysPath}/${key.id}/rotations`;
  const rotation = await latchkey.manage('POST', path, { graceSeconds: 3600 });
  return { ...key, openRotation: rotation.id };
}

describe('a developer', () => {
  it('reads every key of the account, and changes none that somebody else made', async () => {
    const { session } = developer;
    const key = await rotating(theirs);
    const seen = await latchkey.ask('GET', keysPath, { session });
    expect(seen.json.results.map((each: Json) => each.id)).toContain(theirs.id);
    const changes = changesOf(key);
    expect(changes).toHaveLength(12);
    for (const request of changes)
      await expectRefused(latchkey, { ...request, session }, othersKey, {
        actor: developer.memberId,
      });
  });

  it('changes the keys that they made, in every way', async () => {
    const { session } = developer;
    for (const { method, path, ...request } of changesOf(
      await rotating(await make(developer, { name: 'Mine', scopes: ['contacts.read'] })),
    )) {
      // prettier-ignore
      const answer = await latchkey.ask(method, path, { ...request, session });
      expect([path, answer.json.reason]).not.toEqual([path, 'KEY_OF_OTHERS']);
      expect([200, 201, 409]).toContain(answer.status);
    }
  });

  it('does not change the account’s allowlist, which is of every key', async () => {
    const request = {
      ...{ method: 'PUT', path: `/v1/accounts/${account.id}/ip-allowlist` },
      ...{ body: { mode: 'off', entries: [] }, session: developer.session },
    };
    await expectRefused(latchkey, request, othersKey);
  });

  it('of another account has no part in these', async () => {
    const other = await latchkey.openAccount();
    const stranger = await addMember(latchkey, other.id, 'developer');
    const request = { method: 'POST', path: `${keysPath}/${theirs.id}/suspend` };
    await expectRefused(latchkey, { ...request, session: stranger.session }, refusals.notFound);
  });
});

describe('#31 a member hands out', () => {
  it.each<[who: () => SignedInPerson, scopes: string[], ok: boolean]>([
    [() => admin, ['contacts.read'], true],
    [() => admin, ['orders.read'], false],
    [() => admin, ['latchkey.keys.write', 'latchkey.members.write', 'latchkey.self.rotate'], true],
    [() => admin, ['latchkey.accounts.write'], false],
    [() => developer, ['contacts.read', 'latchkey.self.rotate', 'latchkey.verify'], true],
    [() => developer, ['orders.read'], false],
    [() => developer, ['latchkey.keys.write'], false],
    [() => developer, ['latchkey.members.read'], false],
  ])('%p %j: %p', async (who, scopes, ok) => {
    for (const field of ['scopes', 'grantableScopes']) {
      const body = { name: 'K', scopes: [], [field]: scopes };
      const request = { method: 'POST', path: keysPath, body, session: who().session };
      if (!ok) await expectRefused(latchkey, request, refusals.notGrantable);
      else expect(await make(who(), body)).toMatchObject({ [field]: scopes });
    }
  });

  it('what the account is entitled to now, and not what it was', async () => {
    const { id } = await latchkey.openAccount({ entitledScopes: [] });
    const member = await addMember(latchkey, id, 'admin');
    const { session } = member;
    const body = { name: 'K', scopes: ['orders.read'] };
    const ask = async () =>
      (await latchkey.ask('POST', `/v1/accounts/${id}/keys`, { session, body })).status;
    expect(await ask()).toBe(403);
    await latchkey.manage('PATCH', `/v1/accounts/${id}`, { entitledScopes: ['orders.read'] });
    expect(await ask()).toBe(201);
    await latchkey.manage('PATCH', `/v1/accounts/${id}`, { entitledScopes: null });
    expect(await ask()).toBe(201);
  });
});

describe('the operator', () => {
  it('is an admin of its account: on every account, and with everything', async () => {
    const operator = await addMember(latchkey, latchkey.operatorAccountId, 'admin');
    const { session } = operator;
    const ask = async (method: string, path: string, body?: Json) =>
      (await latchkey.ask(method, path, { session, ...(body && { body }) })).status;
    const orders = { name: 'K', scopes: ['orders.read', 'latchkey.keys.write'] };
    expect(await ask('POST', keysPath, orders)).toBe(201);
    expect(await ask('POST', `${keysPath}/${theirs.id}/suspend`)).toBe(200);
    expect(await ask('POST', '/v1/accounts', { name: 'Another' })).toBe(201);
    expect(await ask('PUT', '/v1/scopes/of.the.operator', {})).toBe(201);
    expect(await ask('GET', '/v1/request-log')).toBe(200);
    const { results } = await latchkey.manage(
      'GET',
      `/v1/accounts/${account.id}/audit-events?limit=1`,
    );
    expect(results[0]).toMatchObject({
      ...{ action: 'key.suspended', actor: { kind: 'member', id: operator.memberId } },
    });
  });
});
