import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import type { Json } from '../support/latchkey.js';
import { startManagement, type Management } from '../support/management.js';
import { addMember, type SignedInPerson } from '../support/people.js';
import { fillIn } from '../support/tenants.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

let latchkey: Management;
let upstream: RecordingUpstream;
let crm: Crm;
let key: Json;
let rotationId: string;
let webhookId: string;
let noticeId: string;
let deliveryId: string;
let exportId: string;
let callId: string;
let member: SignedInPerson;
let invitationId: string;
/** One of every kind of answer there is, and some errors. */
const answers: [from: string, body: Json][] = [];

beforeAll(async () => {
  upstream = await startUpstream();
  latchkey = await startManagement();
  crm = await publishCrm(latchkey, upstream.url);
  const account = `/v1/accounts/${crm.accountId}`;
  const manage = async (
    method: string,
    path: string,
    body?: Json,
    session?: string,
  ): Promise<Json> => {
    const by = session === undefined ? { secret: latchkey.operatorKey } : { session };
    const answer = await latchkey.ask(method, path, { ...by, body });
    answers.push([`${method} ${path}`, answer.json]);
    return answer.json;
  };
  await manage('PUT', '/v1/services/crm', { upstream: upstream.url, mount: '/crm' });
  await manage('PUT', `${account}/services/crm`, { environment: 'qa' });
  const entries = [{ cidr: '127.0.0.1' }, { cidr: '192.0.2.0/24', note: 'Office' }];
  key = await manage('POST', `${account}/keys`, {
    ...{ name: 'K', scopes: ['contacts.read'], ipAllowlist: { mode: 'report', entries } },
    ...{ expiresAt: '2099-01-01T00:00:00.000Z', contactEmail: 'owner@example.com' },
  });
  const call = async (path: string, secret: string): Promise<void> => {
    const answer = await latchkey.call('GET', path, { secret });
    if (!path.startsWith('/crm')) answers.push([`GET ${path}`, answer.json]);
  };
  await call('/crm/contacts', key.secret);
  const rotation = await manage('POST', `${account}/keys/${key.id}/rotations`, {
    graceSeconds: 60,
  });
  rotationId = rotation.id;
  const url = 'https://hooks.invalid';
  webhookId = (await manage('POST', `${account}/webhooks`, { url, enabled: false })).id;
  const { results: notices } = await manage('GET', `${account}/notices`);
  [noticeId, deliveryId] = [notices[0].id, notices[0].deliveries[0].id];
  await call('/crm/contacts', rotation.secret);
  await call('/latchkey/v1/self', key.secret);
  await call('/latchkey/v1/nothing', key.secret);
  member = await addMember(latchkey, crm.accountId, 'admin');
  const invitation = { email: 'invited@example.com', role: 'auditor' };
  invitationId = (await manage('POST', `${account}/invitations`, invitation)).id;
  await latchkey.newRows.skip();
  const { operatorKey: secret } = latchkey;
  const exported = await latchkey.ask('GET', `${account}/request-log/export`, { secret });
  exportId = exported.headers.get('latchkey-export') as string;
  const { results: logged } = await manage('GET', `${account}/request-log?limit=1`);
  callId = logged[0].id;
  for (const { method, template, openTo } of latchkey.description.operations) {
    // A file, and what never ends, are no bodies of JSON.
    const isStreamed = /\/(?:export|stream)$/.test(template);
    const { session } = openTo === 'people' ? member : { session: undefined };
    if (method === 'GET' && !isStreamed)
      await manage('GET', fillIn(template, ids()), undefined, session);
  }
});

afterAll(async () => {
  await latchkey.remove();
  await upstream.close();
});

const ids = () => ({
  ...{ accountId: crm.accountId, keyId: key.id, rotationId, webhookId, noticeId, deliveryId },
  ...{ callId, exportId, service: 'crm', serviceName: 'crm', name: 'crm' },
  ...{
    memberId: member.memberId,
    membershipId: member.memberId,
    sessionId: member.sessionId,
    invitationId,
  },
});

