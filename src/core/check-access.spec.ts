import { describe, expect, it } from '@jest/globals';
import { policyUnlessSet } from './account-policy.js';
import type { AccessRequest, OwnRoute } from './access-request.js';
import { checkAccess, type AccessOutcome } from './check-access.js';
import { readCredential } from './credential.js';
import type { Denied, DenialReason } from './decision.js';
import { CompiledAllowlist, noAllowlist, type AllowlistMode } from './ip-allowlist.js';
// prettier-ignore
import { StoreUnavailableError, type HeldAccount, type HeldCredential, type HeldKey, type HeldSession, type KeyDirectory, type Metered, type Metering, type RateMeter } from './ports.js';
import type { LimitStanding } from './rate-limits.js';
import type { SentFrom } from './request-origin.js';
import { readRequestTarget, type PathReading } from './request-path.js';
import { RouteTable, type Route, type RouteMatch } from './route-table.js';

const now = 1_700_000_000_000;
const day = 86_400_000;
const secret = ['lk_prod_4fGhJkLmNoPqRsTuVwXyZ0123456789A', '03HTim'].join('');

/** A directory that knows one credential, remembers what it was asked, and fails when it is told to. */
class Directory implements KeyDirectory {
  readonly asked: string[] = [];
  readonly firstUses: HeldCredential[] = [];
  failure: Error | null = null;
  firstUseFailure: Error | null = null;
  stands = true;
  slow = false;

  constructor(readonly held: HeldCredential | null) {}

  find(asked: string): HeldCredential | null | Promise<HeldCredential | null> {
    this.asked.push(asked);
    if (this.failure !== null) {
      if (!this.slow) throw this.failure;
      return Promise.reject(this.failure);
    }
    const found = asked === secret ? this.held : null;
    return this.slow ? Promise.resolve(found) : found;
  }

  recordFirstUse(credential: HeldCredential): Promise<boolean> {
    this.firstUses.push(credential);
    if (this.firstUseFailure !== null) return Promise.reject(this.firstUseFailure);
    return Promise.resolve(this.stands);
  }
}

/** Says what it is told to, and keeps what it was asked. */
class Meter implements RateMeter {
  readonly taken: [keyId: string, at: number][] = [];

  constructor(readonly metering: Metering = { exceeded: null, standings: [] }) {}

  take({ key }: Metered, at: number): Metering {
    this.taken.push([key.id, at]);
    return this.metering;
  }

  look(): readonly LimitStanding[] {
    return [];
  }
}

const listOf = (mode: AllowlistMode, ...cidrs: string[]) =>
  new CompiledAllowlist({ mode, entries: cidrs.map((cidr) => ({ cidr })) });
const anywhere = new CompiledAllowlist(noAllowlist);
const elsewhere = (mode: AllowlistMode) => listOf(mode, '198.51.100.0/24');

const route: Route = {
  id: 'rte_1',
  method: 'GET',
  path: '/contacts/{id}',
  scopeSets: [['contacts.read'], ['contacts.admin', 'contacts.write']],
  public: false,
};

/** Everything a decision depends on. As it is made, the request is allowed. */
interface World {
  caller: AccessRequest['caller'];
  path: PathReading;
  credential: AccessRequest['credential'];
  service: { id: string; open: boolean } | null;
  match: AccessRequest['target']['match'];
  forwarder?: { takesHapikeyOut: boolean };
  key: HeldKey;
  account: HeldAccount;
  held: Omit<HeldCredential, 'key' | 'account'>;
  known: boolean;
  directory: Partial<Pick<Directory, 'failure' | 'firstUseFailure' | 'stands' | 'slow'>>;
  meter: Meter;
}

const retiredBy = (id: string) => ({
  id,
  side: 'retiring',
  startedAt: 0,
  endsAt: now,
  watchedUntil: now + 1,
  brownouts: [],
});

function fineWorld(): World {
  return {
    caller: { determined: true, ip: '192.0.2.7' },
    path: readRequestTarget('/contacts/7').path,
    credential: readCredential(['Authorization', `Bearer ${secret}`], ''),
    service: { id: 'svc_1', open: true },
    match: { kind: 'found', route },
    key: {
      id: 'key_1',
      name: 'Newsletter',
      environment: 'production',
      standing: 'active',
      expiresAt: null,
      scopes: new Set(['contacts.read']),
      grantableScopes: new Set(),
      ipAllowlist: anywhere,
      rateLimits: null,
      bindings: new Map(),
    },
    account: {
      id: 'acc_1',
      name: 'Portal',
      isOperator: false,
      suspended: false,
      allowHapikey: true,
      entitledScopes: null,
      ipAllowlist: anywhere,
      policy: policyUnlessSet,
      rateLimits: null,
      timeZone: 'UTC',
    },
    // prettier-ignore
    held: { id: 'sec_1', start: 'lk_prod_4fGh', createdAt: now - 10 * day, endsAt: null, revokedAt: null, over: false, retiresAt: null, rotation: null, used: true },
    known: true,
    directory: {},
    meter: new Meter(),
  };
}

interface Judged {
  readonly outcome: AccessOutcome;
  readonly directory: Directory;
  readonly held: HeldCredential;
  /** `allowed`, or the reason. */
  readonly answer: string;
}

async function judge(world: World): Promise<Judged> {
  const { caller, path, credential, service, match, forwarder, key, account } = world;
  const held = { ...world.held, key, account };
  const directory = Object.assign(new Directory(world.known ? held : null), world.directory);
  const request = {
    now,
    caller,
    path,
    credential,
    target: { service, match, ...(forwarder && { forwarder }) },
  };
  const outcome = await checkAccess(request, directory, world.meter);
  const answer = outcome.decision.allowed ? 'allowed' : outcome.decision.reason;
  return { outcome, directory, held, answer };
}

