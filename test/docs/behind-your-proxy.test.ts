import { expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { absentTool, codeOf } from '../support/code-of-page.js';
import { describeWhere } from '../support/describe-where.js';
import { startTestLatchkey, type Json } from '../support/latchkey.js';
import { askers, pathOf } from '../support/forward-auth.js';
import { absentProxy, startProxy } from '../support/proxies.js';
import { startUpstream } from '../support/upstream.js';

const run = promisify(execFile);

describeWhere(absentTool() ?? absentProxy('nginx'), 'docs/behind-your-proxy.md', () => {
  it('an API is published, and called through the proxy with a key and without', async () => {
    const upstream = await startUpstream();
    const latchkey = await startTestLatchkey({ TRUSTED_PROXIES: '127.0.0.1' });
    const proxy = await startProxy('nginx', latchkey.accessUrl, upstream.url);
    try {
      const account = await latchkey.manage('POST', '/v1/accounts', { name: 'Rolling Donut Ltd' });
      const env = {
        ...{ PATH: process.env['PATH'] ?? '', API: `${latchkey.managementUrl}/v1` },
        ...{ OPERATOR_SECRET: latchkey.operatorKey, ACCOUNT: account.id },
        ...{ UPSTREAM: upstream.url, PROXY: proxy.url },
      };
      const commands = codeOf('behind-your-proxy.md', 'sh');
      const options = { env };
      const { stdout } = await run(
        ...(['bash', ['--norc', '-euo', 'pipefail', '-c', commands], options] as const),
      );
      expect(stdout).toContain('{"ok":true}');
      expect(stdout).toContain('"reason":"CREDENTIALS_MISSING"');
      expect(upstream.calls.map(({ url }) => url)).toEqual(['/shop/orders/7']);
      const rows = (await latchkey.rows('&door=forward_auth')).toReversed();
      expect(rows.map(({ path, status }) => [path, status])).toEqual([
        ['/shop/orders/7', 200],
        ['/shop/orders/7', 401],
      ]);
    } finally {
      await proxy.close();
      await latchkey.remove();
      await upstream.close();
    }
  });
});

const filesOf = (asker: string): string => {
  const folder = new URL(`../../deploy/${asker}/`, import.meta.url);
  return readdirSync(folder)
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .join('\n');
};

it.each(askers)('deploy/%s asks at its door, and has the addresses of the page', (asker) => {
  const text = filesOf(asker);
  expect(text).toContain(pathOf(asker));
  // Where Traefik listens stands in its static configuration.
  for (const port of asker === 'traefik' ? [8080, 9000] : [8000, 8080, 9000]) {
    const together = text.includes(`127.0.0.1:${port}`);
    expect([port, together || text.includes(`port_value: ${port} }`)]).toEqual([port, true]);
  }
});

/** What was not tried with the program is at least whole: what the others are seen to take away, it names. */
it.each(['traefik', 'envoy'])(
  'deploy/%s names whatever may not pass, in well-formed YAML',
  (asker) => {
    const text = filesOf(asker);
    const config = parse(text) as Json;
    expect(config.http ?? config.static_resources).toBeDefined();
    const named = text.toLowerCase();
    const credentials = ['authorization', 'x-access-token'];
    const overrides = ['x-http-method', 'x-http-method-override', 'x-method-override', 'x-rewrite-url', 'x-original-url', 'x-original-uri', 'x-original-method', 'x-forwarded-uri', 'x-forwarded-method']; // prettier-ignore
    for (const header of [...credentials, ...overrides, 'x-correlation-id'])
      expect([header, named.includes(header)]).toEqual([header, true]);
  },
);

it('deploy/traefik takes the identity from the answer alone, however a caller spells it', () => {
  const { middlewares } = (parse(filesOf('traefik')) as Json).http;
  const { authResponseHeadersRegex, authResponseHeaders, trustForwardHeader } =
    middlewares.latchkey.forwardAuth;
  const [, flags = '', pattern = ''] = /^\(\?(\w+)\)(.*)$/.exec(authResponseHeadersRegex) ?? [];
  const regex = new RegExp(pattern, flags);
  const spellings = ['X-Latchkey-Key', 'x_latchkey_key', 'X-Latchkey-Scopes'];
  expect(spellings.filter((name) => !regex.test(name))).toEqual([]);
  expect(authResponseHeaders).toEqual(expect.arrayContaining(['Authorization', 'X-Access-Token']));
  expect(trustForwardHeader).toBe(false);
});

it('deploy/envoy lets nobody pass that it could not ask about, and takes the identity away before it asks', () => {
  const [listener] = (parse(filesOf('envoy')) as Json).static_resources.listeners;
  const manager = listener.filter_chains[0].filters[0].typed_config;
  const [before, asks] = manager.http_filters.map((filter: Json) => filter.typed_config);
  expect(asks).toMatchObject({
    failure_mode_allow: false,
    status_on_error: { code: 'ServiceUnavailable' },
    http_service: { path_prefix: pathOf('envoy') },
  });
  const removed = before.mutations.request_mutations.map(({ remove }: Json) => remove);
  const { patterns } = asks.http_service.authorization_response.allowed_upstream_headers;
  for (const { exact } of patterns) expect(removed).toContain(exact);
  expect(manager).toMatchObject({ use_remote_address: true, normalize_path: false });
  const [host] = manager.route_config.virtual_hosts;
  expect(host.request_headers_to_remove).toEqual(['authorization', 'x-access-token']);
});
