import { it } from '@jest/globals';
import { publishCrm } from '../support/crm.js';
import { startTestLatchkey } from '../support/latchkey.js';
import { startUpstream } from '../support/upstream.js';
it('probe', async () => {
  const upstream = await startUpstream();
  const latchkey = await startTestLatchkey();
  const crm = await publishCrm(latchkey, upstream.url);
  const { secret } = await crm.makeKey();
  const op = latchkey.operatorKey;
  const tries: [string, string, unknown?][] = [
    ['POST', '/v1/accounts', { name: 'x', [secret]: 1 }],
    ['POST', '/v1/accounts', { name: 'x', kind: secret }],
    ['GET', `/v1/accounts?${secret}=1`],
    ['GET', `/v1/accounts?after=${secret}`],
    ['GET', `/v1/accounts/${secret}`],
    ['POST', `/v1/accounts/${crm.accountId}/keys`, { name: 'x', scopes: [secret] }],
    ['POST', `/v1/accounts/${crm.accountId}/keys`, { name: 'x', scopes: [], ipAllowlist: { mode: 'enforce', entries: [{ cidr: secret }] } }],
    ['POST', `/v1/accounts/${crm.accountId}/keys`, { name: secret, description: `the secret is ${secret}`, scopes: [] }],
    ['POST', '/v1/accounts', { name: secret }],
    ['POST', '/v1/accounts', { name: 'n', entitledScopes: [secret] }],
    ['PUT', `/v1/scopes/${secret}`, {}],
    ['PUT', `/v1/services/${secret}`, { upstream: upstream.url, mount: '/x' }],
    ['PUT', `/v1/services/s`, { upstream: `${upstream.url}/?hapikey=${secret}`, mount: '/x' }],
    ['PUT', `/v1/services/s`, { upstream: upstream.url, mount: `/${secret}` }],
    ['PUT', `/v1/services/crm/routes`, { routes: [{ method: secret, path: '/x', scopeSets: [] }] }],
    ['PUT', `/v1/services/crm/routes`, { routes: [{ method: 'GET', path: `/${secret}`, scopeSets: [[secret]] }] }],
    ['GET', `/v1/request-log?ip=${secret}`],
    ['GET', `/v1/request-log?q=${secret}`],
    ['GET', `/v1/request-log?reason=${secret}`],
    ['PUT', `/v1/services/crm/openapi`, `{"openapi":"3.0.0","info":{"title":"${secret}","version":"1"},"paths":{"/x/${secret}":{"get":{"security":[{"${secret}":["${secret}"]}]}}}}`],
  ];
  for (const [m, p, b] of tries) {
    const a = await latchkey.ask(m, p, { secret: op, ...(b !== undefined && { body: b }), ...(typeof b === 'string' && { headers: { 'content-type': 'application/json' } }) });
    process.stderr.write(`${a.text.includes(secret) ? 'ECHO' : 'ok  '} ${a.status} ${m} ${p.replaceAll(secret, 'SECRET').slice(0, 60)} ${a.text.replaceAll(secret, 'SECRET').slice(0, 260)}\n`);
  }
  const all = JSON.stringify(await latchkey.rows());
  process.stderr.write(`rows hold it: ${all.includes(secret)}\n`);
  await latchkey.remove();
  await upstream.close();
});
