// Fills an installation through its API: an account in which there is something of everything, and one in which there is nothing.
import { billing, invited, people, quietKeys, rotations, scopes, vendors } from './company.mjs';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** How long the installation has been there: long enough for a secret that is too old. */
export const days = 200;
/** How long its vendors have called. */
const busyDays = 3;

/** Where notices are sent, one that takes them and one that does not. */
const webhookPaths = ['/latchkey', '/a-receiver-that-has-been-down-since-yesterday/latchkey'];

/**
 * The clock is moved through the days, so that charts have something to show.
 *
 * @param moveClock to so many milliseconds from now, and never back
 * @param password of everybody
 * @param receiver the URL of a receiver of webhooks
 * @returns the ids that the views need
 */
export async function fill({ manage, call, moveClock, password, receiver }) {
  const empty = await manage('POST', '/accounts', {
    name: 'The Amalgamated Confectioners of the Northern Counties and Islands, Limited',
  });
  const account = await manage('POST', '/accounts', { name: 'Rolling Donut' });
  const at = `/accounts/${account.id}`;
  await publish({ manage, at });
  const keys = new Map();
  const make = async (key) => keys.set(key.name, await manage('POST', `${at}/keys`, key));

  await make({ ...reasons('Old importer'), scopes: ['contacts.write'] });
  await make({ ...reasons('Loyalty cards'), scopes: vendors[4].scopes });
  const importer = { secret: keys.get('Old importer').secret, ip: '192.0.2.50', agent: 'importer' };
  moveClock(-100 * dayMs);
  await call('GET', '/crm/contacts', importer);
  await call('GET', '/crm/contacts', { ...caller(vendors[4]), ...keys.get('Loyalty cards') });

  moveClock(-busyDays * dayMs);
  for (const { name, scopes: held } of vendors)
    if (!keys.has(name)) await make({ ...reasons(name), scopes: held });
  const fullKeyId = await manyScopes({ manage, at });
  for (const key of quietKeys) await makeQuiet({ key, keys, make, manage, at });
  await setRules({ manage, at, keys, receiver });
  await letIn({ manage, accountId: account.id, password });
  await manage('POST', `/accounts/${empty.id}/invitations`, invited[0]);

  await goThroughDays({ manage, call, moveClock, at, keys });
  moveClock(0);
  const { id: rotatedKeyId, rotationId } = keys.get('Warehouse sync');
  const planned = `${at}/keys/${rotatedKeyId}/rotations/${rotationId}/brownouts`;
  await manage('PUT', planned, { brownouts: brownouts() });
  await manage('POST', `${at}/keys/${keys.get('Staging').id}/rotations`, {
    startsAt: new Date(Date.now() + dayMs).toISOString(),
  });
  await call('GET', '/crm/contacts', {
    ...{ secret: keys.get('Accounting export (nightly)').secret },
    ...{ ip: '192.0.2.77', agent: 'curl/8.9.1' },
  });
  const stranger = { secret: 'lk_prod_nobodyKnowsThisOne', ip: '192.0.2.13', agent: 'scanner' };
  await call('GET', '/crm/contacts', stranger);
  return {
    accountId: account.id,
    emptyId: empty.id,
    keyId: keys.get('Newsletter').id,
    longKeyId: keys.get(vendors[3].name).id,
    fullKeyId,
    rotatedKeyId,
    safeKeyId: keys.get('Loyalty cards').id,
    scheduledKeyId: keys.get('Staging').id,
    revokedKeyId: keys.get('Agency of last year').id,
  };
}

const reasons = (name) => ({
  name,
  purpose: 'Order handling',
  recipient: `${name.split(' ')[0]} Ltd.`,
  contactEmail: `it@${name.split(' ')[0].toLowerCase()}.example`,
});

const caller = ({ ip, agent }) => ({ ip, agent });

/** What can be called, beside the sample CRM. */
async function publish({ manage, at }) {
  for (const [name, scope] of Object.entries(scopes)) await manage('PUT', `/scopes/${name}`, scope);
  await manage('PUT', '/services/billing', billing.service);
  await manage('PUT', '/services/billing/routes', { routes: billing.routes });
  await manage('PUT', `${at}/services/billing`, { environment: null });
  await manage('PUT', `${at}/services/billing`, {
    environment: 'staging',
    upstream: 'https://billing.staging.internal.example:8443/api',
    credential: { in: 'header', name: 'Authorization', value: 'Bearer made up for the pictures' },
  });
}