type Change = (world: World) => void;

const judgeWith = (...changes: Change[]) => {
  const world = fineWorld();
  for (const change of changes) change(world);
  return judge(world);
};

const denialOf = ({ outcome }: Judged) => outcome.decision as Denied;

const overHapikey: Change = (world) => {
  world.credential = readCredential([], `hapikey=${secret}`);
};

/** The secret is ten days old. */
const refusingAfter =
  (secretAgeDaysMax: number): Change =>
  (world) => {
    const policy = { ...policyUnlessSet, secretAgeDaysMax, overAge: 'refuse' as const };
    world.account = { ...world.account, policy };
  };

type Fault = readonly [reason: DenialReason, how: string, change: Change];

/** Contract §3, in its order. Each change alone makes the request fail for its reason, and for no other. */
// prettier-ignore
const faults: readonly Fault[] = [
  ['CALLER_UNDETERMINED', 'garbage from a proxy', (world) => (world.caller = { determined: false })],
  ['PATH_INVALID', 'dot segments', (world) => (world.path = readRequestTarget('/a/../b').path)],
  ['PATH_INVALID', 'a semicolon that hides a route', (world) => (world.match = { kind: 'ambiguous' })],
  ['CREDENTIALS_MISSING', 'nothing', (world) => (world.credential = readCredential([], ''))],
  ['CREDENTIALS_MALFORMED', 'hapikey twice', (world) => (world.credential = readCredential([], `hapikey=${secret}&hapikey=${secret}`))],
  ['KEY_UNKNOWN', 'no such secret', (world) => (world.known = false)],
  ['SECRET_EXPIRED', '#52 it was ended, by a clock that was ahead', (world) => Object.assign(world.held, { endsAt: now + 1, over: true, rotation: retiredBy('rot_1') })],
  ['SECRET_EXPIRED', 'its grace is over', (world) => Object.assign(world.held, { endsAt: now, rotation: retiredBy('rot_1') })],
  ['SECRET_EXPIRED', 'its key has expired', (world) => (world.key = { ...world.key, expiresAt: now })],
  ['SECRET_BROWNOUT', 'for a short while', (world) => Object.assign(world.held, { endsAt: now + 9, rotation: { ...retiredBy('rot_1'), brownouts: [{ startsAt: now, endsAt: now + 1 }] } })],
  ['KEY_REVOKED', 'revoked', (world) => (world.key = { ...world.key, standing: 'revoked' })],
  ['SECRET_REVOKED', 'a cancelled rotation', (world) => Object.assign(world.held, { revokedAt: now })],
  ['SECRET_OVER_AGE', 'older than its account allows', refusingAfter(10)],
  ['KEY_SUSPENDED', 'suspended', (world) => (world.key = { ...world.key, standing: 'suspended' })],
  ['ACCOUNT_SUSPENDED', 'suspended', (world) => (world.account = { ...world.account, suspended: true })],
  ['HAPIKEY_NOT_ALLOWED', 'switched off', (world) => {
    overHapikey(world);
    world.account = { ...world.account, allowHapikey: false };
  }],
  ['IP_NOT_ALLOWED', "the account's list", (world) => (world.account = { ...world.account, ipAllowlist: elsewhere('enforce') })],
  ['IP_NOT_ALLOWED', "the key's list", (world) => (world.key = { ...world.key, ipAllowlist: elsewhere('enforce') })],
  ['SERVICE_NOT_AVAILABLE', 'not bound', (world) => (world.service = { id: 'svc_1', open: false })],
  ['ROUTE_UNKNOWN', 'not declared', (world) => (world.match = { kind: 'unknown' })],
  ['METHOD_NOT_ALLOWED', 'another method', (world) => (world.match = { kind: 'method_not_allowed', allow: ['POST'] })],
  ['SCOPE_MISSING', 'not granted', (world) => (world.key = { ...world.key, scopes: new Set(['contacts.write']) })],
];

describe('a request with nothing wrong', () => {
  it('is allowed, by the scopes that opened the route', async () => {
    const { outcome, held, directory } = await judgeWith();
    expect(outcome).toEqual({
      decision: { allowed: true, usedScopes: ['contacts.read'] },
      credential: held,
      ...{ session: null, member: null },
      secretState: 'current',
      credentialKind: 'bearer',
      wouldDeny: null,
      limits: [],
    });
    expect(directory.asked).toEqual([secret]);
  });

  it('is allowed with a directory that has to ask its store', async () => {
    const { answer } = await judgeWith((world) => (world.directory = { slow: true }));
    expect(answer).toBe('allowed');
  });

  it.each([
    ['hapikey', readCredential([], `hapikey=${secret}`), 'hapikey'],
    ['a bearer token', readCredential(['Authorization', `Bearer ${secret}`], ''), 'bearer'],
    ['an access token', readCredential(['X-Access-Token', secret], ''), 'access_token'],
  ])('is allowed by %s, which is put on record', async (_name, credential, kind) => {
    const { answer, outcome } = await judgeWith((world) => (world.credential = credential));
    expect([answer, outcome.credentialKind]).toEqual(['allowed', kind]);
  });

  it('#45 is allowed with a retiring secret until the millisecond of its end', async () => {
    // prettier-ignore
    const { answer, outcome } = await judgeWith((world) => Object.assign(world.held, { endsAt: now + 1 }));
    expect([answer, outcome.secretState]).toEqual(['allowed', 'retiring']);
  });

  it('is allowed with a secret that is over age in a millisecond, or of which that is only reported', async () => {
    const younger: Change = (world) => Object.assign(world.held, { createdAt: now - 10 * day + 1 });
    expect((await judgeWith(refusingAfter(10), younger)).answer).toBe('allowed');
    const reporting: Change = (world) => {
      const policy = { ...world.account.policy, overAge: 'report' as const };
      world.account = { ...world.account, policy };
    };
    expect((await judgeWith(refusingAfter(1), reporting)).answer).toBe('allowed');
  });

  it('is allowed with a secret that is over age and retiring: its end is set already', async () => {
    const retiring: Change = (world) => Object.assign(world.held, { endsAt: now + 1 });
    expect((await judgeWith(refusingAfter(1), retiring)).answer).toBe('allowed');
  });

  it('is allowed with a key that expires in a millisecond', async () => {
    // prettier-ignore
    const { answer } = await judgeWith((world) => (world.key = { ...world.key, expiresAt: now + 1 }));
    expect(answer).toBe('allowed');
  });

  it('is allowed on a route that any valid key opens', async () => {
    const { outcome } = await judgeWith(
      (world) => (world.match = { kind: 'found', route: { ...route, scopeSets: [] } }),
      (world) => (world.key = { ...world.key, scopes: new Set() }),
    );
    expect(outcome.decision).toEqual({ allowed: true, usedScopes: [] });
  });

  it("is allowed on a route of Latchkey's own by its scopes", async () => {
    const own: Change = (world) => {
      world.service = null;
      world.match = { kind: 'own', path: '/v1/accounts', scopeSets: [['latchkey.accounts.read']] };
    };
    expect((await judgeWith(own)).answer).toBe('SCOPE_MISSING');
    // prettier-ignore
    const { outcome } = await judgeWith(own, (world) => (world.key = { ...world.key, scopes: new Set(['latchkey.accounts.read']) }));
    expect(outcome.decision).toEqual({ allowed: true, usedScopes: ['latchkey.accounts.read'] });
  });
});

