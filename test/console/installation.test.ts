/// <reference lib="dom" />
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import {
  absenceOfChromium,
  seriousFaultsOf,
  TestBrowser,
  type WatchedPage,
} from '../support/browser.js';
import { publishCrm, type Crm } from '../support/crm.js';
import { describeWhere } from '../support/describe-where.js';
import { beThere } from '../support/enter-console.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { meetSecret } from '../support/met-secrets.js';
import { addMember, tokenOf, useLink, type SignedInPerson } from '../support/people.js';
import { describeWithSharedData, readSharedData } from '../support/shared-data.js';
import { expectSoundViews } from '../support/sound-views.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const browser = new TestBrowser();
let latchkey: TestLatchkey;
let upstream: RecordingUpstream;
let crm: Crm;
let operator: SignedInPerson;
let watched: WatchedPage;
let page: Page;
const at = (path: string) => `${latchkey.managementUrl}${path}`;

async function openAll(): Promise<void> {
  await browser.open();
  latchkey = await startTestLatchkey();
  upstream = await startUpstream();
  crm = await publishCrm(latchkey, upstream.url);
  const link = /\S+\/set-up#\S+/.exec(latchkey.setUpLink ?? '')?.[0] ?? '';
  const person = { name: 'Olu', email: 'operator@example.com' };
  operator = await useLink(latchkey, tokenOf(link), person);
}

async function closeAll(): Promise<void> {
  await browser.close();
  await upstream.close();
  await latchkey.remove();
}

async function openPage(): Promise<void> {
  watched = await browser.page();
  ({ page } = watched);
  await beThere(page, latchkey, operator);
}

async function closePage(): Promise<void> {
  const complaints = watched.complaints();
  await watched.close();
  expect(complaints).toEqual([]);
}

const field = (label: string, within: Page | Locator = page) =>
  within.getByRole('textbox', { name: label });
const press = (name: string, within: Page | Locator = page) =>
  within.getByRole('button', { name, exact: true }).click();

async function makeKey(settings: Json = {}): Promise<Json> {
  const key = await crm.makeKey(settings);
  meetSecret(key.secret);
  return key;
}

const bakery = (paths: Json) =>
  JSON.stringify({ openapi: '3.0.3', info: { title: 'Bakery', version: '1' }, paths });
const needing = (...scopes: string[]) => ({
  security: [{ oauth: scopes }],
  responses: { 200: { description: 'ok' } },
});

