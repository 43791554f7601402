// What a limit costs a call, and what a process remembers of whoever has limits: node --expose-gc bench/limits.mjs
//
// The decision's own part alone, without HTTP: `checkAccess` on a remembered key, for keys with and without limits, and the
// bytes for each key that called. It needs a build (npm run build).
import { CompiledAllowlist, noAllowlist } from '../dist/src/core/ip-allowlist.js';
import { policyUnlessSet } from '../dist/src/core/account-policy.js';
import { checkAccess } from '../dist/src/core/check-access.js';
import { CountingMeter } from '../dist/src/core/rate-meter.js';
import { rateLimitHeaders } from '../dist/src/access/rate-limit-headers.js';

const calls = 300_000;
const rounds = 7;
const anywhere = new CompiledAllowlist(noAllowlist);
const perDay = 1_000_000_000;
const both = (requests) => ({
  rolling: { requests, windowSeconds: 10 },
  daily: { requests: perDay },
});

function credentialOf(ofKey, ofAccount, id = 'key_1') {
  return {
    ...{ id: 'sec_1', start: 'lk_prod_4fGh', createdAt: 0, endsAt: null, revokedAt: null },
    ...{ over: false, retiresAt: null, rotation: null, used: true },
    key: {
      ...{ id, name: 'Vendor', environment: 'production', standing: 'active', expiresAt: null },
      ...{ scopes: new Set(['contacts.read']), grantableScopes: new Set(), bindings: new Map() },
      ...{ ipAllowlist: anywhere, rateLimits: ofKey },
    },
    account: {
      ...{ id: 'acc_1', name: 'Portal', isOperator: false, suspended: false, allowHapikey: true },
      ...{ ipAllowlist: anywhere, policy: policyUnlessSet, rateLimits: ofAccount, timeZone: 'UTC' },
    },
  };
}

const route = {
  ...{ id: 'rte_1', method: 'GET', path: '/contacts/{id}', public: false },
  scopeSets: [['contacts.read']],
};
const request = {
  caller: { determined: true, ip: '192.0.2.7' },
  path: { valid: true, raw: '/contacts/7', rawSegments: [], segments: ['contacts', '7'] },
  credential: { kind: 'found', secret: 'x', method: 'bearer' },
  target: { service: { id: 'svc_1', open: true }, match: { kind: 'found', route } },
};

/** Nanoseconds for one call. @param callsPerMs how fast they come */
async function timed(ofKey, ofAccount, { callsPerMs = 20, withHeaders = false } = {}) {
  const credential = credentialOf(ofKey, ofAccount);
  const keys = { find: () => credential, recordFirstUse: async () => true };
  const meter = new CountingMeter();
  const start = Date.UTC(2027, 0, 1);
  const began = process.hrtime.bigint();
  for (let i = 0; i < calls; i += 1) {
    const now = start + Math.floor(i / callsPerMs);
    const { limits } = await checkAccess({ ...request, now }, keys, meter);
    if (withHeaders) rateLimitHeaders(limits, now);
  }
  return Number(process.hrtime.bigint() - began) / calls;
}

function bytesPerKey(requests, callsOfEach) {
  const keys = 5_000;
  const meter = new CountingMeter();
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < callsOfEach; i += 1)
    for (let key = 0; key < keys; key += 1) {
      const { key: limited, account } = credentialOf(both(requests), null, `key_${key}`);
      meter.take({ key: limited, account }, Date.UTC(2027, 0, 1) + i * 37);
    }
  meter.takeChanged();
  globalThis.gc();
  const bytes = (process.memoryUsage().heapUsed - before) / keys;
  return meter.size === keys ? bytes : NaN;
}

const cases = [
  ['a decision without limits', null, null],
  ['  with a window of 100 calls, all but a few refused', { rolling: { requests: 100, windowSeconds: 10 }, daily: null }, null],
  ['  with a day', { rolling: null, daily: { requests: perDay } }, null],
  ['  with a window of a million and a day', both(1_000_000), null],
  ['  with the same, and headers', both(1_000_000), null, { withHeaders: true }],
  ['  with the same for key and account', both(1_000_000), both(1_000_000)],
  ['  with the same for key and account, and headers', both(1_000_000), both(1_000_000), { withHeaders: true }],
  ['  with a window of 100 calls and a day, 5 calls a second', both(100), null, { callsPerMs: 0.005 }],
]; // prettier-ignore
const best = cases.map(() => Infinity);
// In turn, so that what is compiled and what else the machine does is the same for all.
for (let round = 0; round < rounds; round += 1)
  for (const [i, [, ...given]] of cases.entries())
    best[i] = Math.min(best[i], await timed(...given));
for (const [i, [what]] of cases.entries()) {
  const more = i === 0 ? '' : `  +${((best[i] - best[0]) / 1000).toFixed(2)} µs`;
  console.log(`${what.padEnd(58)} ${(best[i] / 1000).toFixed(2)} µs${more}`);
}
if (globalThis.gc === undefined) console.log('bytes for each key: needs --expose-gc');
else {
  const bytes = (what, count) => console.log(`${what.padEnd(58)} ${Math.round(count)} B`);
  bytes('a key that called once', bytesPerKey(100, 1));
  bytes('a key that called 100 times in its window', bytesPerKey(100, 100));
  bytes('a key that called 2000 times, of a million it may', bytesPerKey(1_000_000, 2_000));
}