async function makeQuiet({ key, keys, make, manage, at }) {
  const { change, expiresInDays, ...request } = key;
  await make({
    ...request,
    ...(expiresInDays !== undefined && {
      expiresAt: new Date(Date.now() + expiresInDays * dayMs).toISOString(),
    }),
  });
  if (change !== undefined)
    await manage('POST', `${at}/keys/${keys.get(key.name).id}/${change}`, {});
}

/** Who may call from where and how often, and who is told. */
async function setRules({ manage, at, keys, receiver }) {
  await manage('PUT', `${at}/ip-allowlist`, {
    mode: 'report',
    entries: [
      { cidr: '203.0.113.0/24', note: 'Newsletter' },
      { cidr: '198.51.100.0/24', note: 'Warehouse' },
    ],
  });
  await manage('PUT', `${at}/keys/${keys.get('Newsletter').id}/ip-allowlist`, {
    mode: 'enforce',
    entries: [{ cidr: '203.0.113.10', note: 'The only server that they have' }],
  });
  await manage('PATCH', `${at}/keys/${keys.get('Newsletter').id}`, {
    rateLimits: { rolling: { requests: 100, windowSeconds: 10 }, daily: { requests: 250_000 } },
  });
  await manage('PUT', `${at}/notice-emails`, { emails: ['it@rollingdonut.example'] });
  for (const [i, path] of webhookPaths.entries())
    await manage('POST', `${at}/webhooks`, {
      url: `${receiver}${path}`,
      kinds: i === 0 ? null : ['key.suspended', 'rotation.opened'],
    });
}

/** Those who are in the account, and those who are to come. */
async function letIn({ manage, accountId, password }) {
  for (const { name, email, role } of people) {
    const { link } = await manage('POST', `/accounts/${accountId}/invitations`, { email, role });
    await manage('POST', '/links/use', { token: link.split('#')[1], name, password });
  }
  for (const each of invited) await manage('POST', `/accounts/${accountId}/invitations`, each);
}

/** Everybody’s calls, and the rotations among them. */
async function goThroughDays({ manage, call, moveClock, at, keys }) {
  for (let hour = busyDays * 24; hour >= 0; hour -= 1) {
    moveClock(-hour * hourMs);
    for (const rotation of rotations) {
      const key = keys.get(rotation.name);
      const path = `${at}/keys/${key.id}/rotations`;
      if (hour === rotation.openedHoursAgo) {
        const { graceSeconds } = rotation;
        const { id, secret } = await manage('POST', path, { graceSeconds });
        Object.assign(key, { rotationId: id, newSecret: secret });
      }
      if (hour === rotation.endsHoursAgo)
        await manage('POST', `${path}/${key.rotationId}/${rotation.ends}`, {});
    }
    for (const vendor of vendors)
      await work({ call, hour, vendor, secret: secretAt(hour, keys.get(vendor.name)) });
  }
}

/** With which of two secrets a vendor calls. */
function secretAt(hour, { name, secret, newSecret }) {
  const rotation = rotations.find((each) => each.name === name);
  const { openedHoursAgo, movesAfterHours = Infinity, isSplit } = rotation ?? {};
  const hasMoved = rotation !== undefined && hour <= openedHoursAgo - movesAfterHours;
  return hasMoved && !(isSplit && hour % 3 === 0) ? newSecret : secret;
}

/** An hour of a vendor: mostly what it may do, now and then what it may not. */
async function work({ call, hour, vendor, secret }) {
  const request = { ...caller(vendor), secret };
  const places = ['orders', 'contacts'].filter((each) => vendor.scopes.includes(`${each}.read`));
  for (let i = 0; i < vendor.perHour; i += 1)
    await call('GET', `/crm/${places[i % places.length]}?page=${i + 1}`, request);
  // Nobody may send mail from here but one.
  if (hour % 7 === 0) await call('POST', '/crm/single-send', request);
}

/** Two, at full hours. */
function brownouts() {
  const hour = Math.ceil(Date.now() / hourMs);
  return [26, 50].map((later, i) => ({
    startsAt: new Date((hour + later) * hourMs).toISOString(),
    endsAt: new Date((hour + later) * hourMs + (i + 1) * 900_000).toISOString(),
  }));
}

/** One key with five hundred scopes. @returns its id */
async function manyScopes({ manage, at }) {
  const names = Array.from(
    { length: 500 },
    (_, i) => `area${Math.floor(i / 10)}.part${i % 10}.${i % 2 === 0 ? 'read' : 'write'}`,
  );
  for (const [i, name] of names.entries())
    await manage('PUT', `/scopes/${name}`, {
      description: `Part ${i % 10} of area ${Math.floor(i / 10)}`,
      sensitive: i % 10 === 9,
    });
  const key = { name: 'Everything there is', scopes: names };
  return (await manage('POST', `${at}/keys`, key)).id;
}
