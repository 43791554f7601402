import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import type { Operation } from '../support/api-description.js';
import type { Answer, CallRow, Json } from '../support/latchkey.js';
import { mainTables } from '../support/main-tables.js';
import {
  expectDenied,
  expectRefused,
  refusals,
  startManagement,
  type Management,
  type Request,
} from '../support/management.js';
import { operations, operationsOfKeys, requestFor, sampleOf } from '../support/sample-requests.js';
import { changesBetween } from '../support/table-changes.js';
import { addMember, type Role, type SignedInPerson } from '../support/people.js';
import {
  makeAdmin,
  openTenant,
  operatorScopes,
  tenantScopes,
  type Ids,
  type Tenant,
} from '../support/tenants.js';

/** Every operation that there is, asked by everybody who may not, and by the auditor, who may look. */

let latchkey: Management;
let ours: Tenant;
let theirs: Tenant;
let suspended: Tenant;
let suspendedKey: Json;
let auditor: Json;
/** By role: of our account, and of the operator’s. */
const people = new Map<Role, SignedInPerson>();
let operators: ReadonlyMap<Role, SignedInPerson>;
/** A key that holds every scope there is for it, but this one. */
const without = new Map<string, Json>();

beforeAll(async () => {
  latchkey = await startManagement();
  ours = await openTenant(latchkey, 'ours');
  theirs = await openTenant(latchkey, 'theirs');
  suspended = await openTenant(latchkey, 'suspended');
  await latchkey.manage('POST', `/v1/accounts/${suspended.accountId}/suspend`);
  suspendedKey = await makeAdmin(latchkey, ours.accountId);
  await latchkey.manage('POST', `/v1/accounts/${ours.accountId}/keys/${suspendedKey.id}/suspend`);
  auditor = await makeAdmin(latchkey, ours.accountId, readScopes);
  for (const role of everyRole) people.set(role, await addMember(latchkey, ours.accountId, role));
  operators = new Map([
    ['auditor', await addMember(latchkey, latchkey.operatorAccountId, 'auditor')],
    ['developer', await addMember(latchkey, latchkey.operatorAccountId, 'developer')],
  ]);
  for (const scope of tenantScopes) {
    const others = tenantScopes.filter((other) => other !== scope);
    without.set(scope, await makeAdmin(latchkey, ours.accountId, others));
  }
  for (const scope of operatorScopes) {
    const others = [...tenantScopes, ...operatorScopes].filter((other) => other !== scope);
    without.set(scope, await makeAdmin(latchkey, latchkey.operatorAccountId, others));
  }
});

afterAll(() => latchkey.remove());

const readScopes = tenantScopes.filter((scope) => scope.endsWith('.read'));
const everyRole: readonly Role[] = ['admin', 'developer', 'auditor'];
/** What each role may do, written down a second time. */
const scopesOfRole: Readonly<Record<Role, readonly string[]>> = {
  admin: tenantScopes,
  developer: [
    ...['latchkey.accounts.read', 'latchkey.keys.read', 'latchkey.keys.write'],
    ...['latchkey.scopes.read', 'latchkey.services.read', 'latchkey.request_log.read'],
    'latchkey.notices.read',
  ],
  auditor: readScopes,
};
const nowhere = {
  accountId: 'acc_00000000000000000000',
  keyId: 'key_00000000000000000000',
  rotationId: 'rot_00000000000000000000',
  webhookId: 'whk_00000000000000000000',
  noticeId: 'ntc_00000000000000000000',
  deliveryId: 'dlv_00000000000000000000',
  callId: 'call_00000000000000000000000',
  exportId: 'exp_00000000000000000000',
  memberId: 'mem_00000000000000000000',
  membershipId: 'mem_00000000000000000000',
  invitationId: 'lnk_00000000000000000000',
};

/** Nothing of the whole database is another afterwards. */
async function expectNothingWritten<T>(work: () => Promise<T>): Promise<T> {
  const before = await mainTables(latchkey);
  const result = await work();
  const changes = changesBetween(before, await mainTables(latchkey), new Map());
  // That a session is used is written down once a minute.
  expect(changes.filter((line) => line !== '~ session: last_used_at')).toEqual([]);
  return result;
}

const routeOf = ({ template }: Operation): string => template.replace(/\{(\w+)\}/g, ':$1');

const expectNo = (request: Request, reason: string, row: CallRow): Promise<Json> =>
  expectNothingWritten(() => expectDenied(latchkey, request, reason, row));

const expectNotThere = (request: Request, row: CallRow): Promise<Answer> =>
  expectNothingWritten(() => expectRefused(latchkey, request, refusals.notFound, row));

async function expectScopeMissing(
  request: Request,
  requiredScopes: readonly string[],
  row: CallRow,
  missingScopes = requiredScopes,
) {
  const detail = await expectNo(request, 'SCOPE_MISSING', {
    ...row,
    ...{ requiredScopes, missingScopes },
  });
  expect(detail.context).toEqual({ requiredGranularScopes: requiredScopes, missingScopes });
}

