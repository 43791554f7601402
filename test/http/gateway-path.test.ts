import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { expectDenial, expectNoSecret } from '../support/denials.js';
import { everyRoute, openGateway, type OpenGateway } from '../support/gateway.js';
import type { Json } from '../support/latchkey.js';
import { sendRaw, type RawAnswer } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

/** Beside `/crm`, which has routes of its own here. Each names itself in its upstream's base path. */
const mounts: Record<string, Json> = {
  deep: { mount: '/crm/deep', upstream: '/of-deep' },
  kept: { mount: '/kept', upstream: '/of-kept/', stripMount: false },
  plain: { mount: '/plain-1.2_3~4', upstream: '' },
  whole: { mount: '/', upstream: '/of-whole' },
};

const crmRoutes = [
  { method: 'GET', path: '/files/{name}', scopeSets: [['contacts.read']] },
  { method: 'GET', path: '/admin/{name}', scopeSets: [['contacts.write']] },
  { method: 'GET', path: '/{anything}/{name}', scopeSets: [['contacts.read']] },
  { method: 'GET', path: '/', scopeSets: [['contacts.read']] },
];

/** What the row says of a target: its path, as it was sent. */
function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/]+/i, '').replace(/\?.*/, '') || '/';
}

describe('gateway: the path that is judged is the path that is sent', () => {
  let gateway: OpenGateway;
  let upstream: RecordingUpstream;

  beforeAll(async () => {
    upstream = await startUpstream();
    gateway = await openGateway(upstream.url, { routes: crmRoutes });
    for (const [name, settings] of Object.entries(mounts)) {
      const service = { ...settings, upstream: upstream.url + settings.upstream };
      await gateway.latchkey.manage('PUT', `/v1/services/${name}`, service);
      await gateway.latchkey.manage('PUT', `/v1/services/${name}/routes`, { routes: everyRoute });
    }
  });

  beforeEach(async () => {
    await gateway.rows.skip();
    upstream.calls.length = 0;
  });

  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  function call(target: string, method = 'GET'): Promise<RawAnswer> {
    const headers = [['X-Access-Token', gateway.secret]] as const;
    return sendRaw(gateway.latchkey.accessUrl, { method, target, headers });
  }

  it.each([
    // #85 byte for byte
    ['/crm/files/a%2fb', '/files/a%2fb', '/files/{name}'],
    ['/crm/files/a%2Fb', '/files/a%2Fb', '/files/{name}'],
    ['/crm/%66iles/%61', '/%66iles/%61', '/files/{name}'],
    ['/%63rm/files/a', '/files/a', '/files/{name}'],
    ['/crm/files/a;v=1', '/files/a;v=1', '/files/{name}'],
    ['/crm/files/a%3Bv=1', '/files/a%3Bv=1', '/files/{name}'],
    ['/crm/files/%C3%A9%20+~', '/files/%C3%A9%20+~', '/files/{name}'],
    ["/crm/files/a:@!$&'()*,=b", "/files/a:@!$&'()*,=b", '/files/{name}'],
    ['/crm/files/"<>^`{|}', '/files/"<>^`{|}', '/files/{name}'],
    ['/crm/files/%25', '/files/%25', '/files/{name}'],
    ['/crm/files/%252e%252e', '/files/%252e%252e', '/files/{name}'],
    ['/crm/files/...', '/files/...', '/files/{name}'],
    ['/crm/files/.a', '/files/.a', '/files/{name}'],
    ['/crm/files/a?b=/../x//y;%2e%2e#'.slice(0, -1), '/files/a?b=/../x//y;%2e%2e', '/files/{name}'],
    ['/crm/files/a?', '/files/a?', '/files/{name}'],
    ['/crm/files/a??b?c', '/files/a??b?c', '/files/{name}'],
    ['/crm/files/a?http://x/\\', '/files/a?http://x/\\', '/files/{name}'],
    ['http://other.example/crm/files/a?b', '/files/a?b', '/files/{name}'],
    ['HTTPS://user@other.example:1/crm/files/a', '/files/a', '/files/{name}'],
    // mounts
    ['/crm', '/', '/'],
    ['/crm/', '/', '/'],
    ['/crm?a', '/?a', '/'],
    ['/crm/deep', '/of-deep/', '/*'],
    ['/crm/deep/files/a', '/of-deep/files/a', '/*'],
    ['/crm/deeper/a', '/deeper/a', '/{anything}/{name}'],
    ['/kept/a?b', '/of-kept/kept/a?b', '/*'],
    ['/kept', '/of-kept/kept', '/*'],
    ['/%6bept/a', '/of-kept/%6bept/a', '/*'],
    ['/plain-1.2_3~4/a', '/a', '/*'],
    ['/', '/of-whole/', '/*'],
    ['/crmx/files/a', '/of-whole/crmx/files/a', '/*'],
    ['/CRM/files/a', '/of-whole/CRM/files/a', '/*'],
    ['/latchkeyx/v1/self', '/of-whole/latchkeyx/v1/self', '/*'],
    ['/a/latchkey/v1/self', '/of-whole/a/latchkey/v1/self', '/*'],
    ['http://other.example', '/of-whole/', '/*'],
  ])('#85 %s is for the upstream %s', async (target, url, route) => {
    const answer = await call(target);
    expect(answer.status).toBe(200);
    expect(upstream.calls.map((each) => each.url)).toEqual([url]);
    const { serviceId: _ofCrm, ...row } = gateway.row;
    expect(await gateway.takeRow()).toMatchObject({
      ...row,
      status: 200,
      route,
      path: pathOf(target),
    });
  });

  it.each([
    '/crm/../files/a',
    '/crm/files/..',
    '/crm/./files/a',
    '/crm/files/.',
    '/crm/files/%2e%2e',
    '/crm/files/%2E.',
    '/crm/files/.%2e/a',
    '/crm/..;/admin/a',
    '/crm/..;x=1/admin/a',
    '/crm/files/a%2f..%2fb',
    '/crm/files/%2e%2e%2fadmin',
    '//crm/files/a',
    '/crm//files/a',
    '/crm/files//a',
    '/crm/files/a//',
    '/crm/;x/files/a',
    '/crm/files\\a',
    '/crm/files/..\\admin',
    '/crm/files/a%5cb',
    '/crm/files/%',
    '/crm/files/%zz',
    '/crm/files/%e9',
    '/crm/files/%c0%ae%c0%ae',
    '/crm/files/a%00',
    '/crm/files/a%0d%0aX-A:%20a',
    '/crm/files/a#b',
    '/crm/files/a?b#c',
    '/crm/admin;x/a',
    '/crm/admin%3bx/a',
    'http://other.example/crm/../a',
    'http:///crm/files/a',
    'ftp://other.example/crm/files/a',
    '/latchkey/../crm/files/a',
    '/latchkey//v1/self',
  ])('#85 %s could be read in two ways: 400, under its key, never sent', async (target) => {
    const answer = await call(target);
    const rows = await gateway.rows.take(1);
    expectDenial(answer, 'PATH_INVALID', rows, {
      ...{ method: 'GET', keyId: gateway.keyId, door: 'gateway', callerIp: '127.0.0.1' },
      path: pathOf(target),
    });
    expectNoSecret([gateway.secret], answer, rows);
    expect(upstream.calls).toEqual([]);
  });

  it('#85 OPTIONS * is no path', async () => {
    expectDenial(await call('*', 'OPTIONS'), 'PATH_INVALID', await gateway.rows.take(1));
    expect(upstream.calls).toEqual([]);
  });

  it('the longest mount wins even where only the shorter one has the route', async () => {
    const { latchkey, rows, keyId } = gateway;
    const settings = { mount: '/crm/narrow', upstream: upstream.url };
    const service = await latchkey.manage('PUT', '/v1/services/narrow', settings);
    const routes = [{ method: 'GET', path: '/b', scopeSets: [] }];
    await latchkey.manage('PUT', '/v1/services/narrow/routes', { routes });
    await rows.skip();
    const answer = await call('/crm/narrow/a');
    const row = { path: '/crm/narrow/a', serviceId: service.id, route: null, keyId };
    expectDenial(answer, 'ROUTE_UNKNOWN', await rows.take(1), row);
    expect(upstream.calls).toEqual([]);
  });

  it.each([
    ['/latchkey', 404],
    ['/latchkey/', 404],
    ['/latchkey/anything', 404],
    ['/latchkey/v1/self/more', 404],
    ['/%6catchkey/anything', 404],
    ['/latchke%79/v1/self', 200],
    ['http://other.example/latchkey/anything', 404],
    ['http://other.example/latchkey/v1/self', 200],
    ['/latchkey/v1/self', 200],
  ])('%s is ours, whatever is mounted at /: %d', async (target, status) => {
    expect((await call(target)).status).toBe(status);
    expect(upstream.calls).toEqual([]);
    const rows = await gateway.rows.take(1);
    expect(rows).toMatchObject([{ door: 'self', status, keyId: gateway.keyId, serviceId: null }]);
  });

  it.each([
    'latchkey',
    'http://a/crm',
    '/crm/../x',
    '/a//b',
    '/a?b',
    '/a#b',
    '/{a}',
    '/latchkey',
    '/latchkey/v2',
  ])('a service cannot be mounted at %s', async (mount) => {
    const body = { upstream: upstream.url, mount };
    const { operatorKey: secret } = gateway.latchkey;
    const answer = await gateway.latchkey.ask('PUT', '/v1/services/odd', { secret, body });
    expect([answer.status, answer.json.reason]).toEqual([400, 'VALIDATION_FAILED']);
  });
});