describe('the order of the reasons', () => {
  it.each(faults)('%s (%s) alone is the reason', async (reason, _how, change) => {
    expect((await judgeWith(change)).answer).toBe(reason);
  });

  // The change of the earlier reason is made last: where both change one thing, the earlier stands.
  const pairs = faults.flatMap((earlier, i) =>
    // prettier-ignore
    faults.slice(i + 1).flatMap((later) => (arePossible(earlier, later) ? [[earlier, later] as const] : [])),
  );

  it.each(
    pairs.map(([[one, how], [other, otherHow]], i) => [one, how, other, otherHow, i] as const),
  )('%s (%s) comes before %s (%s)', async (reason, _how, _other, _otherHow, i) => {
    const [earlier, later] = pairs[i] as readonly [Fault, Fault];
    expect((await judgeWith(later[2], earlier[2])).answer).toBe(reason);
  });

  it.each(faults.map(([reason, how], i) => [reason, how, i] as const))(
    '%s (%s) comes before everything after it at once',
    async (reason, _how, i) => {
      // prettier-ignore
      const changes = faults.slice(i).filter((later) => arePossible(faults[i] as Fault, later));
      // prettier-ignore
      expect((await judgeWith(...changes.map(([, , change]) => change).reverse())).answer).toBe(reason);
    },
  );
});

/** One secret has one state: it is not both over and revoked. */
function arePossible([, how]: Fault, [, otherHow]: Fault): boolean {
  const isOver = ['its grace is over', '#52 it was ended, by a clock that was ahead'].includes(how);
  return !(isOver && otherHow === 'a cancelled rotation');
}

describe('who it was', () => {
  it.each(faults.filter(([reason]) => !['CREDENTIALS_MISSING', 'KEY_UNKNOWN'].includes(reason)))(
    '%s (%s) is still found under its key',
    async (_reason, _how, change) => {
      const { outcome, held } = await judgeWith(change);
      expect(outcome.credential).toEqual(held);
      expect(outcome.secretState).not.toBeNull();
    },
  );

  it.each(faults.filter(([reason]) => ['CREDENTIALS_MISSING', 'KEY_UNKNOWN'].includes(reason)))(
    '%s (%s) is nobody',
    async (_reason, _how, change) => {
      const { outcome } = await judgeWith(change);
      expect([outcome.credential, outcome.secretState]).toEqual([null, null]);
    },
  );

  it('of a malformed request is the first candidate that is known', async () => {
    const { outcome, held, directory } = await judgeWith((world) => {
      // prettier-ignore
      world.credential = readCredential(['Authorization', `Bearer junk, Bearer ${secret}, Bearer more`], '');
    });
    expect(outcome.credential).toEqual(held);
    expect(outcome.credentialKind).toBe('none');
    expect(directory.asked).toEqual(['junk', secret]);
  });

  it('of a malformed request without a known candidate is nobody', async () => {
    const { answer, outcome, directory } = await judgeWith((world) => {
      world.credential = readCredential([], 'hapikey=a&hapikey=b');
    });
    expect([answer, outcome.credential]).toEqual(['CREDENTIALS_MALFORMED', null]);
    expect(directory.asked).toEqual(['a', 'b']);
  });

  it('of a request without a credential is not looked up', async () => {
    const { directory } = await judgeWith((world) => (world.credential = readCredential([], '')));
    expect(directory.asked).toEqual([]);
  });

  it.each([
    ['retiring', { endsAt: now + 1 }],
    ['expired', { endsAt: now }],
    ['revoked', { revokedAt: now }],
    ['current', {}],
  ])('comes with the state of the secret: %s', async (state, ends) => {
    const { outcome } = await judgeWith(
      (world) => Object.assign(world.held, ends),
      (world) => (world.match = { kind: 'unknown' }),
    );
    expect(outcome.secretState).toBe(state);
  });
});