/** A successful look, with its one row; it writes nothing but what is said of it. @returns what was shown */
async function expectShown(operation: Operation, request: Request, row: CallRow): Promise<string> {
  await latchkey.newRows.skip();
  const isOnRecord = sampleOf(operation).event !== undefined;
  const answer = await (isOnRecord ? ask(request) : expectNothingWritten(() => ask(request)));
  expect([answer.status, answer.json?.message]).toEqual([200, undefined]);
  const admitted = { decision: 'allowed', status: 200, ...row };
  expect(await latchkey.newRows.take(1)).toMatchObject([admitted]);
  return answer.text;
}

const ask = (request: Request): Promise<Answer> =>
  latchkey.ask(request.method, request.path, request);

/** What an answer says, apart from its own id. */
const said = ({ status, json }: Answer) => ({ status, ...json, correlationId: '' });

type IdName = keyof typeof nowhere;

/** Every way to take some of these ids, or all, from somewhere else. */
function subsetsOf(names: readonly IdName[]): IdName[][] {
  return names.reduce<IdName[][]>(
    (subsets, name) => [...subsets, ...subsets.map((subset) => [...subset, name])],
    [[]],
  );
}

const pick = (ids: Readonly<Record<IdName, string>>, names: readonly IdName[]): Partial<Ids> =>
  Object.fromEntries(names.map((name) => [name, ids[name]]));

