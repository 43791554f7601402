/// <reference lib="dom" />
import { beforeEach, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { WatchedPage } from '../support/browser.js';
import { describeInConsole } from '../support/describe-in-console.js';
import type { TestLatchkey } from '../support/latchkey.js';
import { meetSecret } from '../support/met-secrets.js';
import { invite, tokenOf } from '../support/people.js';
import { expectSoundViews } from '../support/sound-views.js';
import { startUpstream } from '../support/upstream.js';
import { makeKeyByPage } from '../support/new-key-steps.js';

describeInConsole('The console, from nothing to a key that works', {}, (visit) => {
  let latchkey: TestLatchkey;
  let watched: WatchedPage;
  let page: Page;
  let accountId: string;
  const at = (path: string) => `${latchkey.managementUrl}${path}`;

  beforeEach(async () => {
    ({ latchkey, watched, page, accountId } = visit);
    await latchkey.manage('PUT', '/v1/scopes/contacts.read', {
      description: 'Read contacts',
      dataCategories: ['contact'],
    });
    await latchkey.manage('PUT', '/v1/scopes/contacts.write', { description: 'Change contacts' });
  });

  async function makeKey(name: string): Promise<string> {
    await page.goto(at(`/accounts/${accountId}/keys/new`));
    return makeKeyByPage(page, name, {
      what: () => page.getByLabel('contacts.read', { exact: true }).check(),
    });
  }

  async function keep(): Promise<void> {
    await page.getByLabel('I have put it somewhere safe').check();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  }

  it('the set-up link of the first start makes the operator’s own person', async () => {
    const link = /\S+\/set-up#\S+/.exec(latchkey.setUpLink ?? '')?.[0] ?? '';
    await page.goto(at(`/set-up#${tokenOf(link)}`));
    await page.getByLabel('E-mail').fill('operator@example.com');
    await page.getByLabel('Your name').fill('Olu');
    await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery staple');
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.waitForURL('**/accounts/*/keys');
    // The token is in no address any more.
    expect(page.url()).not.toContain('#');
    // The operator goes to every account.
    await page.getByRole('combobox', { name: 'Account' }).click();
    await page.getByRole('option', { name: 'Rolling Donut' }).click();
    await page.waitForURL(`**/accounts/${accountId}/keys`);
  });

  it('#80 a key is made, its secret is shown once and works, and is nowhere afterwards', async () => {
    const upstream = await startUpstream();
    await latchkey.manage('PUT', '/v1/services/crm', { upstream: upstream.url, mount: '/crm' });
    const opens = (path: string, scope: string) => ({ method: 'GET', path, scopeSets: [[scope]] });
    await latchkey.manage('PUT', '/v1/services/crm/routes', {
      routes: [
        opens('/notes', 'contacts.write'),
        opens('/contacts/{id}', 'contacts.read'),
        opens('/contacts', 'contacts.read'),
      ],
    });
    await visit.enter('admin');
    const secret = await makeKey('Invoicing sync');
    expect(secret).toMatch(/^lk_prod_/);
    await page.getByRole('button', { name: 'Copy the secret' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
    // A call that one of the scopes opens, and that needs no id.
    await page.getByText('The key may make this call by contacts.read').waitFor();
    const line = await page.getByRole('dialog').locator('pre').last().innerText();
    const [, header = '', url = ''] = /^curl -i -H '(.+)' '(.+)'$/.exec(line.trim()) ?? [];
    expect(url).toBe(`${latchkey.accessUrl}/crm/contacts`);
    expect(header).toBe(`Authorization: Bearer ${secret}`);
    expect((await latchkey.call('GET', '/crm/contacts', { secret })).status).toBe(200);
    expect(upstream.calls.map((call) => call.url)).toEqual(['/contacts']);
    await upstream.close();
    // There is no way past it but to say that it was kept.
    await page.keyboard.press('Escape');
    expect(await page.getByRole('button', { name: 'Done' }).isDisabled()).toBe(true);
    await keep();
    const answer = await latchkey.call('GET', '/latchkey/v1/self', { secret });
    expect([answer.status, answer.json.scopes]).toEqual([200, ['contacts.read']]);
    await page.reload();
    await page.getByRole('heading', { name: 'Invoicing sync' }).waitFor();
    const kept = await page.evaluate(() =>
      JSON.stringify([
        document.documentElement.outerHTML,
        { ...localStorage },
        { ...sessionStorage },
      ]),
    );
    expect(kept).not.toContain(secret);
    await page.goBack();
    expect(await page.content()).not.toContain(secret);
  });

  it('a rotation is opened, watched and finished', async () => {
    await visit.enter('admin');
    const old = await makeKey('Nightly sync');
    await keep();
    await page.getByRole('button', { name: 'Rotate…' }).click();
    await page.getByRole('radio', { name: 'So many days' }).check();
    await page.getByRole('textbox', { name: 'Days' }).fill('2');
    await page.getByRole('button', { name: 'Make the new secret' }).click();
    const next = await page.getByRole('dialog').locator('pre').first().innerText();
    meetSecret(next);
    await keep();
    await page.getByText('Nobody uses the new secret yet').waitFor();
    const { results } = await latchkey.manage('GET', `/v1/accounts/${accountId}/keys`);
    const { startedAt, graceEndsAt } = results[0].openRotation;
    expect(Date.parse(graceEndsAt) - Date.parse(startedAt)).toBe(2 * 86_400_000);
    expect((await latchkey.call('GET', '/latchkey/v1/self', { secret: old })).status).toBe(200);
    expect((await latchkey.call('GET', '/latchkey/v1/self', { secret: next })).status).toBe(200);
    // The page asks again by itself.
    await page.getByText('The old secret is still in use').waitFor({ timeout: 20_000 });
    await page.getByRole('button', { name: 'Finish…' }).click();
    await page.getByRole('dialog').getByText('cannot be brought back').waitFor();
    await page.getByRole('button', { name: 'End the old secret' }).click();
    await page.getByRole('button', { name: 'Rotate…' }).waitFor();
    expect((await latchkey.call('GET', '/latchkey/v1/self', { secret: old })).status).toBe(401);
    expect((await latchkey.call('GET', '/latchkey/v1/self', { secret: next })).status).toBe(200);
  });

  it('a key is suspended, resumed, and revoked by its name', async () => {
    await visit.enter('admin');
    const secret = await makeKey('Old vendor');
    await keep();
    const status = async () => (await latchkey.call('GET', '/latchkey/v1/self', { secret })).status;
    await page.getByRole('button', { name: 'Suspend' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    expect(await status()).toBe(403);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Suspend' }).waitFor();
    expect(await status()).toBe(200);
    await page.getByRole('button', { name: 'Revoke…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Who called with it in the last 24 hours').waitFor();
    const forGood = dialog.getByRole('button', { name: 'Revoke for good' });
    expect(await forGood.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill('Old vendor');
    await forGood.click();
    await dialog.waitFor({ state: 'hidden' });
    expect(await status()).toBe(401);
  });

  it('a list is enforced, and an address tried against it', async () => {
    await visit.enter('admin');
    const secret = await makeKey('Partner');
    await keep();
    await page.getByText('Enforce', { exact: true }).click();
    await page.getByLabel('Addresses and networks').fill('198.51.100.0/24 # the office');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/^Saved\./).waitFor();
    await page.getByLabel('Try an address').fill('198.51.100.7');
    await page.getByRole('button', { name: 'Try' }).click();
    await page.getByText('198.51.100.7 is let through by 198.51.100.0/24').waitFor();
    expect((await latchkey.call('GET', '/latchkey/v1/self', { secret })).status).toBe(403);
  });

  it('a list that would refuse somebody who calls says whom, before it is enforced', async () => {
    await visit.enter('admin');
    const secret = await makeKey('Partner');
    const status = async () => (await latchkey.call('GET', '/latchkey/v1/self', { secret })).status;
    expect(await status()).toBe(200);
    await keep();
    await page.getByText('Enforce', { exact: true }).click();
    await page.getByLabel('Addresses and networks').fill('198.51.100.0/24');
    await page.getByText('would have refused 1 caller that was let through').waitFor();
    await page.getByLabel('Try an address').fill('127.0.0.1');
    await page.getByRole('button', { name: 'Try' }).click();
    await page.getByText('before it is saved: 127.0.0.1 is refused').waitFor();
    await visit.press('Save');
    const dialog = page.getByRole('dialog', { name: 'Refuse 1 caller?' });
    await dialog.getByText('not on the list: 127.0.0.1.').waitFor();
    await dialog.getByRole('button', { name: 'Do not save' }).click();
    expect(await status()).toBe(200);
    await visit.press('Save');
    await dialog.getByRole('button', { name: 'Save, and refuse them' }).click();
    await page.getByText(/^Saved\./).waitFor();
    expect(await status()).toBe(403);
  });

  it('an auditor finds a call by its address, and is offered nothing that changes', async () => {
    const key = await latchkey.manage<{ id: string; secret: string }>(
      'POST',
      `/v1/accounts/${accountId}/keys`,
      { name: 'CRM sync', scopes: ['contacts.read'] },
    );
    meetSecret(key.secret);
    await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
    await visit.enter('auditor');
    await page.getByRole('link', { name: 'Request log' }).click();
    // What could not be looked for is said beside the field, and asked of nobody.
    await page.getByLabel('is', { exact: true }).fill('127.0.0');
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByText('A whole address, such as').waitFor();
    expect(new URL(page.url()).search).toBe('?by=callers');
    await page.getByLabel('is', { exact: true }).fill('127.0.0.1');
    await page.getByRole('button', { name: 'Add' }).click();
    await page.waitForURL('**/request-log?by=callers&ip=127.0.0.1');
    await page.getByRole('cell', { name: 'CRM sync' }).first().waitFor();
    // A shared link, or a reload, shows the same.
    await page.reload();
    await page.getByRole('cell', { name: 'CRM sync' }).first().waitFor();
    await page.getByRole('link', { name: 'Keys' }).click();
    await page.getByRole('link', { name: 'CRM sync' }).click();
    await page.getByRole('heading', { name: 'CRM sync' }).waitFor();
    for (const name of ['Suspend', 'Revoke…', 'Rotate…', 'Save'])
      expect(await page.getByRole('button', { name }).count()).toBe(0);
  });

  it('what an address holds that no view knows is let be', async () => {
    await visit.enter('admin');
    await latchkey.manage('POST', `/v1/accounts/${accountId}/keys`, { name: 'Sync', scopes: [] });
    await page.goto(at(`/accounts/${accountId}/keys?utm_source=mail&state=active&q=sy`));
    await page.getByRole('link', { name: 'Sync' }).waitFor();
    await page.goto(at(`/accounts/${accountId}/request-log?utm_source=mail`));
    // Whoever is signed in is on the log by coming here.
    await page.getByRole('row').filter({ hasText: '/v1/' }).first().waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('#78 markup in a name is text', async () => {
    const name =
      '<img src=x onerror="document.title=\'had\'"><script>document.title="had"</script>';
    await latchkey.manage('POST', `/v1/accounts/${accountId}/keys`, {
      ...{ name, purpose: name, recipient: name, scopes: [] },
    });
    await visit.enter('admin');
    await page.getByRole('link', { name: '<img src=x' }).click();
    await page.getByRole('heading', { level: 1, name: '<img src=x' }).waitFor();
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(await page.title()).toContain('<img src=x');
  });

  it('has no serious fault for those who cannot see or point, before anybody is signed in', async () => {
    const { token } = await invite(latchkey, accountId, 'auditor', 'spare@example.com');
    watched.expectRefusal(404, '/v1/links/read');
    const pages = ['/sign-in', '/forgot', `/join#${token}`, '/recover#lkl_nobody'];
    await expectSoundViews(page, pages.map(at));
  });

  it('has no serious fault for those who cannot see or point, inside', async () => {
    const { id } = await latchkey.manage<{ id: string }>('POST', `/v1/accounts/${accountId}/keys`, {
      name: 'CRM sync',
      scopes: ['contacts.read', 'contacts.write'],
    });
    await visit.enter('admin');
    const rooms = ['keys', 'keys/new', `keys/${id}`, 'request-log', 'members', 'keys/key_nowhere'];
    watched.expectRefusal(404, `/v1/accounts/${accountId}/keys/key_nowhere`);
    const views = [...rooms.map((room) => `/accounts/${accountId}/${room}`), '/me/security', '/installation/accounts', '/nowhere']; // prettier-ignore
    await expectSoundViews(page, views.map(at));
  });
});