// prettier-ignore
describe('what a denial knows', () => {
  const contextWith = async (...changes: Change[]) => denialOf(await judgeWith(...changes)).context;
  const faultOf = (how: string) => faults.find(([, one]) => one === how)?.[2] as Change;

  it.each<[how: string, context: object]>([
    ['garbage from a proxy', {}],
    ['dot segments', { detail: 'the path holds a dot segment' }],
    ['a semicolon that hides a route', { detail: 'the path leads to another route without its ;parameters' }],
    ['no such secret', {}],
    ['its grace is over', { endedAt: now, rotationId: 'rot_1' }],
    ['its key has expired', { endedAt: now }],
    ['a cancelled rotation', {}],
    ["the account's list", { callerIp: '192.0.2.7' }],
    ["the key's list", { callerIp: '192.0.2.7' }],
    ['another method', { allow: ['POST'] }],
    ['not granted', { requiredScopes: ['contacts.read'], missingScopes: ['contacts.read'] }],
  ])('%s', async (how, context) => {
    expect(await contextWith(faultOf(how))).toEqual(context);
  });

  it('the nearest scope set, and what of it is missing', async () => {
    const context = await contextWith((world) => (world.key = { ...world.key, scopes: new Set(['contacts.write']) }), (world) => {
      world.match = { kind: 'found', route: { ...route, scopeSets: [['a', 'b'], ['contacts.write', 'contacts.admin']] } };
    });
    expect(context).toEqual({ requiredScopes: ['contacts.write', 'contacts.admin'], missingScopes: ['contacts.admin'] });
  });

  it('a key that expired before the grace of its secret says when the key did', async () => {
    const context = await contextWith((world) => {
      Object.assign(world.held, { endsAt: now + 1, rotationId: 'rot_1' });
      world.key = { ...world.key, expiresAt: now - 5 };
    });
    expect(context).toEqual({ endedAt: now - 5 });
  });
});

// prettier-ignore
describe('the IP allowlists', () => {
  const lists = (account: CompiledAllowlist, key: CompiledAllowlist): Change => (world) => {
    world.account = { ...world.account, ipAllowlist: account };
    world.key = { ...world.key, ipAllowlist: key };
  };
  const here = (mode: AllowlistMode) => listOf(mode, '192.0.2.0/24');
  const empty = (mode: AllowlistMode) => listOf(mode);

  it.each<[name: string, account: CompiledAllowlist, key: CompiledAllowlist, answer: string, wouldDeny: string | null]>([
    ['neither', anywhere, anywhere, 'allowed', null],
    ['both admit', here('enforce'), here('enforce'), 'allowed', null],
    ["the account's admits, the key's does not", here('enforce'), elsewhere('enforce'), 'IP_NOT_ALLOWED', null],
    ["the key's admits, the account's does not", elsewhere('enforce'), here('enforce'), 'IP_NOT_ALLOWED', null],
    ["#44 the account's is empty", empty('enforce'), here('enforce'), 'IP_NOT_ALLOWED', null],
    ["#44 the key's is empty", here('enforce'), empty('enforce'), 'IP_NOT_ALLOWED', null],
    ['both off, whatever they hold', elsewhere('off'), empty('off'), 'allowed', null],
    ["the account's would deny", elsewhere('report'), here('enforce'), 'allowed', 'IP_NOT_ALLOWED'],
    ["the key's would deny", here('enforce'), elsewhere('report'), 'allowed', 'IP_NOT_ALLOWED'],
    ["the key's would deny, being empty", anywhere, empty('report'), 'allowed', 'IP_NOT_ALLOWED'],
    ['both would deny', elsewhere('report'), elsewhere('report'), 'allowed', 'IP_NOT_ALLOWED'],
    ['both would admit', here('report'), here('report'), 'allowed', null],
    ['one would deny, the other does', elsewhere('report'), elsewhere('enforce'), 'IP_NOT_ALLOWED', null],
  ])('%s', async (_name, account, key, answer, wouldDeny) => {
    const judged = await judgeWith(lists(account, key));
    expect([judged.answer, judged.outcome.wouldDeny]).toEqual([answer, wouldDeny]);
  });

  it('#63 judge the address that was determined', async () => {
    const judged = await judgeWith(lists(here('enforce'), anywhere), (world) => (world.caller = { determined: true, ip: '203.0.113.9' }));
    expect(denialOf(judged)).toMatchObject({ reason: 'IP_NOT_ALLOWED', context: { callerIp: '203.0.113.9' } });
  });
});

// prettier-ignore
describe('a service', () => {
  const bound = (...ids: string[]): Change => (world) => (world.key = { ...world.key, bindings: new Map(ids.map((id) => [id, { upstream: null, credential: null }])) });
  const service = (open: boolean): Change => (world) => (world.service = { id: 'svc_1', open });

  it.each<[name: string, changes: Change[], answer: string]>([
    ['open to all', [service(true)], 'allowed'],
    ['open to all, and bound', [service(true), bound('svc_1')], 'allowed'],
    ['bound', [service(false), bound('svc_1')], 'allowed'],
    ['bound among others', [service(false), bound('svc_2', 'svc_1')], 'allowed'],
    ['not bound', [service(false)], 'SERVICE_NOT_AVAILABLE'],
    ['not bound, another is', [service(false), bound('svc_2')], 'SERVICE_NOT_AVAILABLE'],
    ['none, and no route', [(world) => Object.assign(world, { service: null, match: { kind: 'unknown' } })], 'ROUTE_UNKNOWN'],
  ])('%s', async (_name, changes, answer) => {
    expect((await judgeWith(...changes)).answer).toBe(answer);
  });
});

