import { randomInt } from 'node:crypto';
import { startUpstream } from '../contenders.mjs';
import { calls, head, withBody } from './calls.mjs';
import { compare } from './compare.mjs';
import { startProbed } from './probed.mjs';

const little = { scopes: 5, networks: 1, routes: 10 };
const much = { scopes: 500, networks: 1_000, routes: 5_000 };
const paths = 2_000;

/** A key with many scopes and networks, on a service with many routes, beside one with few. */
export async function rules({ rounds, seconds, connections, basePort }) {
  const upstreamUrl = `http://127.0.0.1:${basePort}`;
  const servers = [await startUpstream(basePort)];
  try {
    const verifies = [];
    const forwards = [];
    for (const [i, size] of [little, much].entries()) {
      const server = await startProbed('committed', basePort + 100 + 20 * i, upstreamUrl, {
        TRUSTED_PROXIES: '127.0.0.1',
      });
      servers.push(server);
      const { verify, forward } = await jobsOf(server, size);
      const name = `${size.scopes} scopes, ${size.networks} networks, ${size.routes} routes`;
      verifies.push({ name: `verify: ${name}`, job: verify });
      forwards.push({ name: `gateway GET: ${name}`, job: forward });
      for (const { job } of [verifies.at(-1), forwards.at(-1)])
        await calls({ ...job, connections, seconds: 3 });
    }
    const options = { rounds, seconds, connections };
    return {
      title:
        'Rules: any of the routes from any of the networks, log committed; each with little of everything, and with much',
      rows: [...(await compare(verifies, options)), ...(await compare(forwards, options))],
    };
  } finally {
    for (const server of servers.toReversed()) await server.stop();
  }
}

async function jobsOf({ manage, accountId, verify, port }, { scopes, networks, routes }) {
  const names = Array.from({ length: scopes }, (_, i) => `area${i}.read`);
  for (const name of names) await manage('PUT', `/scopes/${name}`, { description: `Read ${name}` });
  await manage('PUT', '/services/bench/routes', {
    routes: Array.from({ length: routes }, (_, i) => ({
      ...{ method: 'GET', path: `/area${i % 100}/{id}/part${i}` },
      scopeSets: [[names[i % scopes]]],
    })),
  });
  const cidrs = Array.from({ length: networks }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  const { secret } = await manage('POST', `/accounts/${accountId}/keys`, {
    ...{ name: 'Rules', scopes: names },
    ipAllowlist: { mode: 'enforce', entries: cidrs.map((cidr) => ({ cidr })) },
  });
  const places = Array.from({ length: paths }, () => {
    const route = randomInt(routes);
    const network = randomInt(networks);
    return {
      path: `/bench/area${route % 100}/${randomInt(1e6)}/part${route}`,
      callerIp: `10.${network >> 8}.${network & 255}.${1 + randomInt(250)}`,
    };
  });
  return {
    verify: {
      port,
      heads: places.map(({ path, callerIp }) =>
        withBody('POST', '/latchkey/v1/verify', { Authorization: verify.headers.Authorization },
          JSON.stringify({ credential: secret, method: 'GET', path, callerIp }))), // prettier-ignore
    },
    forward: {
      port,
      heads: places.map(({ path, callerIp }) =>
        head('GET', path, { Authorization: `Bearer ${secret}`, 'X-Forwarded-For': callerIp }),
      ),
    },
  };
}