describeWhere(absenceOfChromium, 'The operator in the console', () => {
  beforeAll(openAll);
  afterAll(closeAll);
  beforeEach(openPage);
  afterEach(closePage);

  it('is shown the first steps, and goes on in the same room of another account', async () => {
    await page.goto(at('/'));
    await page.getByRole('heading', { name: 'First steps' }).waitFor();
    await page.getByRole('listitem').filter({ hasText: '(1 service so far)' }).waitFor();
    await page.getByRole('listitem').filter({ hasText: '(1 account beside this one)' }).waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);
    await page.getByRole('listitem').getByRole('link', { name: 'Services' }).click();
    await page.getByRole('link', { name: 'crm' }).click();
    await page.getByText(`${latchkey.accessUrl}/crm`, { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Members', exact: true }).click();
    await page.getByRole('combobox', { name: 'Account' }).click();
    await page.getByRole('option', { name: 'Rolling Donut Ltd' }).click();
    await page.waitForURL(`**/accounts/${crm.accountId}/members`);
    await press('Invite…');
    await page.getByRole('heading', { name: 'Invite somebody to Rolling Donut Ltd' }).waitFor();
    await press('Not now');
    await page.getByRole('link', { name: 'Keys', exact: true }).click();
    await page.getByRole('heading', { name: 'There is no key yet' }).waitFor();
    expect(await page.getByRole('heading', { name: 'First steps' }).count()).toBe(0);
  });

  it('shows the first steps to who can take them: not to a developer of the operator’s account', async () => {
    const { results } = await latchkey.manage('GET', '/v1/accounts');
    const { id } = results.find(({ isOperator }: Json) => isOperator);
    await beThere(page, latchkey, await addMember(latchkey, id, 'developer'));
    await page.goto(at(`/accounts/${id}/keys`));
    await page.getByRole('link', { name: 'Operator key' }).waitFor();
    expect(await page.getByRole('heading', { name: 'First steps' }).count()).toBe(0);
  });

  it('makes an account, limits it, suspends and resumes it', async () => {
    await page.goto(at('/'));
    await page.getByRole('navigation').getByRole('link', { name: 'Accounts' }).click();
    await press('New account');
    const dialog = page.getByRole('dialog');
    await field('Name', dialog).fill('Oat & Rye');
    await dialog.getByRole('switch', { name: /hapikey/ }).uncheck();
    await press('Make the account', dialog);
    await page.getByRole('heading', { level: 1, name: 'Oat & Rye' }).waitFor();
    const accountId = page.url().split('/').at(-1) ?? '';
    const path = `/v1/accounts/${accountId}`;
    expect(await latchkey.manage('GET', path)).toMatchObject({
      ...{ name: 'Oat & Rye', allowHapikey: false, entitledScopes: null },
    });
    const key = await latchkey.manage('POST', `${path}/keys`, {
      ...{ name: 'Till', scopes: ['contacts.read', 'orders.read'] },
    });
    meetSecret(key.secret);
    const status = async (of = 'orders') =>
      (await latchkey.call('GET', `/crm/${of}`, { secret: key.secret })).status;
    expect(await status()).toBe(200);

    await press('Edit…');
    await dialog.getByRole('switch', { name: /every scope/ }).uncheck();
    await dialog.getByLabel('contacts.read', { exact: true }).check();
    await press('Save', dialog);
    await dialog.waitFor({ state: 'hidden' });
    await page.getByText('1 scope of the catalogue').waitFor();
    expect([await status(), await status('contacts')]).toEqual([403, 200]);

    await press('Edit…');
    await field('Calls a day at most', dialog).fill('250');
    await dialog.getByRole('combobox', { name: 'Time zone' }).fill('Dublin');
    await page.getByRole('option', { name: 'Europe/Dublin' }).click();
    // Somebody else gives it another name meanwhile: that is not written over.
    await latchkey.manage('PATCH', path, { name: 'Oat and Rye' });
    watched.expectRefusal(412, path);
    await press('Save', dialog);
    await dialog.getByText('Somebody changed it meanwhile').waitFor();
    await press('Look again', dialog);
    await page.getByRole('heading', { level: 1, name: 'Oat and Rye' }).waitFor();
    await press('Edit…');
    expect(await field('Name', dialog).inputValue()).toBe('Oat and Rye');
    await field('Calls a day at most', dialog).fill('250');
    await dialog.getByRole('combobox', { name: 'Time zone' }).fill('Dublin');
    await page.getByRole('option', { name: 'Europe/Dublin' }).click();
    expect(await seriousFaultsOf(page)).toEqual([]);
    await press('Save', dialog);
    await dialog.waitFor({ state: 'hidden' });
    await page.getByText(/ of 250 calls in a day of Europe\/Dublin/).waitFor();

    await press('Suspend…');
    await press('Suspend the account', dialog);
    await dialog.waitFor({ state: 'hidden' });
    expect(await status('contacts')).toBe(403);
    await press('Resume');
    await page.getByRole('button', { name: 'Suspend…' }).waitFor();
    expect(await status('contacts')).toBe(200);
    await page.getByRole('link', { name: 'Its keys' }).click();
    await page.getByRole('link', { name: 'Till' }).waitFor();
  });

  it('#99 publishes an API by a document, having seen what it changes, and nothing if that is no longer so', async () => {
    await page.goto(at('/installation/services'));
    await press('New service');
    const dialog = page.getByRole('dialog');
    await field('Name', dialog).fill('bakery');
    await field('Upstream', dialog).fill(upstream.url);
    watched.expectRefusal(400, '/v1/services/bakery');
    await field('Mount', dialog).fill('/latchkey');
    await press('Make the service', dialog);
    await dialog.getByText('/latchkey is Latchkey').first().waitFor();
    await field('Mount', dialog).fill('/bakery');
    await press('Make the service', dialog);
    await page.getByText('No route is known yet').waitFor();

    await page.getByRole('link', { name: 'Import OpenAPI' }).click();
    watched.expectRefusal(400, '/v1/services/bakery/openapi');
    await field('Or paste it').fill('openapi: 3.0.3\npaths: [');
    await press('Show what would change');
    await page.getByText('This document cannot be imported', { exact: true }).waitFor();
    await field('Before every scope').fill('bakery.');
    await field('Or paste it').fill(
      bakery({ '/buns': { get: needing('read') }, '/buns/{id}': { put: needing('write') } }),
    );
    await press('Show what would change');
    await page.getByRole('tab', { name: 'Routes that come 2' }).waitFor();
    await page.getByRole('tab', { name: 'New scopes 2' }).click();
    await page.getByText('bakery.write').waitFor();
    const routes = async (): Promise<string[]> => {
      const { routes: there } = await latchkey.manage('GET', '/v1/services/bakery/routes');
      return there.map(({ method, path }: Json) => `${method} ${path}`);
    };
    expect(await routes()).toEqual([]);
    await press('Import');
    await page.waitForURL('**/installation/services/bakery');
    await page.getByText('2 routes', { exact: true }).waitFor();
    expect(await routes()).toEqual(['GET /buns', 'PUT /buns/{id}']);

    // What goes is told, and is not drowned in what comes; what changes, as it was and as it becomes.
    const file = bakery({ '/buns': { get: needing('read', 'taste'), post: needing('write') } });
    await page.getByRole('link', { name: 'Import OpenAPI' }).click();
    await field('Before every scope').fill('bakery.');
    await page.locator('input[type=file]').setInputFiles({
      ...{ name: 'bakery.json', mimeType: 'application/json', buffer: Buffer.from(file) },
    });
    await press('Show what would change');
    await page.getByRole('tab', { name: 'Routes that go 1', selected: true }).waitFor();
    await page.getByText('PUT /buns/{id}').waitFor();
    await page.getByRole('tab', { name: 'Routes that change 1' }).click();
    await page
      .getByRole('listitem')
      .filter({
        hasText: /GET \/buns\s*bakery\.read\s*now becomes\s*bakery\.read and bakery\.taste/,
      })
      .waitFor();

    // Somebody else was faster: what was shown is not what would happen.
    watched.expectRefusal(412, '/v1/services/bakery/openapi');
    await latchkey.manage('PUT', '/v1/services/bakery/routes', {
      routes: [{ method: 'GET', path: '/loaves', scopeSets: [] }],
    });
    await press('Import');
    await page.getByText('Nothing was imported').waitFor();
    expect(await routes()).toEqual(['GET /loaves']);
    await press('Show what would change');
    await page.getByText('GET /loaves').waitFor();
    await press('Import');
    await page.waitForURL('**/installation/services/bakery');
    expect(await routes()).toEqual(['GET /buns', 'POST /buns']);

    await field('Look for').fill('bakery.write');
    await page.waitForURL('**/bakery?q=bakery.write');
    await page.getByText('1 of 2 routes').waitFor();
    await page.reload();
    await page.getByText('1 of 2 routes').waitFor();
  });

  it('binds an account with a credential, which reaches the upstream and nobody else', async () => {
    const credential = 'Bearer of-the-bakers-alone-7714';
    meetSecret(credential);
    await page.goto(at(`/installation/accounts/${crm.accountId}`));
    await press('Bind to a service…');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Service' }).click();
    await page.getByRole('option', { name: 'crm' }).click();
    await dialog.getByRole('radio', { name: 'This one' }).check();
    await field('Value', dialog).fill(credential);
    await press('Bind', dialog);
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('cell', { name: 'header Authorization' }).waitFor();
    expect(await page.content()).not.toContain(credential);
    const { secret } = await makeKey();
    await latchkey.call('GET', '/crm/contacts', { secret });
    expect(upstream.calls.at(-1)?.headers.authorization).toBe(credential);

    // It was made for one upstream: where that changes, what becomes of it has to be said.
    watched.expectRefusal(400, `/v1/accounts/${crm.accountId}/services/crm`);
    await press('Edit the binding to crm, every environment');
    await field('Upstream', dialog).fill('http://127.0.0.1:9');
    await press('Save', dialog);
    await dialog.getByText('must be given anew').first().waitFor();
    await press('Not now', dialog);
    await press('Remove the binding to crm, every environment');
    await press('Remove', dialog);
    await page.getByRole('cell', { name: 'header Authorization' }).waitFor({ state: 'hidden' });
    await latchkey.call('GET', '/crm/contacts', { secret });
    expect(upstream.calls.at(-1)?.headers.authorization).toBeUndefined();
  });

  it('is told which key may call, as the gateway then has it', async () => {
    const may = await makeKey({ name: 'Reader', scopes: ['contacts.read'] });
    const mayNot = await makeKey({ name: 'Orders only', scopes: ['orders.read'] });
    const suspended = await makeKey({ name: 'Asleep', scopes: ['contacts.read'] });
    await latchkey.manage('POST', `/v1/accounts/${crm.accountId}/keys/${suspended.id}/suspend`);
    await page.goto(at('/installation/route-tester'));
    await field('Path').fill('https://api.example.com/crm/contacts/42?x=1');
    await page.getByRole('combobox', { name: 'By keys of' }).fill('Rolling');
    await page.getByRole('option', { name: 'Rolling Donut Ltd' }).click();
    await press('Find out');
    await page.getByText('GET /contacts/{id}').waitFor();
    const row = (name: string) => page.getByRole('row').filter({ hasText: name });
    await row('Reader').getByText('By contacts.read.').waitFor();
    expect(await row('Orders only').count()).toBe(0);
    await page.getByText(/^May not:/).click();
    await row('Orders only').getByText('It lacks contacts.read.').waitFor();
    await row('Asleep').getByText('The key is suspended.').waitFor();
    const statuses = await Promise.all(
      [may, mayNot, suspended].map(
        async ({ secret }) => (await latchkey.call('GET', '/crm/contacts/42', { secret })).status,
      ),
    );
    expect(statuses).toEqual([200, 403, 403]);

    // A shared link says the same; another call is another page.
    await page.reload();
    await row('Reader').waitFor();
    await field('Path').fill('/crm/nothing');
    await press('Find out');
    await page.getByText('No route is like that').waitFor();
    await field('Path').fill('/crm/orders');
    await page.getByRole('combobox', { name: 'Method' }).click();
    await page.getByRole('option', { name: 'DELETE' }).click();
    await press('Find out');
    await page.getByText('The path is there for GET.').waitFor();
    await page.goBack();
    await page.getByText('No route is like that').waitFor();
  });

  it('#78 keeps the catalogue: adds, describes and deletes, and is told why a scope stays', async () => {
    await page.goto(at('/installation/scopes'));
    await press('New scope');
    const dialog = page.getByRole('dialog');
    await field('Name', dialog).fill('contacts.read');
    await press('Add the scope', dialog);
    await dialog.getByText('There is a scope of this name.').waitFor();
    await field('Name', dialog).fill('payroll.read');
    await field('Description', dialog).fill('Read <b>wages</b>');
    await dialog.getByLabel('Kinds of personal data').fill('wages');
    await page.keyboard.press('Enter');
    await dialog.getByRole('switch', { name: /Sensitive/ }).check();
    await press('Add the scope', dialog);
    await dialog.waitFor({ state: 'hidden' });
    await page.getByText('Read <b>wages</b>').waitFor();
    expect(await latchkey.manage('GET', '/v1/scopes/payroll.read')).toEqual({
      ...{ name: 'payroll.read', description: 'Read <b>wages</b>' },
      ...{ sensitive: true, dataCategories: ['wages'] },
    });
    await press('Edit payroll.read');
    await field('Description', dialog).fill('Read wages');
    await press('Save', dialog);
    await dialog.waitFor({ state: 'hidden' });
    expect(await latchkey.manage('GET', '/v1/scopes/payroll.read')).toMatchObject({
      ...{ description: 'Read wages', sensitive: true },
    });
    await press('Delete payroll.read');
    await press('Delete', dialog);
    await dialog.waitFor({ state: 'hidden' });
    await page.getByText('payroll.read').waitFor({ state: 'hidden' });

    watched.expectRefusal(409, '/v1/scopes/orders.read');
    await press('Delete orders.read');
    await press('Delete', dialog);
    await dialog.getByText('This scope is still needed by').waitFor();
  });

  it('sees the state of the system', async () => {
    await page.goto(at('/installation/system'));
    await page.getByRole('status').getByText('ready', { exact: true }).waitFor();
    await page.getByText('Nothing is missing').waitFor();
    const { results } = await latchkey.manage('GET', '/v1/audit-heads');
    const [head] = results.filter(({ accountId }: Json) => accountId === crm.accountId);
    const row = page.getByRole('row').filter({ hasText: 'Rolling Donut Ltd' });
    await row.getByText(head.digest).waitFor();
    await page.getByText('The last hour').click();
    await page.waitForURL('**/system?over=hour');
    await page.getByText('Nothing is missing').waitFor();
    expect(await row.count()).toBe(1);
  });

  it('is alone in there: an account’s own admin is neither shown the way nor let in', async () => {
    await beThere(page, latchkey, await addMember(latchkey, crm.accountId, 'admin'));
    await page.goto(at('/'));
    await page.getByRole('navigation').getByRole('link', { name: 'Keys' }).waitFor();
    expect(await page.getByText('Installation').count()).toBe(0);
    await page.goto(at('/installation/services/crm'));
    await page.getByText('You may not see this').waitFor();
    expect(await page.content()).not.toContain(upstream.url);
  });

  it('an auditor of the operator sees all of it, and is offered nothing that changes', async () => {
    const me = await latchkey.ask('GET', '/v1/accounts', { secret: latchkey.operatorKey });
    const own = me.json.results.find((account: Json) => account.isOperator);
    await beThere(page, latchkey, await addMember(latchkey, own.id, 'auditor'));
    await page.goto(at('/'));
    const main = page.getByRole('main');
    for (const room of ['Accounts', 'Services', 'Who may call?', 'Scopes', 'All calls', 'System']) {
      await page.getByRole('link', { name: room, exact: true }).click();
      await page.getByRole('heading', { level: 1, name: room }).waitFor();
      await page.waitForLoadState('networkidle');
      for (const name of [/^New/, /^Edit/, /^Delete/, /^Import/])
        expect([room, await main.getByRole('button', { name }).count()]).toEqual([room, 0]);
    }
    await page.goto(at('/installation/services/crm'));
    await page.getByText('Callers reach it at').waitFor();
    const offered = main.getByRole('button').or(main.getByRole('link'));
    for (const name of ['Edit…', 'Import OpenAPI'])
      expect([name, await offered.filter({ hasText: name }).count()]).toEqual([name, 0]);
    await page.goto(at(`/installation/accounts/${crm.accountId}`));
    await page.getByRole('heading', { level: 2, name: 'Services' }).waitFor();
    await page.waitForLoadState('networkidle');
    for (const name of [/^Edit/, /^Suspend/, /^Bind/, /^Remove/])
      expect([name, await main.getByRole('button', { name }).count()]).toEqual([name, 0]);
    await page.goto(at('/installation/services/crm/import'));
    await page.getByText('You may not import routes').waitFor();
  });

  it('what does not exist is said to be so', async () => {
    watched.expectRefusal(404, '/v1/services/nowhere');
    await page.goto(at('/installation/services/nowhere'));
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('button', { name: 'Edit…' }).count()).toBe(0);
  });

  it('has no serious fault for those who cannot see or point, light and dark, wide and narrow', async () => {
    const account = `/accounts/${crm.accountId}`;
    const tester = `/route-tester?method=GET&path=%2Fcrm%2Fcontacts&account=${crm.accountId}`;
    const paths = ['/accounts', account, '/services', '/services/crm', '/services/crm/import', tester, '/scopes', '/request-log', '/system']; // prettier-ignore
    await expectSoundViews(
      page,
      paths.map((path) => at(`/installation${path}`)),
    );
  });
});

