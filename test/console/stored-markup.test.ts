/// <reference lib="dom" />
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { absenceOfChromium, TestBrowser, type WatchedPage } from '../support/browser.js';
import { describeWhere } from '../support/describe-where.js';
import { beThere } from '../support/enter-console.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { meetSecret } from '../support/met-secrets.js';
import { addPasskey } from '../support/passkeys.js';
import { invite, useLink, type SignedInPerson } from '../support/people.js';
import { sendRaw } from '../support/raw-http.js';
import { until } from '../support/until.js';

/** Names the field that it stands in, and would be seen to run or to load something. */
const markupOf = (field: string) => `<svg/onload=document.title='had'><img/src=/had/${field}>`;
/** In a URL it is encoded from the beginning. */
const inUrl = (field: string) => new URL(`https://had.example/${markupOf(field)}`).href;

/** Opens what a table lists first. */
const first = 'first';

/** Where what is said in fields is shown, which of them, and the button that is pressed before, if one is. */
// prettier-ignore
const views: readonly (readonly [path: string, fields: string, button?: string | RegExp])[] = [
  ['/accounts/:account/keys', 'visitor account key'],
  ['/accounts/:account/keys/:key', 'key purpose recipient description key-note agent scope'],
  ['/accounts/:account/keys/:key', 'key', 'Revoke…'],
  ['/accounts/:account/keys/:key', 'agent', 'Finish…'],
  ['/accounts/:account/keys/:key', 'key', 'Edit…'],
  ['/accounts/:account/keys/:key', 'scope scope-text', 'Change the scopes…'],
  ['/accounts/:account/hygiene', 'key'],
  ['/accounts/:account/request-log', 'key path'],
  ['/accounts/:account/request-log?door=self', 'key agent', first],
  ['/accounts/:account/request-log?door=gateway', 'path agent', first],
  ['/accounts/:account/request-log?door=management', 'member', first],
  ['/accounts/:account/request-log?q=:filter', 'filter'],
  ['/accounts/:account/audit?action=key.created', 'key', first],
  ['/accounts/:account/audit?action=key.changed', 'purpose recipient description', first],
  ['/accounts/:account/audit?action=account.changed', 'account', first],
  ['/accounts/:account/audit?actorId=:filter', 'filter'],
  ['/accounts/:account/registers', 'account'],
  ['/accounts/:account/ip-allowlist', 'note'],
  ['/accounts/:account/notices', 'key'],
  ['/accounts/:account/notices', 'key', first],
  ['/accounts/:account/notices?tab=webhooks', 'webhook'],
  ['/accounts/:account/members', 'member'],
  ['/accounts/:account/members', 'account', 'Invite…'],
  ['/accounts/:account/members', 'member', 'Remove…'],
  ['/accounts/:account/settings', 'account'],
  ['/me/security', 'passkey session'],
  ['/me/security', 'passkey', /^Remove /],
  ['/installation/accounts', 'account'],
  ['/installation/accounts/:account', 'account credential binding'],
  ['/installation/accounts/:account', 'account', 'Suspend…'],
  ['/installation/scopes', 'scope scope-text category'],
  ['/installation/scopes', 'scope scope-text', /^Edit <svg/],
  ['/installation/services', 'upstream'],
  ['/installation/services/crm', 'upstream scope'],
  ['/installation/route-tester?path=:filter', 'filter'],
  ['/installation/request-log?door=gateway', 'account key path'],
  ['/installation/system', 'account'],
  ['/join#:invitation', 'account'],
];

/** An OpenAPI document that holds some wherever it may. */
const api = JSON.stringify({
  ...{ openapi: '3.0.3', info: { title: markupOf('title'), version: '1' } },
  components: {
    securitySchemes: {
      oauth: {
        type: 'oauth2',
        flows: {
          clientCredentials: {
            tokenUrl: 'https://had.example',
            scopes: { 'imported.read': markupOf('imported'), [markupOf('new-scope')]: '' },
          },
        },
      },
    },
  },
  paths: {
    '/fine': {
      get: { summary: markupOf('summary'), security: [{ oauth: [markupOf('new-scope')] }] },
    },
    [`/left?out=${markupOf('left-out')}`]: { get: {} },
    '/why': { [markupOf('why')]: {} },
  },
});

const browser = new TestBrowser();
let latchkey: TestLatchkey;
let watched: WatchedPage;
let page: Page;
let visitor: SignedInPerson;
/** What the page asked for that is of others, or that markup would ask for. */
let loaded: string[];
/** What stands in a path for what is known once it is there. */
const ids: Record<string, string> = {};