/** Every member of every object in a value. */
function membersOf(value: Json): [name: string, value: Json][] {
  if (typeof value !== 'object' || value === null) return [];
  const own: [string, Json][] = Array.isArray(value) ? [] : Object.entries(value);
  return [...own, ...Object.values(value).flatMap(membersOf)];
}

const ownNames = /^(hapikey|oauth-token|x-access-token)$/; // contract §4: the lines of `engagement`

describe('§0 what all answers have in common', () => {
  it('every property is in camelCase', () => {
    const names = new Set(answers.flatMap(([, body]) => membersOf(body)).map(([name]) => name));
    expect(names.size).toBeGreaterThan(80);
    const others = [...names].filter((name) => !/^[a-z][a-zA-Z0-9]*$/.test(name));
    expect(others.filter((name) => !ownNames.test(name))).toEqual([]);
  });

  it('every time is ISO 8601 in UTC with milliseconds', () => {
    const members = answers.flatMap(([, body]) => membersOf(body));
    const isTime = ([name, value]: [string, Json]) =>
      value !== null && (/At$|^at$/.test(name) || /^\d{4}-\d\d-\d\dT/.test(String(value)));
    const times = members.filter(isTime);
    expect(new Set(times.map(([name]) => name)).size).toBeGreaterThan(8);
    for (const time of times)
      expect(time).toEqual([
        expect.any(String),
        expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      ]);
  });

  it('every id is prefixed by what it names, and random behind that', () => {
    // What a browser is told in WebAuthn's words calls other things so.
    const ours = answers.filter(([, body]) => body?.challenge === undefined);
    expect(answers.length - ours.length).toBeLessThanOrEqual(2);
    const members = ours.flatMap(([, body]) => membersOf(body));
    const isId = ([name, value]: [string, Json]) =>
      typeof value === 'string' && /^id$|Id$/.test(name) && name !== 'clientRequestId';
    const found = members.filter(isId).map(([, value]) => value as string);
    for (const id of found)
      expect(id).toMatch(/^(?:call_[0-9A-Za-z]{23}|[a-z]{3}_[0-9A-Za-z]{20})$/);
    expect([...new Set(found.map((id) => id.split('_', 1)[0]))]).toEqual(
      expect.arrayContaining([
        ...['acc', 'key', 'sec', 'rot', 'svc', 'rte', 'call', 'evt'],
        ...['ntc', 'dlv', 'whk', 'per', 'mem', 'ses', 'lnk'],
      ]),
    );
  });

  it('ids that are made one after the other have nothing in common but their prefix', async () => {
    const made = [];
    for (let i = 0; i < 5; i += 1) made.push((await crm.makeKey()).id as string);
    const starts = made.map((id) => id.slice('key_'.length, 'key_'.length + 6));
    expect(new Set(starts).size).toBe(made.length);
  });
});

describe('§0 what is unknown', () => {
  it('in the body of any operation is refused, and named', async () => {
    const takesBody = ({ method, template }: { method: string; template: string }) =>
      !['GET', 'DELETE'].includes(method) && !template.endsWith('/openapi');
    const operations = latchkey.description.operations.filter(takesBody);
    expect(operations.length).toBeGreaterThan(20);
    for (const { method, template, openTo } of operations) {
      const by =
        openTo === 'people' ? { session: member.session } : { secret: latchkey.operatorKey };
      const options = { ...by, body: { nope: 1 } };
      const answer = await latchkey.ask(method, fillIn(template, ids()), options);
      expect([method, template, answer.status, answer.json.reason]).toEqual([
        ...[method, template, 400, 'VALIDATION_FAILED'],
      ]);
      const told = answer.json.errors.map((each: Json) => [each.in, each.context?.field]);
      expect([method, template, told]).toEqual([
        ...[method, template, expect.arrayContaining([['body', 'nope']])],
      ]);
    }
  });
});