// prettier-ignore
describe('hapikey', () => {
  const disallow: Change = (world) => (world.account = { ...world.account, allowHapikey: false });

  it('is allowed unless the account says no', async () => {
    expect((await judgeWith(overHapikey)).answer).toBe('allowed');
    expect((await judgeWith(overHapikey, disallow)).answer).toBe('HAPIKEY_NOT_ALLOWED');
  });

  it('switched off leaves the other methods alone', async () => {
    expect((await judgeWith(disallow)).answer).toBe('allowed');
    // prettier-ignore
    const token: Change = (world) => (world.credential = readCredential(['X-Access-Token', secret], ''));
    expect((await judgeWith(disallow, token)).answer).toBe('allowed');
  });
});

// prettier-ignore
describe('a question of a proxy', () => {
  const asked = (match: World['match']): Change => (world) => Object.assign(world, { service: null, match });

  it.each<[name: string, match: World['match'], reason: DenialReason, context: object]>([
    ['that is not trusted', { kind: 'asker_untrusted' }, 'PROXY_NOT_TRUSTED', {}],
    ['that does not say which call', { kind: 'call_unclear', detail: 'it must say X, exactly once' }, 'CALL_UNCLEAR', { detail: 'it must say X, exactly once' }],
  ])('%s is denied before all else, and stands under whose secret it carries', async (_name, match, reason, context) => {
    const judged = await judgeWith(asked(match), (world) => (world.caller = { determined: false }), (world) => (world.path = readRequestTarget('//').path));
    expect(judged.outcome).toMatchObject({ decision: { reason, context }, credential: judged.held });
  });

  it('says why the caller is not determined', async () => {
    const judged = await judgeWith((world) => (world.caller = { determined: false, detail: 'nobody said' }));
    expect(denialOf(judged)).toMatchObject({ reason: 'CALLER_UNDETERMINED', context: { detail: 'nobody said' } });
  });
});

// prettier-ignore
describe('a call that a proxy forwards', () => {
  const by = (takesHapikeyOut: boolean): Change => (world) => (world.forwarder = { takesHapikeyOut });
  const open: Change = (world) => (world.match = { kind: 'found', route: { ...route, public: true } });
  const query = (rawQuery: string): Change => (world) => (world.credential = readCredential(['Authorization', `Bearer ${secret}`], rawQuery));
  const bound = (own: object): Change => (world) => (world.key = { ...world.key, bindings: new Map([['svc_1', { upstream: null, credential: null, ...own }]]) });
  const credential = { in: 'header', name: 'X-Key', value: 'v' };

  it.each<[name: string, changes: Change[], answer: string]>([
    ['bearer', [by(false)], 'allowed'],
    ['hapikey, which it takes out', [by(true), overHapikey], 'allowed'],
    ['hapikey, which it leaves in', [by(false), overHapikey], 'HAPIKEY_NOT_ALLOWED'],
    ['an empty hapikey, which it leaves in', [by(false), query('hapikey=')], 'allowed'],
    ['hapikey on a public route, which it takes out', [by(true), open, overHapikey], 'allowed'],
    ['hapikey on a public route, which it leaves in', [by(false), open, overHapikey], 'HAPIKEY_NOT_ALLOWED'],
    ['two hapikeys on a public route, which it leaves in', [by(false), open, query('hapikey=a&hap%69key=b')], 'HAPIKEY_NOT_ALLOWED'],
    ['bearer on a public route', [by(false), open], 'allowed'],
    ['bound, to where all are', [by(true), bound({})], 'allowed'],
    ['bound to an upstream of its own', [by(true), bound({ upstream: new URL('http://qa.example') })], 'SERVICE_NOT_AVAILABLE'],
    ['bound with a credential of its own', [by(true), bound({ credential })], 'SERVICE_NOT_AVAILABLE'],
    ['the same at the gateway', [bound({ credential })], 'allowed'],
  ])('%s', async (_name, changes, answer) => {
    expect((await judgeWith(...changes)).answer).toBe(answer);
  });
});

// prettier-ignore
describe('a public route', () => {
  // prettier-ignore
  const open: Change = (world) => (world.match = { kind: 'found', route: { ...route, public: true } });

  it.each<[name: string, change: Change]>([
    ['without a credential', (world) => (world.credential = readCredential([], ''))],
    ['with two credentials', (world) => (world.credential = readCredential(['Authorization', `Bearer ${secret}`], `hapikey=${secret}`))],
    ['with an unknown one', (world) => (world.known = false)],
    ['with a revoked one', (world) => (world.key = { ...world.key, standing: 'revoked' })],
    ['with one of a suspended account', (world) => (world.account = { ...world.account, suspended: true })],
    ['without the scopes', (world) => (world.key = { ...world.key, scopes: new Set() })],
    ['from anywhere', (world) => (world.account = { ...world.account, ipAllowlist: elsewhere('enforce') })],
    ['while the store is away', (world) => (world.directory = { failure: new StoreUnavailableError() })],
    ['of a service that is not open', (world) => (world.service = { id: 'svc_1', open: false })],
  ])('is open %s, and looks at none', async (_name, change) => {
    const { outcome, directory } = await judgeWith(open, change);
    expect(outcome.decision).toEqual({ allowed: true, usedScopes: [] });
    expect([outcome.credential, outcome.secretState, outcome.wouldDeny]).toEqual([null, null, null]);
    expect([directory.asked, directory.firstUses]).toEqual([[], []]);
  });

  it('still needs a caller and a path', async () => {
    expect((await judgeWith(open, (world) => (world.caller = { determined: false }))).answer).toBe('CALLER_UNDETERMINED');
    expect((await judgeWith(open, (world) => (world.path = readRequestTarget('//').path))).answer).toBe('PATH_INVALID');
  });
});