/** Puts markup into every field that takes a text. */
async function store(): Promise<void> {
  const { manage } = latchkey;
  const { id: accountId } = await manage('POST', '/v1/accounts', { name: 'Rolling Donut' });
  const account = `/v1/accounts/${accountId}`;
  await manage('PATCH', account, { name: markupOf('account') });
  const scope = markupOf('scope');
  await manage('PUT', `/v1/scopes/${encodeURIComponent(scope)}`, {
    ...{ description: markupOf('scope-text'), dataCategories: [markupOf('category')] },
  });
  await manage('PUT', '/v1/services/crm', { upstream: inUrl('upstream'), mount: '/crm' });
  await manage('PUT', '/v1/services/crm/routes', {
    routes: [{ method: 'GET', path: '/contacts', scopeSets: [[scope]] }],
  });
  await manage('PUT', `${account}/services/crm`, {
    upstream: inUrl('binding'),
    credential: { in: 'query', name: markupOf('credential'), value: 'x' },
  });
  const webhook = { url: inUrl('webhook'), enabled: true };
  meetSecret((await manage('POST', `${account}/webhooks`, webhook)).secret);

  const { id: keyId, secret } = await manage('POST', `${account}/keys`, {
    ...{ name: markupOf('key'), scopes: [scope] },
  });
  meetSecret(secret);
  await manage('PATCH', `${account}/keys/${keyId}`, {
    ...{ purpose: markupOf('purpose'), recipient: markupOf('recipient') },
    description: markupOf('description'),
  });
  const list = (note: string) => ({ mode: 'report', entries: [{ cidr: '127.0.0.1', note }] });
  await manage('PUT', `${account}/ip-allowlist`, list(markupOf('note')));
  await manage('PUT', `${account}/keys/${keyId}/ip-allowlist`, list(markupOf('key-note')));
  const rotation = await manage('POST', `${account}/keys/${keyId}/rotations`, {});
  meetSecret(rotation.secret);
  const headers = [['Authorization', `Bearer ${secret}`], ['User-Agent', markupOf('agent')]] as const; // prettier-ignore
  for (const target of ['/latchkey/v1/self', `/crm/${markupOf('path')}`])
    await sendRaw(latchkey.accessUrl, { target, headers });

  const { results } = await manage('GET', '/v1/accounts');
  const { id: operatorId } = results.find(({ isOperator }: Json) => isOperator);
  const join = async (to: string, name: string) => {
    const { token } = await invite(latchkey, to, 'admin', `${name}@example.com`);
    return useLink(latchkey, token, { name: markupOf(name) });
  };
  const { session } = await join(accountId, 'member');
  await latchkey.ask('GET', `${account}/keys`, { session });
  visitor = await join(operatorId, 'visitor');
  await addPasskey(latchkey, visitor, { name: markupOf('passkey') });
  const { email, password } = visitor;
  await latchkey.ask('POST', '/v1/session', {
    ...{ body: { email, password }, headers: { 'user-agent': markupOf('session') } },
  });
  const invitation = await invite(latchkey, accountId, 'auditor', 'waiting@example.com');
  ids['account'] = accountId;
  ids['key'] = keyId;
  ids['invitation'] = invitation.token;
  ids['filter'] = encodeURIComponent(markupOf('filter'));
}

/** All that can be read: as text, and in fields. */
const textOfPage = () =>
  page.evaluate(() => {
    const typed = [...document.querySelectorAll<HTMLInputElement>('textarea, input')];
    return [document.body.innerText, ...typed.map(({ value }) => value)].join('\n');
  });

/** Expects a page to come to show fields as they are. @param read what of it is looked through */
async function expectText(fields: string, read = textOfPage): Promise<void> {
  await until(`the page shows ${fields}`, async () => {
    const text = await read();
    return fields
      .split(' ')
      .every((field) => text.includes(markupOf(field)) || text.includes(inUrl(field)));
  });
  await page.waitForLoadState('networkidle');
  const made = await page.locator('img[src*="had"], svg[onload]').count();
  const ran = (await page.title()) === 'had';
  expect({ made, ran, loaded }).toEqual({ made: 0, ran: false, loaded: [] });
}

describeWhere(absenceOfChromium, 'Markup that is stored', () => {
  beforeAll(async () => {
    await browser.open();
    latchkey = await startTestLatchkey();
    await store();
  });

  afterAll(async () => {
    await browser.close();
    await latchkey.remove();
  });

  beforeEach(async () => {
    watched = await browser.page();
    ({ page } = watched);
    await beThere(page, latchkey, visitor);
    loaded = [];
    page.on('request', (request) => {
      const { origin, pathname, protocol } = new URL(request.url());
      const isOwn = protocol === 'data:' || origin === latchkey.managementUrl;
      if (!isOwn || pathname.startsWith('/had')) loaded.push(request.url());
    });
  });

  afterEach(async () => {
    const complaints = watched.complaints();
    await watched.close();
    expect(complaints).toEqual([]);
  });

  it.each(views)('#78 is text at %s: %s', async (...view) => {
    const [path, fields, button] = view;
    await page.goto(latchkey.managementUrl + path.replace(/:(\w+)/g, (_, id) => ids[id] ?? ''));
    await page.getByRole('heading', { level: 1 }).waitFor();
    if (button === first) await page.getByRole('row').nth(1).getByRole('button').first().click();
    else if (button !== undefined)
      await page
        .getByRole('button', { name: button, exact: typeof button === 'string' })
        .first()
        .click();
    if (button !== undefined) await page.getByRole('dialog').waitFor();
    await expectText(fields);
  });

  it('#78 of a document is text, before it is imported and after', async () => {
    await page.goto(`${latchkey.managementUrl}/installation/services/crm/import`);
    await page.getByRole('textbox', { name: 'Or paste it' }).fill(api);
    await page.getByRole('button', { name: 'Show what would change' }).click();
    const tabs = page.getByRole('tab');
    await tabs.first().waitFor();
    let told = '';
    for (const tab of await tabs.all()) {
      await tab.click();
      told += await page.getByRole('tabpanel').innerText();
    }
    await expectText('scope new-scope left-out why', async () => told);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.waitForURL('**/installation/services/crm');
    await page.getByText('GET').first().waitFor();
    await page.getByRole('link', { name: 'Scopes' }).click();
    await page.getByText('imported.read').waitFor();
    await expectText('imported new-scope');
  });
});