describe.each(
  operationsOfKeys.map(
    (operation) => [`${operation.method} ${operation.template}`, operation] as const,
  ),
)('%s', (_name, operation) => {
  const { requiredScopes, template } = operation;
  const isOperators = requiredScopes.some((scope) => operatorScopes.includes(scope));
  const ids = (Object.keys(nowhere) as IdName[]).filter((name) => template.includes(`{${name}}`));
  const route = routeOf(operation);

  /** For whom it is there, where its path does not say so. */
  function audience(): 'an account' | 'everybody' | 'the operator' {
    if (ids.includes('accountId')) return 'an account';
    const { isFor } = sampleOf(operation);
    if (isFor === undefined)
      throw new Error(
        `${template} names no account: say whom it is for in test/support/sample-requests.ts.`,
      );
    return isFor;
  }

  it('needs a scope, which there is', () => {
    expect(requiredScopes.length).toBeGreaterThan(0);
    expect([...tenantScopes, ...operatorScopes]).toEqual(
      expect.arrayContaining([...requiredScopes]),
    );
  });

  it('#1 without a credential: 401 CREDENTIALS_MISSING', async () => {
    const row = { keyId: null, accountId: null, route };
    await expectNo(requestFor(operation, ours), 'CREDENTIALS_MISSING', row);
  });

  it('#68 with a key of another account that holds all there is for it', async () => {
    const request = requestFor(operation, ours, theirs.admin);
    const row = { keyId: theirs.adminId, accountId: theirs.accountId, route };
    if (isOperators) await expectScopeMissing(request, requiredScopes, row);
    else if (audience() !== 'everybody') await expectNotThere(request, row);
    else {
      const text = await expectShown(operation, request, row);
      for (const id of [ours.accountId, ours.keyId, ours.rotationId])
        expect(text).not.toContain(id);
    }
  });

  it.each(requiredScopes)(
    'with a key that holds every scope but %s: 403 SCOPE_MISSING',
    async (scope) => {
      const key = without.get(scope);
      const row = { keyId: key.id, accountId: key.accountId, route };
      const request = requestFor(operation, ours, key.secret);
      await expectScopeMissing(request, requiredScopes, row, [scope]);
    },
  );

  it('with a key that may only look', async () => {
    const request = requestFor(operation, ours, auditor.secret);
    const row = { keyId: auditor.id, accountId: ours.accountId, route };
    const mayLook = requiredScopes.every((scope) => readScopes.includes(scope));
    if (!mayLook) await expectScopeMissing(request, requiredScopes, row);
    else if (audience() === 'the operator') await expectNotThere(request, row);
    else {
      const { tells } = sampleOf(operation);
      expect(await expectShown(operation, request, row)).toContain(
        tells === undefined ? '' : ours[tells],
      );
    }
  });

  /** The same request, by somebody who is signed in. */
  const askedBy = ({ session }: SignedInPerson): Request => ({
    ...requestFor(operation, ours),
    session,
  });
  const missingFor = (scopes: readonly string[]) =>
    requiredScopes.filter((scope) => !scopes.includes(scope));
  /** Let in, and stopped at a parameter that there is not: nothing is changed. */
  async function expectLetIn(request: Request, row: CallRow): Promise<void> {
    const separator = request.path.includes('?') ? '&' : '?';
    const strange = { ...request, path: `${request.path}${separator}nope=1` };
    await expectNothingWritten(() => expectRefused(latchkey, strange, refusals.invalid, row));
  }

  it.each(everyRole)('with a member who is %s', async (role) => {
    const person = people.get(role) as SignedInPerson;
    const request = askedBy(person);
    const row = { keyId: null, actor: person.memberId, accountId: ours.accountId, route };
    const missing = missingFor(scopesOfRole[role]);
    if (missing.length > 0) await expectScopeMissing(request, requiredScopes, row, missing);
    else if (audience() === 'the operator') await expectNotThere(request, row);
    else if (operation.method !== 'GET') await expectLetIn(request, row);
    else {
      const { tells } = sampleOf(operation);
      expect(await expectShown(operation, request, row)).toContain(
        tells === undefined ? '' : ours[tells],
      );
    }
  });

  it('#68 with an admin of another account', async () => {
    const person = theirs.adminPerson;
    const request = askedBy(person);
    const row = { keyId: null, actor: person.memberId, accountId: theirs.accountId, route };
    if (isOperators) await expectScopeMissing(request, requiredScopes, row);
    else if (audience() !== 'everybody') await expectNotThere(request, row);
    else {
      const text = await expectShown(operation, request, row);
      for (const id of [ours.accountId, ours.keyId, ours.memberId]) expect(text).not.toContain(id);
    }
  });

  it('with an auditor of the operator’s account, who reads everything', async () => {
    const person = operators.get('auditor') as SignedInPerson;
    const request = askedBy(person);
    const row = {
      keyId: null,
      actor: person.memberId,
      accountId: latchkey.operatorAccountId,
      route,
    };
    const missing = missingFor(readScopes);
    if (missing.length > 0) await expectScopeMissing(request, requiredScopes, row, missing);
    else if (operation.method !== 'GET') await expectLetIn(request, row);
    else {
      const { tells } = sampleOf(operation);
      expect(await expectShown(operation, request, row)).toContain(
        tells === undefined ? '' : ours[tells],
      );
    }
  });

  it('with a developer of the operator’s account, for whom there is that account alone', async () => {
    const person = operators.get('developer') as SignedInPerson;
    const request = askedBy(person);
    const row = {
      keyId: null,
      actor: person.memberId,
      accountId: latchkey.operatorAccountId,
      route,
    };
    const missing = missingFor(scopesOfRole.developer);
    if (missing.length > 0) await expectScopeMissing(request, requiredScopes, row, missing);
    else if (audience() !== 'everybody') await expectNotThere(request, row);
    else expect(await expectShown(operation, request, row)).not.toContain(ours.accountId);
  });

  it('#75 with a session that a page of somebody else sends along', async () => {
    const { session, memberId } = people.get('admin') as SignedInPerson;
    const elsewhere = { cookie: session, origin: 'https://evil.example' };
    const request = { ...requestFor(operation, ours), headers: elsewhere };
    await expectNo(request, 'CROSS_ORIGIN', { actor: memberId, route });
  });

  it('with a suspended key: 403 KEY_SUSPENDED', async () => {
    const row = { keyId: suspendedKey.id, accountId: ours.accountId, route };
    await expectNo(requestFor(operation, ours, suspendedKey.secret), 'KEY_SUSPENDED', row);
  });

  it('with a key of a suspended account: 403 ACCOUNT_SUSPENDED', async () => {
    const row = { keyId: suspended.adminId, accountId: suspended.accountId, route };
    const request = requestFor(operation, suspended, suspended.admin);
    await expectNo(request, 'ACCOUNT_SUSPENDED', row);
  });

  const someForeign = subsetsOf(ids).filter((names) => names.length > 0);

  for (const names of isOperators ? [] : someForeign) {
    it(`#68 with another account’s ${names.join(', ')}: 404, as where there is none`, async () => {
      const askFor = (foreign: Readonly<Record<IdName, string>>) =>
        requestFor(operation, { ...ours, ...pick(foreign, names) }, ours.admin);
      const answer = await expectNotThere(askFor(theirs), { keyId: ours.adminId, route });
      expect(said(answer)).toEqual(said(await ask(askFor(nowhere))));
    });
  }

  // All of them foreign is, to the operator, an account like any other.
  for (const names of someForeign.filter(({ length }) => length < ids.length)) {
    it(`#68 with another account’s ${names.join(', ')}, to the operator: 404, as for a key that is not there`, async () => {
      const mix = { ...ours, ...pick(theirs, names) };
      const { accountId: _theirOwn, ...noneOfThem } = nowhere;
      const askFor = (asked: Tenant) => requestFor(operation, asked, latchkey.operatorKey);
      const answer = await expectNotThere(askFor(mix), { keyId: latchkey.operatorKeyId, route });
      expect(said(answer)).toEqual(said(await ask(askFor({ ...mix, ...noneOfThem }))));
    });
  }
});

describe('the operations that were asked', () => {
  it('are those of the running document', () => {
    expect(latchkey.description.operations).toEqual(operations);
    expect(operations.length).toBeGreaterThan(40);
  });

  it('are all that there are: no handler is kept out of the document', () => {
    let handlers = 0;
    for (const module of latchkey.app.get(ModulesContainer).values()) {
      for (const { metatype } of module.controllers.values()) {
        const methods = Object.values(Object.getOwnPropertyDescriptors(metatype?.prototype ?? {}));
        handlers += methods.filter(
          ({ value }) =>
            typeof value === 'function' && Reflect.hasMetadata(METHOD_METADATA, value as object),
        ).length;
      }
    }
    expect(handlers).toBe(operations.length);
  });
});