describe('#20 HEAD', () => {
  // prettier-ignore
  const table = new RouteTable([{ mount: '/', routes: [route, { ...route, id: 'rte_2', method: 'PUT' }] }]);
  // prettier-ignore
  const asked = (method: string, scopes: string[]): Change => (world) => {
    world.match = table.resolve(method, world.path).match;
    world.key = { ...world.key, scopes: new Set(scopes) };
  };

  it('is decided as GET', async () => {
    expect((await judgeWith(asked('HEAD', ['contacts.read']))).answer).toBe('allowed');
    expect((await judgeWith(asked('HEAD', []))).answer).toBe('SCOPE_MISSING');
  });

  it('stands in Allow beside GET', async () => {
    const judged = await judgeWith(asked('DELETE', ['contacts.read']));
    // prettier-ignore
    expect(denialOf(judged)).toMatchObject({ reason: 'METHOD_NOT_ALLOWED', context: { allow: ['GET', 'HEAD', 'PUT'] } });
  });
});

describe('a store that cannot be asked', () => {
  // prettier-ignore
  const away = (slow: boolean): Change => (world) => (world.directory = { failure: new StoreUnavailableError(), slow });

  it.each([
    ['at once', false],
    ['after a while', true],
  ])('says STORE_UNAVAILABLE and when to try again, %s', async (_name, slow) => {
    const judged = await judgeWith(away(slow));
    // prettier-ignore
    expect(denialOf(judged)).toEqual({ allowed: false, reason: 'STORE_UNAVAILABLE', context: { retryAfterSeconds: 1 } });
    expect(judged.outcome.credential).toBeNull();
  });

  it('has its log say whose secret it was when the store was last heard of, and takes it for nothing else', async () => {
    const { held, key, account } = fineWorld();
    const remembered = { ...held, key, account, used: false };
    const judged = await judgeWith((world) => {
      world.directory = { failure: new StoreUnavailableError('', { remembered }) };
    });
    expect(judged.answer).toBe('STORE_UNAVAILABLE');
    expect([judged.outcome.credential, judged.outcome.secretState]).toEqual([remembered, null]);
    expect(judged.directory.firstUses).toEqual([]);
  });

  // prettier-ignore
  const before = ['CALLER_UNDETERMINED', 'PATH_INVALID', 'CREDENTIALS_MISSING', 'CREDENTIALS_MALFORMED'];
  it.each(faults)('and %s (%s): what needs no store comes first', async (reason, _how, change) => {
    const { answer } = await judgeWith(away(false), change);
    expect(answer).toBe(before.includes(reason) ? reason : 'STORE_UNAVAILABLE');
  });

  it('or whose routes cannot be read says so to whoever might be let through', async () => {
    const unreadable: Change = (world) => (world.match = { kind: 'unavailable' });
    expect((await judgeWith(unreadable)).answer).toBe('STORE_UNAVAILABLE');
    expect((await judgeWith(unreadable, (world) => (world.known = false))).answer).toBe(
      'STORE_UNAVAILABLE',
    );
  });

  it('or whose routes cannot be read asks nobody for a credential: the route may be a public one', async () => {
    // prettier-ignore
    const unreadable: Change = (world) => Object.assign(world, { match: { kind: 'unavailable' }, credential: readCredential([], '') });
    expect((await judgeWith(unreadable)).answer).toBe('STORE_UNAVAILABLE');
    const undetermined: Change = (world) => (world.caller = { determined: false });
    expect((await judgeWith(unreadable, undetermined)).answer).toBe('CALLER_UNDETERMINED');
  });

  it.each([false, true])('any other failure is not taken for a denial (late: %s)', async (slow) => {
    const failure = new TypeError('a defect');
    await expect(judgeWith((world) => (world.directory = { failure, slow }))).rejects.toBe(failure);
  });
});

// prettier-ignore
describe('the first use of a secret', () => {
  const fresh: Change = (world) => Object.assign(world.held, { used: false });

  it('is recorded before the answer', async () => {
    const world = fineWorld();
    fresh(world);
    const held = { ...world.held, key: world.key, account: world.account };
    const directory = new Directory(held);
    let finish: (stands: boolean) => void = () => undefined;
    directory.recordFirstUse = (credential) => {
      directory.firstUses.push(credential);
      return new Promise((resolve) => (finish = resolve));
    };
    let answered = false;
    const { caller, path, credential, service, match } = world;
    const answer = checkAccess({ now, caller, path, credential, target: { service, match } }, directory, new Meter()).then((outcome) => {
      answered = true;
      return outcome;
    });
    await new Promise(setImmediate);
    expect(directory.firstUses).toEqual([held]);
    expect(answered).toBe(false);
    finish(true);
    expect((await answer).decision.allowed).toBe(true);
  });

  it('is recorded once: a used secret is not recorded again', async () => {
    expect((await judgeWith(fresh)).directory.firstUses).toHaveLength(1);
    expect((await judgeWith()).directory.firstUses).toEqual([]);
  });

  const whoIsUnknown = ['CREDENTIALS_MISSING', 'KEY_UNKNOWN'];
  const ended = ['its grace is over', '#52 it was ended, by a clock that was ahead', 'a cancelled rotation'];
  it.each(faults)('is recorded for a denied request where somebody has a secret that stands: %s (%s)', async (reason, how, change) => {
    const { directory, held, answer } = await judgeWith(fresh, change);
    expect(answer).toBe(reason);
    expect(directory.firstUses).toEqual(whoIsUnknown.includes(reason) || ended.includes(how) ? [] : [held]);
  });

  it('#51 #53 that came too late, the rotation being cancelled, is SECRET_REVOKED', async () => {
    const judged = await judgeWith(fresh, (world) => (world.directory = { stands: false }));
    expect(denialOf(judged)).toEqual({ allowed: false, reason: 'SECRET_REVOKED', context: {} });
    expect(judged.outcome.credential).toEqual(judged.held);
    expect(judged.outcome.wouldDeny).toBeNull();
  });

  it('that cannot be recorded is STORE_UNAVAILABLE', async () => {
    const judged = await judgeWith(fresh, (world) => (world.directory = { firstUseFailure: new StoreUnavailableError() }));
    expect(denialOf(judged)).toEqual({ allowed: false, reason: 'STORE_UNAVAILABLE', context: { retryAfterSeconds: 1 } });
    expect(judged.outcome.credential).toEqual(judged.held);
  });

  it('any other failure to record it is not taken for a denial', async () => {
    const firstUseFailure = new TypeError('a defect');
    await expect(judgeWith(fresh, (world) => (world.directory = { firstUseFailure }))).rejects.toBe(firstUseFailure);
  });
});