describeWhere(absenceOfChromium, 'A document of hundreds of operations', () => {
  describeWithSharedData('in the console', () => {
    beforeAll(openAll);
    afterAll(closeAll);
    beforeEach(openPage);
    afterEach(closePage);

    it('is previewed, searched and imported', async () => {
      await latchkey.manage('PUT', '/v1/services/cloud', {
        upstream: upstream.url,
        mount: '/cloud',
      });
      await page.goto(at('/installation/services/cloud/import'));
      await page.locator('input[type=file]').setInputFiles({
        ...{ name: 'cloud.json', mimeType: 'application/json' },
        buffer: Buffer.from(readSharedData('digitalocean.openapi.json')),
      });
      await press('Show what would change');
      await page.getByRole('tab', { name: 'Routes that come 658', selected: true }).waitFor();
      await page.getByRole('button', { name: 'Show more: 558' }).waitFor();
      await field('Look for').fill('/kubernetes/clusters');
      await page.getByText('GET /v2/kubernetes/clusters', { exact: true }).waitFor();
      expect(await page.getByRole('button', { name: /Show more/ }).count()).toBe(0);
      await page.getByRole('tab', { name: 'Left out 1' }).click();
      await press('Import');
      await page.getByText('658 routes', { exact: true }).waitFor();
      const { routes } = await latchkey.manage('GET', '/v1/services/cloud/routes');
      expect(routes).toHaveLength(658);
    });
  });
});
