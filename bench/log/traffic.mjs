// Calls as an installation of some size sees them: few keys, addresses and routes make most of them, and most keys have
// addresses of their own. The same seed makes the same calls.
import { newCallId } from '../../dist/src/core/ids.js';

export const counts = { accounts: 200, keys: 2_000, ips: 50_000, routes: 400, userAgents: 120 };
const positionsPerMs = 4096;
const dayMs = 86_400_000;

/** mulberry32. @returns numbers from 0 to 1, that not included */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Picks from 0 to n - 1 with the frequencies of Zipf's law. @param exponent 1: the second is half as frequent as the first */
function zipf(n, exponent) {
  const sums = new Float64Array(n);
  let sum = 0;
  for (let i = 0; i < n; i += 1) sums[i] = sum += 1 / (i + 1) ** exponent;
  return (chance) => {
    const wanted = chance * sum;
    let [low, high] = [0, n - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

const objects = [
  'contacts',
  'companies',
  'deals',
  'tickets',
  'products',
  'orders',
  'quotes',
  'calls',
  'notes',
  'tasks',
];
const areas = ['crm', 'cms', 'automation', 'files', 'marketing', 'events', 'analytics', 'settings'];
const actions = ['', '/{id}', '/{id}/associations', '/search', '/batch/read'];
const denials = [
  ['SCOPE_MISSING', 403],
  ['IP_NOT_ALLOWED', 403],
  ['SECRET_EXPIRED', 401],
  ['ROUTE_UNKNOWN', 404],
  ['KEY_SUSPENDED', 403],
  ['CREDENTIALS_MALFORMED', 400],
];
const agents = [
  'python-requests/2.32.',
  'axios/1.7.',
  'okhttp/4.12.',
  'Go-http-client/2.',
  'curl/8.',
];

const id = (prefix, number) => `${prefix}_${String(number).padStart(20, '0')}`;

function routes() {
  return areas.flatMap((area) =>
    objects.flatMap((object) =>
      actions.map((action) => ({
        route: `/${area}/v3/${object}${action}`,
        method: action === '/search' || action === '/batch/read' ? 'POST' : 'GET',
        scope: `${area}.${object}.read`,
      })),
    ),
  );
}

function addressOf(number) {
  if (number % 10 === 0)
    return `2001:db8:${(number >> 8).toString(16)}:${(number & 255).toString(16)}::1`;
  return `${11 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}.7`;
}

/**
 * @param rows how many in all
 * @param days over how many days, the last of which ends now
 * @yields calls in the order of their positions
 */
export function* traffic({ rows, days, seed = 1, now = Date.now() }) {
  const chance = random(seed);
  const keyOf = zipf(counts.keys, 1);
  const routeOf = zipf(counts.routes, 1);
  const ownIpOf = zipf(25, 0.8);
  const anyIpOf = zipf(counts.ips, 0.7);
  const allRoutes = routes();
  const start = now - days * dayMs;
  const step = (days * dayMs) / rows;
  let lastPosition = 0;
  for (let row = 0; row < rows; row += 1) {
    const at = Math.floor(start + row * step);
    const position = Math.max(at * positionsPerMs, lastPosition + 1);
    lastPosition = position;
    const key = keyOf(chance());
    const { route, method, scope } = allRoutes[routeOf(chance())];
    // One of a key's own addresses; now and then somebody else's.
    const ip = chance() < 0.95 ? (key * 25 + ownIpOf(chance())) % counts.ips : anyIpOf(chance());
    const denied = chance() < 0.04 ? denials[Math.floor(chance() ** 2 * denials.length)] : null;
    const failed = denied === null && chance() < 0.003;
    const object = Math.floor(chance() * 1_000_000);
    yield {
      position,
      id: newCallId(position),
      at,
      accountId: id('acc', key % counts.accounts),
      keyId: id('key', key),
      keyName: `Integration ${key}`,
      environment: key % 7 === 0 ? 'staging' : 'production',
      secretId: id('sec', key),
      secretStart: 'lk_prod_4fGh',
      secretState: 'current',
      rotationId: null,
      credential: key % 3 === 0 ? 'hapikey' : 'bearer',
      door: 'gateway',
      actor: null,
      serviceId: id('svc', 1),
      method,
      host: 'api.example.com',
      path: route.replace('{id}', String(object)),
      query: key % 3 === 0 ? 'limit=100&hapikey=***' : 'limit=100',
      route,
      requiredScopes: [scope],
      usedScopes: denied === null ? [scope] : [],
      missingScopes: denied?.[0] === 'SCOPE_MISSING' ? [scope] : [],
      decision: denied === null ? 'allowed' : 'denied',
      reason: denied?.[0] ?? (failed ? 'UPSTREAM_TIMEOUT' : null),
      wouldDeny: null,
      status: denied?.[1] ?? (failed ? 504 : object % 50 === 0 ? 404 : 200),
      upstreamStatus: denied === null && !failed ? 200 : null,
      callerIp: addressOf(ip),
      peerIp: '10.0.0.1',
      forwardedFor: addressOf(ip),
      userAgent: `${agents[key % agents.length]}${key % (counts.userAgents / agents.length)}`,
      clientRequestId: null,
      durationMs: 5 + (object % 4_000) / 100,
      upstreamMs: denied === null ? 4 + (object % 4_000) / 100 : null,
      requestBytes: 0,
      responseBytes: 200 + (object % 4_096),
    };
  }
}
