// What the pages are filled with: three days at a company that shares its CRM, with names as long as they come, and a key with
// very many scopes.
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** How long the installation has been there. */
export const days = 3;

const vendors = [
  { name: 'Newsletter', scopes: ['contacts.read', 'email.single_send'], ip: '203.0.113.10', agent: 'newsletter/4.2', perHour: 3 },
  { name: 'Warehouse sync', scopes: ['orders.read', 'contacts.read', 'contacts.write'], ip: '198.51.100.24', agent: 'python-requests/2.32.3', perHour: 4 },
  { name: 'Accounting export (nightly)', scopes: ['orders.read'], ip: '192.0.2.77', agent: 'curl/8.9.1', perHour: 1 },
  { name: 'Support desk widget that shows the customer beside the conversation, in all of our four brands', scopes: ['contacts.read', 'orders.read'], ip: '2001:db8:40::17', agent: 'support-desk/11.0 (+https://desk.example)', perHour: 2 },
]; // prettier-ignore

/**
 * Fills an installation through its API. The clock is moved through the days, so that charts have something to show.
 *
 * @param moveClock to so many milliseconds from now, and never back
 * @returns the ids that the views need
 */
export async function fill({ manage, call, moveClock }) {
  const account = await manage('POST', '/accounts', { name: 'Rolling Donut' });
  await manage('POST', '/accounts', {
    name: 'The Amalgamated Confectioners of the Northern Counties and Islands, Limited',
  });
  const at = `/accounts/${account.id}`;
  const keys = [];
  for (const { name, scopes } of vendors)
    keys.push(
      await manage('POST', `${at}/keys`, {
        name,
        scopes,
        purpose: 'Order handling',
        recipient: `${name.split(' ')[0]} Ltd.`,
      }),
    );
  await manyScopes({ manage, at });
  await manage('POST', `${at}/keys`, {
    name: 'Staging',
    environment: 'staging',
    scopes: ['contacts.read'],
    expiresAt: new Date(Date.now() + 20 * dayMs).toISOString(),
  });
  const suspended = await manage('POST', `${at}/keys`, {
    name: 'Old importer',
    scopes: ['contacts.write'],
  });
  await manage('POST', `${at}/keys/${suspended.id}/suspend`, {});
  await manage('PUT', `${at}/ip-allowlist`, {
    mode: 'report',
    entries: [
      { cidr: '203.0.113.0/24', note: 'Newsletter' },
      { cidr: '198.51.100.0/24', note: 'Warehouse' },
    ],
  });
  await manage('PUT', `${at}/notice-emails`, { emails: ['it@rollingdonut.example'] });

  let rotation;
  for (let hour = days * 24; hour >= 0; hour -= 1) {
    moveClock(-hour * hourMs);
    if (hour === 30)
      rotation = await manage('POST', `${at}/keys/${keys[1].id}/rotations`, {
        graceSeconds: 7 * 86_400,
      });
    for (const [i, vendor] of vendors.entries()) {
      const secret =
        i === 1 && rotation !== undefined && hour % 3 !== 0 ? rotation.secret : keys[i].secret;
      await work({ call, hour, vendor, secret });
    }
  }
  moveClock(0);
  await call('GET', '/crm/contacts', {
    secret: keys[2].secret,
    ip: '192.0.2.77',
    agent: 'curl/8.9.1',
  });
  await call('GET', '/crm/contacts', {
    secret: 'lk_prod_nobodyKnowsThisOne',
    ip: '192.0.2.13',
    agent: 'scanner',
  });
  return { accountId: account.id, keyId: keys[0].id, rotatedKeyId: keys[1].id };
}

const places = ['orders', 'contacts'];

/** An hour of a vendor: mostly what it may do, now and then what it may not. */
async function work({ call, hour, vendor: { scopes, ip, agent, perHour }, secret }) {
  for (let i = 0; i < perHour; i += 1) {
    const mine = places.filter((each) => scopes.includes(`${each}.read`));
    await call('GET', `/crm/${mine[i % mine.length]}?page=${i + 1}`, { secret, ip, agent });
  }
  // Nobody may send mail from here but one.
  if (hour % 7 === 0) await call('POST', '/crm/single-send', { secret, ip, agent });
}

/** One key with five hundred scopes. */
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
  await manage('POST', `${at}/keys`, { name: 'Everything there is', scopes: names });
}
