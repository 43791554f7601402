/// <reference lib="dom" />
import { beforeEach, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { seriousFaultsOf, type WatchedPage } from '../support/browser.js';
import { describeInConsole } from '../support/describe-in-console.js';
import type { Json, TestLatchkey } from '../support/latchkey.js';
import { meetSecret } from '../support/met-secrets.js';
import { until } from '../support/until.js';
import { makeKeyByPage } from '../support/new-key-steps.js';

interface MadeKey {
  readonly id: string;
  readonly secret: string;
}

describeInConsole('Keys in the console, one and many', {}, (visit) => {
  let latchkey: TestLatchkey;
  let watched: WatchedPage;
  let page: Page;
  let accountId: string;
  const at = (path: string) => `${latchkey.managementUrl}/accounts/${accountId}/${path}`;
  const keysPath = () => `/v1/accounts/${accountId}/keys`;

  beforeEach(async () => {
    ({ latchkey, watched, page, accountId } = visit);
    await latchkey.manage('PUT', '/v1/scopes/contacts.read', { description: 'Read contacts' });
    await latchkey.manage('PUT', '/v1/scopes/contacts.write', { description: 'Change contacts' });
    await latchkey.manage('PUT', '/v1/scopes/invoices.read', { description: 'Read invoices' });
  });

  async function makeKey(name: string, more: object = {}): Promise<MadeKey> {
    const key = await latchkey.manage<MadeKey>('POST', keysPath(), { name, scopes: [], ...more });
    meetSecret(key.secret);
    return key;
  }

  const read = (id: string) => latchkey.manage<Json>('GET', `${keysPath()}/${id}`);
  const call = async ({ secret }: MadeKey) =>
    (await latchkey.call('GET', '/latchkey/v1/self', { secret })).status;

  async function expectNoSeriousFault(of: string): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
      expect([colorScheme, of, ...(await seriousFaultsOf(page))]).toEqual([colorScheme, of]);
    }
  }

  it('a new key begins with the scopes of another, as far as they can be given', async () => {
    await makeKey('CRM sync', {
      scopes: ['contacts.read', 'contacts.write', 'latchkey.keys.read'],
    });
    await visit.enter('admin');
    await page.goto(at('keys/new'));
    await makeKeyByPage(page, 'Mail merge', {
      what: async () => {
        await page.getByLabel('invoices.read', { exact: true }).check();
        await page.getByRole('combobox', { name: 'Copy scopes from a key' }).fill('CRM');
        await page.getByRole('option', { name: 'CRM sync' }).click();
        await page.getByText('Chosen: 2 scopes of CRM sync.').waitFor();
        await page.getByText('It has more, which is not copied: latchkey.keys.read.').waitFor();
        await expectNoSeriousFault('keys/new');
        await page.getByLabel('contacts.write', { exact: true }).uncheck();
      },
      limits: () => page.getByLabel('Calls at most').fill('5'),
    });
    const { results } = await latchkey.manage('GET', `${keysPath()}?q=Mail`);
    expect(results[0].scopes).toEqual(['contacts.read']);
    expect(results[0].rateLimits).toEqual({
      rolling: { requests: 5, windowSeconds: 10 },
      daily: null,
    });
  });

  it('a key is made step by step: back is a step back, and a fault leads to where it is', async () => {
    await visit.enter('admin');
    await page.goto(at('keys/new?step=review'));
    const step = (name: string) => page.getByRole('group', { name }).waitFor();
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
    // Nothing is typed yet: there is nothing to look over.
    const name = page.getByRole('textbox', { name: 'Name' });
    await name.pressSequentially('Da');
    await step('Who it is for');
    await name.fill('');
    await press('Next');
    expect(await name.evaluate((field: HTMLInputElement) => field.validity.valueMissing)).toBe(true); // prettier-ignore
    await name.fill('   ');
    await press('Next');
    await page.getByText('A key needs a name.').waitFor();
    await name.fill('Data warehouse');
    await page.getByRole('textbox', { name: 'Who receives the data' }).fill('Acme Ltd');
    await press('Next');
    await step('What it may do');
    await page.getByLabel('contacts.read', { exact: true }).check();
    await page.goBack();
    await step('Who it is for');
    await page.goForward();
    await step('What it may do');
    await press('Next');
    await page.getByText('Report only', { exact: true }).click();
    await page.getByLabel('Addresses and networks').fill('203.0.113.7, 203.0.113.700');
    await page.getByText('Not taken: 203.0.113.700.').waitFor();
    await press('Next');
    await page.getByLabel('Addresses and networks').fill('203.0.113.7');
    await page.getByLabel('Calls a day at most').fill('many');
    await press('Next');
    await step('Look it over');
    const review = page.getByRole('table', { name: 'The key that is about to be made' });
    const told = (label: string) => review.getByRole('row', { name: label }).innerText();
    expect(await told('For whom')).toContain('Acme Ltd');
    expect(await told('Scopes')).toContain('Reads contacts');
    expect(await told('From where')).toContain('1 address or network; calls from elsewhere pass and are reported'); // prettier-ignore
    await expectNoSeriousFault('keys/new');
    watched.expectRefusal(400, keysPath());
    await press('Make the key');
    await step('From where, how long');
    await page.getByLabel('Calls a day at most').fill('1000');
    await page.getByRole('button', { name: 'Look it over' }).click();
    expect(await told('How often')).toContain('at most 1,000 calls a day');
    await press('Make the key');
    meetSecret(await page.getByRole('dialog').locator('pre').first().innerText());
    const { results } = await latchkey.manage('GET', `${keysPath()}?q=warehouse`);
    expect(results).toMatchObject([
      {
        ...{ name: 'Data warehouse', recipient: 'Acme Ltd', scopes: ['contacts.read'] },
        rateLimits: { rolling: null, daily: { requests: 1000 } },
      },
    ]);
  });

  it('keys are found by their rotation, and their scopes are told in words', async () => {
    const key = await makeKey('CRM sync', { scopes: ['contacts.read', 'contacts.write', 'invoices.read'] }); // prettier-ignore
    await makeKey('Mail merge', {});
    await visit.enter('admin');
    const row = page.getByRole('row', { name: 'CRM sync' });
    await row.getByText('Reads contacts, invoices').waitFor();
    await row.getByText('Writes contacts').waitFor();
    await page.getByRole('checkbox', { name: 'Rotating' }).check();
    await page.getByText('No key is like that').waitFor();
    await latchkey.manage('POST', `${keysPath()}/${key.id}/rotations`, { graceSeconds: 600 });
    await page.reload();
    await row.getByText('rotating').waitFor();
    expect(await page.getByRole('row', { name: 'Mail merge' }).count()).toBe(0);
  });

  it('what a key may and never does is taken away at a click, and put back', async () => {
    const key = await makeKey('CRM sync', {
      scopes: ['contacts.read', 'contacts.write', 'latchkey.keys.read'],
    });
    expect((await latchkey.ask('GET', keysPath(), { secret: key.secret })).status).toBe(200);
    await visit.enter('admin');
    await page.goto(at(`keys/${key.id}`));
    const scopes = page.getByRole('table', { name: 'Scopes and their use' });
    await scopes.getByRole('row', { name: /latchkey\.keys\.read 1 call,/ }).waitFor();
    await page.getByRole('button', { name: 'Remove contacts.write' }).click();
    await page.getByText('contacts.write was taken away.').waitFor();
    expect((await read(key.id)).scopes).toEqual(['contacts.read', 'latchkey.keys.read']);
    await page.getByRole('button', { name: 'Put back' }).click();
    await scopes.getByRole('row', { name: /contacts\.write/ }).waitFor();
    await page.getByRole('button', { name: 'Remove all 2 that were not used' }).click();
    await page.getByText('contacts.read, contacts.write were taken away.').waitFor();
    expect((await read(key.id)).scopes).toEqual(['latchkey.keys.read']);
  });

  it('other scopes are chosen with a warning of what would be missed, and not over those of somebody else', async () => {
    const key = await makeKey('CRM sync', { scopes: ['contacts.read', 'latchkey.keys.read'] });
    expect((await latchkey.ask('GET', keysPath(), { secret: key.secret })).status).toBe(200);
    await makeKey('Billing', { scopes: ['invoices.read'] });
    await visit.enter('admin');
    await page.goto(at(`keys/${key.id}`));
    const dialog = page.getByRole('dialog');
    const change = page.getByRole('button', { name: 'Change the scopes…' });
    await change.click();
    await dialog.getByRole('combobox', { name: 'Copy scopes from a key' }).fill('Bill');
    await page.getByRole('option', { name: 'Billing' }).click();
    await dialog.getByText('latchkey.keys.read: 1 call').waitFor();
    await dialog.getByLabel('latchkey.keys.read', { exact: true }).check();
    await dialog.getByText('It uses what it would lose').waitFor({ state: 'hidden' });
    await expectNoSeriousFault('the scopes of a key');

    await latchkey.manage('PATCH', `${keysPath()}/${key.id}`, { scopes: ['contacts.write'] });
    watched.expectRefusal(412, `${keysPath()}/${key.id}`);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('Somebody changed it meanwhile').waitFor();
    expect((await read(key.id)).scopes).toEqual(['contacts.write']);
    await dialog.getByRole('button', { name: 'Look again' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('row', { name: /^contacts\.write/ }).waitFor();

    // What somebody else changed beside it is in nobody's way.
    await change.click();
    await dialog.getByLabel('invoices.read', { exact: true }).check();
    await latchkey.manage('PATCH', `${keysPath()}/${key.id}`, { purpose: 'Nightly' });
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const kept = await read(key.id);
    expect([kept.scopes, kept.purpose]).toEqual([['contacts.write', 'invoices.read'], 'Nightly']);
  });

  it('a key is seen, and not changed, where a proxy takes away the tag of what was seen', async () => {
    const key = await makeKey('CRM sync');
    const changes: string[] = [];
    await page.route(`**${keysPath()}/${key.id}`, async (route) => {
      if (route.request().method() !== 'GET') changes.push(route.request().method());
      const response = await route.fetch();
      const { etag: _, ...headers } = response.headers();
      await route.fulfill({ response, headers });
    });
    await visit.enter('admin');
    await page.goto(at(`keys/${key.id}`));
    await page.getByRole('button', { name: 'Edit…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('CRM sync of the night');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('This page cannot tell what it saw').waitFor();
    expect([changes, (await read(key.id)).name]).toEqual([[], 'CRM sync']);
  });

  it('whose a key is, when it ends and how often it may call are changed where they are shown', async () => {
    await latchkey.manage('PUT', `/v1/accounts/${accountId}/policy`, { keyLifetimeDaysMax: 90 });
    const expiresAt = new Date(Date.now() + 40 * 86_400_000).toISOString();
    const key = await makeKey('CRM sync', { expiresAt, rateLimits: { daily: { requests: 9 } } });
    await visit.enter('admin');
    await page.goto(at(`keys/${key.id}`));
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Edit…' }).click();
    await dialog.getByText('The policy of this account allows').waitFor();
    await dialog.getByLabel('Name').fill('CRM sync of the night');
    await dialog.getByLabel('Whom to ask').fill('ops@example.com');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'CRM sync of the night' }).waitFor();
    // What was not touched is as it was, to the millisecond.
    expect((await read(key.id)).expiresAt).toBe(expiresAt);

    await page.getByRole('button', { name: 'Edit…' }).click();
    await dialog.getByLabel('It expires on').fill('');
    watched.expectRefusal(400, `${keysPath()}/${key.id}`);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('expiresAt must be given').first().waitFor();
    await expectNoSeriousFault('a key that is edited');
    const day = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
    await dialog.getByLabel('It expires on').fill(day);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const edited = await read(key.id);
    expect(edited.expiresAt < expiresAt).toBe(true);
    expect(edited.contactEmail).toBe('ops@example.com');

    await page.getByRole('button', { name: 'Change the limits…' }).click();
    await dialog.getByLabel('Calls at most').fill('many');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog
      .getByText(/requests must be/)
      .first()
      .waitFor();
    await dialog.getByLabel('Calls at most').fill('1');
    await dialog.getByLabel('In so many seconds').fill('60');
    await dialog.getByLabel('Calls a day at most').fill('');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('0 of 1 calls in any 60 s').waitFor();
    expect((await read(key.id)).rateLimits).toEqual({
      rolling: { requests: 1, windowSeconds: 60 },
      daily: null,
    });
  });

  it('many keys are suspended, each for itself, with who called and what became of it', async () => {
    const keys = [await makeKey('CRM sync'), await makeKey('Billing'), await makeKey('Old vendor')];
    const [used, other, gone] = keys as [MadeKey, MadeKey, MadeKey];
    expect(await call(used)).toBe(200);
    expect((await latchkey.call('GET', '/nothing', { secret: used.secret })).status).toBe(404);
    await visit.enter('admin');
    const hours = '2 calls in the last 24 hours, 1 denied';
    await page
      .getByRole('row', { name: /CRM sync/ })
      .getByRole('img', { name: hours })
      .waitFor();
    await page
      .getByRole('row', { name: /Billing/ })
      .getByText('never')
      .waitFor();
    await page.getByRole('checkbox', { name: 'Choose all that are shown' }).check();
    await page.getByText('3 keys are chosen.').waitFor();
    await page.getByRole('button', { name: 'Suspend 3 keys…' }).click();
    const dialog = page.getByRole('dialog');
    const row = (name: string) => dialog.getByRole('row').filter({ hasText: name });
    await row('CRM sync').getByText('127.0.0.1').waitFor();
    await row('Billing').getByText('Nobody called with it in the last 24 hours.').waitFor();
    await expectNoSeriousFault('keys to be suspended');

    await latchkey.manage('POST', `${keysPath()}/${gone.id}/revoke`, {});
    watched.expectRefusal(409, `${keysPath()}/${gone.id}/suspend`);
    await dialog.getByRole('button', { name: 'Suspend 3 keys' }).click();
    await dialog.getByText('2 of 3 are suspended; the others are as they were.').waitFor();
    await row('Old vendor').getByText('A revoked key stays revoked.').waitFor();
    await expectNoSeriousFault('keys of which one could not be suspended');
    expect([await call(used), await call(other)]).toEqual([403, 403]);
    await dialog.getByRole('button', { name: 'Leave it so' }).click();
    await dialog.waitFor({ state: 'hidden' });

    await page.getByRole('checkbox', { name: 'Choose CRM sync' }).check();
    await page.getByRole('button', { name: 'Resume 1 key…' }).click();
    await dialog.getByRole('button', { name: 'Resume 1 key' }).click();
    await dialog.getByText('It is resumed.').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect([await call(used), await call(other)]).toEqual([200, 403]);
    // Nothing is left chosen that was dealt with.
    await page.getByText(/chosen\./).waitFor({ state: 'hidden' });
  });

  it('brownouts are planned by when the old secret is used, refuse it, and are taken back', async () => {
    const key = await makeKey('CRM sync');
    const rotation = await latchkey.manage('POST', `${keysPath()}/${key.id}/rotations`, {
      graceSeconds: 7 * 86_400,
    });
    meetSecret(rotation.secret);
    const path = `${keysPath()}/${key.id}/rotations/${rotation.id}`;
    const planned = async () => (await latchkey.manage<Json>('GET', path)).brownouts;
    expect([await call(key), await call(key)]).toEqual([200, 200]);
    await visit.enter('admin');
    await page.goto(at(`keys/${key.id}`));
    await page.getByRole('button', { name: 'Plan one…' }).click();
    // The bar of now is the same time tomorrow.
    await page.getByRole('button', { name: /2 calls: plan a brownout/ }).click();
    await page.getByText('About 2 calls came with it at that time').waitFor();
    await expectNoSeriousFault('a brownout that is being planned');
    await page.getByRole('button', { name: 'Plan it' }).click();
    const rows = page.getByRole('table', { name: 'Brownouts' }).getByRole('row');
    await rows.first().getByText('About 2 calls').waitFor();
    const [first] = await planned();
    const [startsAt, endsAt] = [Date.parse(first.startsAt), Date.parse(first.endsAt)];
    expect(endsAt - startsAt).toBe(15 * 60_000);
    expect(startsAt - Date.now()).toBeGreaterThan(86_400_000 - 31 * 60_000);
    expect(startsAt % (15 * 60_000)).toBe(0);

    // The same once more is refused, in words, and changes nothing.
    watched.expectRefusal(400, `${path}/brownouts`);
    await page.getByRole('button', { name: 'Plan it' }).click();
    await page.getByText('brownouts must not overlap').waitFor();
    expect(await planned()).toEqual([first]);

    // What somebody else plans meanwhile stays.
    const other = {
      startsAt: new Date(startsAt + 86_400_000).toISOString(),
      endsAt: new Date(endsAt + 86_400_000).toISOString(),
    };
    await latchkey.manage('PUT', `${path}/brownouts`, { brownouts: [first, other] });
    await page
      .getByRole('button', { name: /^Take back/ })
      .first()
      .click();
    await page.getByText('brownouts must not overlap').waitFor({ state: 'hidden' });
    await until('one is taken back', async () => (await planned()).length === 1);
    expect(await planned()).toEqual([other]);
    await rows.nth(1).waitFor({ state: 'hidden' });

    const soon = Date.now() + 1_500;
    await latchkey.manage('PUT', `${path}/brownouts`, {
      brownouts: [
        { startsAt: new Date(soon).toISOString(), endsAt: new Date(soon + 60_000).toISOString() },
      ],
    });
    await until('the brownout', async () => (await call(key)) === 401);
    await rows.first().getByText('in force').waitFor({ timeout: 20_000 });
    await page
      .getByText(/calls? (was|were) refused by brownouts so far/)
      .waitFor({ timeout: 20_000 });
    expect(await page.getByRole('button', { name: /^Take back/ }).count()).toBe(0);
  });

  it('an auditor can choose no key, and change nothing of one', async () => {
    const key = await makeKey('CRM sync', { scopes: ['contacts.read'] });
    await visit.enter('auditor');
    await page.getByRole('link', { name: 'CRM sync' }).waitFor();
    expect(await page.getByRole('checkbox', { name: /^Choose/ }).count()).toBe(0);
    await page.goto(at(`keys/${key.id}`));
    await page.getByText('never used').waitFor();
    for (const name of [/^Edit/, /^Change/, /^Remove/])
      expect(await page.getByRole('main').getByRole('button', { name }).count()).toBe(0);
  });
});
