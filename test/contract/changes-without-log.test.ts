import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openCallLogFile, type CallLogFile } from '../support/call-log-file.js';
import type { Answer, Json } from '../support/latchkey.js';
import { startManagement, type Management } from '../support/management.js';
import { NewEvents } from '../support/new-events.js';

/** In the account's own trail, in their order. */
const eventsOfAccount = [
  ...['account.created', 'account.changed', 'account.ip_allowlist_changed'],
  ...['binding.created', 'binding.deleted'],
  ...['key.created', 'key.changed', 'key.ip_allowlist_changed', 'key.reissued'],
  ...['rotation.opened', 'rotation.extended', 'rotation.reissued', 'rotation.finished'],
  ...['rotation.opened', 'rotation.extended', 'rotation.reissued', 'rotation.cancelled'],
  ...['key.suspended', 'key.resumed', 'key.revoked', 'account.suspended', 'account.resumed'],
];
const eventsOfOperator = [
  ...['scope.created', 'service.created', 'service.routes_replaced', 'service.openapi_imported'],
  'scope.deleted',
];

describe('§6 a writing management answer never waits for the call log', () => {
  let latchkey: Management;
  let callLog: CallLogFile;

  beforeAll(async () => {
    latchkey = await startManagement();
    callLog = openCallLogFile(latchkey);
  });

  afterAll(async () => {
    callLog.close();
    await latchkey.remove();
  });

  /** Makes every change there is, in an order in which each can be made. @returns the answers, and the account */
  async function changeEverything(name: string): Promise<{ id: string; answers: Answer[] }> {
    const answers: Answer[] = [];
    const change = async (method: string, path: string, body?: unknown): Promise<Json> => {
      const answer = await latchkey.ask(method, path, { secret: latchkey.operatorKey, body });
      expect([method, path, answer.json?.reason]).toEqual([method, path, undefined]);
      answers.push(answer);
      return answer.json;
    };
    const { id } = await change('POST', '/v1/accounts', { name });
    const account = `/v1/accounts/${id}`;
    const [service, scope] = [`/v1/services/${name}`, `/v1/scopes/${name}`];
    const list = { mode: 'report', entries: [{ cidr: '192.0.2.1' }] };
    const settings = { upstream: 'http://127.0.0.1:1', mount: `/${name}`, open: false };
    const routes = [{ method: 'GET', path: '/a', scopeSets: [[name]] }];
    await change('PATCH', account, { name: `New ${name}` });
    await change('PUT', `${account}/ip-allowlist`, list);
    await change('PUT', scope, {});
    await change('PUT', service, settings);
    await change('PUT', `${service}/routes`, { routes });
    await change('PUT', `${account}/services/${name}`, {});
    await change('DELETE', `${account}/services/${name}`);
    await change('PUT', `${service}/openapi`, { openapi: '3.0.0', paths: {} });
    await change('DELETE', scope);
    const key = await change('POST', `${account}/keys`, { name, scopes: [] });
    const at = `${account}/keys/${key.id}`;
    await change('PATCH', at, { name: 'Renamed' });
    await change('PUT', `${at}/ip-allowlist`, list);
    await change('POST', `${at}/reissue`);
    for (const ending of ['finish', 'cancel']) {
      const rotation = await change('POST', `${at}/rotations`, { graceSeconds: 60 });
      const step = `${at}/rotations/${rotation.id}`;
      const graceEndsAt = new Date(Date.now() + 90_000).toISOString();
      await change('POST', `${step}/extend`, { graceEndsAt });
      await change('POST', `${step}/reissue`);
      await change('POST', `${step}/${ending}`);
    }
    for (const action of ['suspend', 'resume', 'revoke']) await change('POST', `${at}/${action}`);
    for (const action of ['suspend', 'resume']) await change('POST', `${account}/${action}`);
    return { id, answers };
  }

  const actionsOf = (events: readonly Json[]): string[] => events.map(({ action }) => action);

  it.each([
    ['is busy', 'lock', 'unlock'],
    ['cannot be written', 'spoil', 'repair'],
  ] as const)('§6 one that %s: every change is made, told in the trail and answered', async (_how, ail, heal) => {
    const operator = new NewEvents(latchkey, latchkey.operatorAccountId);
    await operator.skip();
    await latchkey.newRows.skip();
    callLog[ail]();
    let made: { id: string; answers: Answer[] };
    try {
      made = await changeEverything(ail);
      const own = await new NewEvents(latchkey, made.id).take();
      expect(actionsOf(own)).toEqual(eventsOfAccount);
      expect(actionsOf(await operator.take())).toEqual(eventsOfOperator);
    } finally {
      callLog[heal]();
    }
    // Each has its row in the end, which says what was answered.
    const rows = await latchkey.newRows.take(made.answers.length);
    const changes = rows.filter(({ method }) => method !== 'GET');
    expect(changes.map(({ id, status, reason }) => [id, status, reason])).toEqual(
      made.answers.map(({ status, headers }) => [headers.get('x-correlation-id'), status, null]),
    );
  }); // prettier-ignore
});