// prettier-ignore
describe('the limits come last', () => {
  const standing: LimitStanding = { policyName: 'DAILY', appliesTo: 'key', limit: 1, used: 1, remaining: 0, intervalMs: day, resetsAt: now + 2001 };
  const full = () => new Meter({ exceeded: standing, standings: [standing] });
  const meteredBy = (meter: Meter): Change => (world) => (world.meter = meter);

  it.each(faults)('%s (%s) costs nothing, and is told before a limit without room', async (reason, _how, change) => {
    const meter = full();
    const { answer, outcome } = await judgeWith(change, meteredBy(meter));
    expect([answer, meter.taken, outcome.limits]).toEqual([reason, [], []]);
  });

  it('a call that may pass is counted once, for its key, at its time; how its limits stand goes with it', async () => {
    const meter = new Meter({ exceeded: null, standings: [standing] });
    const { answer, outcome } = await judgeWith(meteredBy(meter));
    expect([answer, meter.taken, outcome.limits]).toEqual(['allowed', [['key_1', now]], [standing]]);
  });

  it('the first use of a secret is counted once as well, and recorded even if a limit has no room', async () => {
    const meter = full();
    const { answer, directory } = await judgeWith((world) => Object.assign(world.held, { used: false }), meteredBy(meter));
    expect([answer, meter.taken.length, directory.firstUses.length]).toEqual(['RATE_LIMITED', 1, 1]);
  });

  it('a limit without room denies, says which, and rounds the wait up to whole seconds', async () => {
    const judged = await judgeWith(meteredBy(full()));
    expect(denialOf(judged)).toEqual({ allowed: false, reason: 'RATE_LIMITED', context: { limit: standing, retryAfterSeconds: 3 } });
    expect(judged.outcome.limits).toEqual([standing]);
  });

  it.each<[what: string, change: Change, counts: boolean]>([
    ['a route of ours that opens no API', (world) => Object.assign(world, { service: null, match: { kind: 'own', path: '/x', scopeSets: [] } }), false],
    ['one that stands for an API', (world) => Object.assign(world, { service: null, match: { kind: 'own', path: '/x', scopeSets: [], isMetered: true } }), true],
    ['a public route', (world) => (world.match = { kind: 'found', route: { ...route, public: true } }), false],
    ['any other route', () => {}, true],
  ])('%s: counts is %p', async (_what, change, counts) => {
    const meter = full();
    const { answer } = await judgeWith(change, meteredBy(meter));
    expect([answer, meter.taken.length]).toEqual(counts ? ['RATE_LIMITED', 1] : ['allowed', 0]);
  });
});

// prettier-ignore
describe('from the bytes that were sent', () => {
  // prettier-ignore
  const routes: Route[] = [route, { ...route, id: 'rte_2', path: '/contacts/export', scopeSets: [['contacts.export']] }];
  const table = new RouteTable([{ mount: '/crm', routes }]);
  // prettier-ignore
  const sent = (target: string, headers: string[], method = 'GET'): Change => (world) => {
    const { path, rawQuery } = readRequestTarget(target);
    world.path = path;
    world.credential = readCredential(headers, rawQuery ?? '');
    world.match = table.resolve(method, path).match satisfies RouteMatch;
  };
  const bearer = ['Authorization', `Bearer ${secret}`];

  it.each<[name: string, target: string, headers: string[], answer: string]>([
    ['#1 no credential', '/crm/contacts/7', [], 'CREDENTIALS_MISSING'],
    ['#2 hapikey twice', `/crm/contacts/7?hapikey=${secret}&hapikey=${secret}`, [], 'CREDENTIALS_MALFORMED'],
    ['#4 hapikey=', '/crm/contacts/7?hapikey=', [], 'CREDENTIALS_MISSING'],
    ['#5 hapikey and bearer', `/crm/contacts/7?hapikey=${secret}`, bearer, 'CREDENTIALS_MALFORMED'],
    ['#8 Bearer alone', '/crm/contacts/7', ['Authorization', 'Bearer'], 'CREDENTIALS_MALFORMED'],
    ['#10 Basic only', '/crm/contacts/7', ['Authorization', 'Basic eDp5'], 'CREDENTIALS_MISSING'],
    ['#13 hap%69key', `/crm/contacts/7?hap%69key=${secret}`, [], 'allowed'],
    ['#14 hapikey=a+b', '/crm/contacts/7?hapikey=a+b', [], 'KEY_UNKNOWN'],
    ['#14 hapikey=%FF', '/crm/contacts/7?hapikey=%FF', [], 'KEY_UNKNOWN'],
    ['#15 a fragment', '/crm/contacts/7#x', bearer, 'PATH_INVALID'],
    ['#17 HAPIKEY', `/crm/contacts/7?HAPIKEY=${secret}`, [], 'CREDENTIALS_MISSING'],
    ['#32 a route not declared', '/crm/companies', bearer, 'ROUTE_UNKNOWN'],
    ['#32 no service', '/elsewhere', bearer, 'ROUTE_UNKNOWN'],
    ['#85 a parameter route', '/crm/contacts/7', bearer, 'allowed'],
    ['#85 the static route needs its own scope', '/crm/contacts/export', bearer, 'SCOPE_MISSING'],
    ['#85 the static route encoded needs it too', '/crm/contacts/%65xport', bearer, 'SCOPE_MISSING'],
    ['#85 the static route behind a semicolon', '/crm/contacts/export;x', bearer, 'PATH_INVALID'],
    ['#85 the static route behind dots', '/crm/contacts/x/../export', bearer, 'PATH_INVALID'],
    ['#85 the static route behind an encoded slash', '/crm/contacts%2Fexport', bearer, 'ROUTE_UNKNOWN'],
    ['#85 an absolute target', 'http://example.org/crm/contacts/7', bearer, 'allowed'],
  ])('%s', async (_name, target, headers, answer) => {
    expect((await judgeWith(sent(target, headers))).answer).toBe(answer);
  });
});

describe('somebody who is signed in', () => {
  const account: HeldAccount = {
    ...{ id: 'acc_1', name: 'A', isOperator: false, suspended: false, allowHapikey: true },
    ...{ entitledScopes: null, ipAllowlist: anywhere, policy: policyUnlessSet },
    ...{ rateLimits: null, timeZone: 'UTC' },
  };
  const session: HeldSession = {
    ...{ id: 'ses_1', person: { id: 'per_1', name: 'P', email: 'p@example.com' } },
    ...{ startedAt: now - day, expiresAt: now + 1, endedAt: null },
    members: [{ id: 'mem_1', role: 'auditor', getsNoticeEmails: true, account }],
  };
  const own: OwnRoute = { kind: 'own', path: '/v1/x', scopeSets: [['latchkey.keys.read']] };

  interface Visit {
    readonly session?: HeldSession | null;
    readonly account?: Partial<HeldAccount>;
    readonly route?: Partial<OwnRoute>;
    readonly sentFrom?: SentFrom;
    readonly failure?: Error;
  }

  /** As it is made, the request is allowed. */
  function visit(given: Visit = {}): Promise<AccessOutcome> {
    const changed = { ...account, ...given.account };
    const members = session.members.map((member) => ({ ...member, account: changed }));
    const held = given.session === undefined ? { ...session, members } : given.session;
    const find = () => (given.failure ? Promise.reject(given.failure) : Promise.resolve(held));
    const request: AccessRequest = {
      now,
      caller: { determined: true, ip: '192.0.2.1' },
      path: readRequestTarget('/v1/x').path,
      credential: {
        ...{ kind: 'session', token: 't' },
        engagement: { hapikey: 'absent', bearer: 'absent', accessToken: 'absent' },
      },
      sentFrom: given.sentFrom ?? { method: 'POST', origin: 'here' },
      target: { service: null, match: { ...own, ...given.route } },
    };
    return checkAccess(request, new Directory(null), new Meter(), { find });
  }

  it('is let in by the scopes of their role, and named', async () => {
    expect(await visit()).toMatchObject({
      ...{ decision: { allowed: true, usedScopes: ['latchkey.keys.read'] }, credential: null },
      ...{ session: { id: 'ses_1' }, member: { id: 'mem_1' }, credentialKind: 'session' },
    });
  });

  it.each<[reason: DenialReason, given: Visit]>([
    ['STORE_UNAVAILABLE', { failure: new StoreUnavailableError() }],
    ['SESSION_UNKNOWN', { session: null }],
    ['SESSION_ENDED', { session: { ...session, endedAt: now - 1 } }],
    ['SESSION_EXPIRED', { session: { ...session, expiresAt: now } }],
    ['CROSS_ORIGIN', { sentFrom: { method: 'POST', origin: 'untold' } }],
    ['CROSS_ORIGIN', { sentFrom: { method: 'GET', origin: 'elsewhere' } }],
    ['ACCOUNT_SUSPENDED', { account: { suspended: true } }],
    ['IP_NOT_ALLOWED', { account: { ipAllowlist: elsewhere('enforce') } }],
    ['SCOPE_MISSING', { route: { scopeSets: [['latchkey.keys.write']] } }],
    ['SCOPE_MISSING', { session: { ...session, members: [] } }],
  ])('is refused: %s', async (reason, given) => {
    const { decision } = await visit(given);
    expect((decision as Denied).reason).toBe(reason);
  });

  it('is told the first thing that is wrong', async () => {
    const ended = { ...session, endedAt: now - 2, expiresAt: now - 1 };
    const origin = { method: 'POST', origin: 'elsewhere' } as const;
    const reasonOf = async (given: Visit) => ((await visit(given)).decision as Denied).reason;
    expect(await reasonOf({ session: ended, sentFrom: origin })).toBe('SESSION_ENDED');
    expect(await reasonOf({ session: { ...ended, endedAt: null }, sentFrom: origin })).toBe(
      'SESSION_EXPIRED',
    );
    expect(await reasonOf({ sentFrom: origin, account: { suspended: true } })).toBe('CROSS_ORIGIN');
    const ipAllowlist = elsewhere('enforce');
    expect(await reasonOf({ account: { suspended: true, ipAllowlist } })).toBe('ACCOUNT_SUSPENDED');
  });

  it('is no member of anything on what is open to all people', async () => {
    const { decision, member } = await visit({
      ...{ account: { suspended: true, ipAllowlist: elsewhere('enforce') } },
      route: { scopeSets: [], openTo: 'people' },
    });
    expect([decision.allowed, member]).toEqual([true, null]);
  });

  it('what a list in report mode would have said is told', async () => {
    const { wouldDeny } = await visit({ account: { ipAllowlist: elsewhere('report') } });
    expect(wouldDeny).toBe('IP_NOT_ALLOWED');
  });

  it('is nobody where no session is a credential', async () => {
    const { decision } = await visit({ session: null });
    expect((decision as Denied).reason).toBe('SESSION_UNKNOWN');
  });
});
