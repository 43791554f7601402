/// <reference lib="dom" />
import { beforeEach, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { craftSecret } from '../support/crafted-secrets.js';
import { seriousFaultsOf } from '../support/browser.js';
import { describeInConsole } from '../support/describe-in-console.js';
import { enterConsole } from '../support/enter-console.js';
import type { Json, TestLatchkey } from '../support/latchkey.js';
import { meetSecret } from '../support/met-secrets.js';
import { addMember, signIn } from '../support/people.js';
import { makeKeyByPage } from '../support/new-key-steps.js';

describeInConsole('People at work in the console', {}, (visit) => {
  let latchkey: TestLatchkey;
  let key: Json;
  const at = (path: string) => `${latchkey.managementUrl}/accounts/${visit.accountId}/${path}`;
  const status = async (secret: string, agent = 'sync/1'): Promise<number> => {
    const headers = { 'user-agent': agent };
    return (await latchkey.call('GET', '/latchkey/v1/self', { secret, headers })).status;
  };

  beforeEach(async () => {
    ({ latchkey } = visit);
    await latchkey.manage('PUT', '/v1/scopes/contacts.read', { description: 'Read contacts' });
    const settings = { name: 'CRM sync', scopes: ['contacts.read'] };
    key = await latchkey.manage('POST', `/v1/accounts/${visit.accountId}/keys`, settings);
    meetSecret(key.secret);
  });

  it('callers are watched as they move from the old secret to the new one', async () => {
    const { page, press } = visit;
    await status(key.secret);
    await visit.enter('admin');
    await page.goto(at(`keys/${key.id}`));
    await press('Rotate…');
    await page.getByRole('radio', { name: 'A week' }).check();
    expect(await seriousFaultsOf(page)).toEqual([]);
    await press('Make the new secret');
    const secret = await page.getByRole('dialog').locator('pre').first().innerText();
    meetSecret(secret);
    await page.getByLabel('I have put it somewhere safe').check();
    await press('Done');
    await page.getByText('Nobody uses the new secret yet').waitFor();

    // One that got lost before anybody used it is had again.
    await press('Its secret was lost: make it anew…');
    await press('Make it anew');
    const shown = page.getByRole('dialog').locator('pre').first();
    await shown.filter({ hasText: 'lk_prod_' }).waitFor();
    const anew = await shown.innerText();
    meetSecret(anew);
    expect(anew).not.toBe(secret);
    expect([await status(secret), await status(anew, 'sync/2')]).toEqual([401, 200]);
    await status(key.secret, 'warehouse/7');
    // It was used while it was shown: what is shown stays.
    await page.getByText('The old secret is still in use').waitFor({ timeout: 20_000 });
    expect(await shown.innerText()).toBe(anew);
    await page.getByLabel('I have put it somewhere safe').check();
    await press('Done');

    const table = (name: string) => page.getByRole('table', { name });
    await table('Still on the old secret').getByText('warehouse/7').waitFor({ timeout: 20_000 });
    await table('On the new secret').getByText('sync/2').waitFor();
    const chart = page
      .getByRole('figure')
      .filter({ hasText: 'Calls with the old and the new secret' });
    await chart.getByText('with the new secret: 1').waitFor({ timeout: 20_000 });
    await chart.getByText('with the old secret: 2').waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);
    await press('Finish…');
    await page.getByRole('dialog').getByText('warehouse/7').waitFor();
  });

  it('a key is suspended while it is called all the time: not one call after that is let through', async () => {
    const { page, press } = visit;
    await visit.enter('admin');
    await page.goto(at(`keys/${key.id}`));
    const answers: { readonly at: number; readonly status: number }[] = [];
    const over = new AbortController();
    const traffic = (async () => {
      while (!over.signal.aborted)
        answers.push({ at: performance.now(), status: await status(key.secret) });
    })();
    await page.getByRole('button', { name: 'Suspend' }).waitFor();
    await press('Suspend');
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    const suspendedAt = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 300));
    over.abort();
    await traffic;
    const after = answers.filter((answer) => answer.at > suspendedAt);
    expect(after.length).toBeGreaterThan(0);
    expect(new Set(after.map((answer) => answer.status))).toEqual(new Set([403]));
    expect(answers[0]?.status).toBe(200);
  });

  it('an auditor finds a call by its address, takes the log home, and can change nothing by the API either', async () => {
    const { page } = visit;
    await status(key.secret);
    await visit.enter('auditor');
    await page.goto(at('request-log?ip=127.0.0.1&door=self'));
    await page.getByRole('cell', { name: 'CRM sync' }).waitFor();
    await page.getByRole('button', { name: 'Export…' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export', exact: true }).click(),
    ]);
    await page.getByText('1 call is saved').waitFor();
    expect(readFileSync(await download.path(), 'utf8')).toContain('CRM sync');
    const path = `/v1/accounts/${visit.accountId}/keys/${key.id}/suspend`;
    // With the session of their own page.
    const answered = await page.request.post(`${latchkey.managementUrl}${path}`, {
      headers: { origin: latchkey.managementUrl },
      data: {},
    });
    expect([answered.status(), await status(key.secret)]).toEqual([403, 200]);
    await page.goto(at('keys/new'));
    await page.getByText('You may not make keys here').waitFor();
  });

  it('a developer changes the keys that they made, and sees the others', async () => {
    const { page } = visit;
    await visit.enter('developer');
    await page.goto(at(`keys/${key.id}`));
    await page.getByRole('heading', { level: 1, name: 'CRM sync' }).waitFor();
    await page.getByText('Who calls').waitFor();
    for (const name of ['Suspend', 'Revoke…', 'Rotate…', 'Edit…', 'Save'])
      expect([name, await page.getByRole('button', { name, exact: true }).count()]).toEqual([
        name,
        0,
      ]);
    await page.goto(at('keys/new'));
    await makeKeyByPage(page, 'Mine');
    await page.getByLabel('I have put it somewhere safe').check();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Suspend' }).waitFor();
    await page.goto(at('keys'));
    // The newest stands first.
    const names = page.getByRole('table').getByRole('link');
    await names.nth(1).waitFor();
    expect(await names.allInnerTexts()).toEqual(['Mine', 'CRM sync']);
    await page.getByRole('checkbox', { name: 'Choose Mine' }).waitFor();
    expect(await page.getByRole('checkbox', { name: 'Choose CRM sync' }).count()).toBe(0);
  });

  it('an admin signs a member out everywhere, and makes them a link for a new password', async () => {
    const { page, press } = visit;
    const { email, session } = await addMember(latchkey, visit.accountId, 'developer');
    const inThere = async () =>
      (await latchkey.ask('GET', '/v1/session', { headers: { cookie: session } })).status;
    expect(await inThere()).toBe(200);
    await visit.enter('admin');
    await page.goto(at('members'));
    const row = page.getByRole('row').filter({ hasText: email });
    await row.getByRole('button', { name: /^More for/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out everywhere…' }).click();
    await press('Sign out everywhere');
    await page.getByText('is signed out everywhere.').waitFor();
    expect(await inThere()).toBe(401);
    await row.getByRole('button', { name: /^More for/ }).click();
    await page.getByRole('menuitem', { name: 'Link for a new password…' }).click();
    await press('Make the link');
    const link = await page.getByRole('dialog').locator('pre').innerText();
    expect(await seriousFaultsOf(page)).toEqual([]);
    await press('Done');
    await visit.watched.page.context().clearCookies();
    visit.watched.expectRefusal(401, '/v1/session');
    await page.goto('about:blank');
    await page.goto(link.trim());
    await page.getByRole('textbox', { name: 'Password' }).fill('another long password of theirs');
    await press('Set the password');
    await page.waitForURL('**/keys');
    await signIn(latchkey, { email, password: 'another long password of theirs' });
  });

  it('the operator sees calls of every account, and those with a key that nobody knows', async () => {
    const { page } = visit;
    await status(key.secret);
    const stranger = craftSecret('lk_prod', 'a'.repeat(32));
    meetSecret(stranger);
    expect(await status(stranger)).toBe(401);
    const { results } = await latchkey.manage('GET', '/v1/accounts');
    const { id } = results.find(({ isOperator }: Json) => isOperator);
    await enterConsole(page, latchkey, id, 'admin');
    await page.getByRole('link', { name: 'All calls' }).click();
    const unknown = page.getByRole('row').filter({ hasText: 'KEY_UNKNOWN' });
    await unknown.getByRole('button').first().click();
    const steps = page.getByRole('list', { name: 'How it was judged' });
    await steps.getByRole('listitem').nth(2).getByRole('img', { name: 'No' }).waitFor();
    await page.keyboard.press('Escape');
    await page
      .getByRole('row')
      .filter({ hasText: 'Rolling Donut' })
      .filter({ hasText: 'CRM sync' })
      .waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);
  });

  it('#78 markup that callers and documents send is text, wherever it is shown', async () => {
    const { page } = visit;
    const evil = '<img src=x onerror="document.title=\'had\'">';
    const path = `/v1/accounts/${visit.accountId}`;
    await latchkey.manage('PATCH', `${path}/keys/${key.id}`, {
      ...{ description: evil, purpose: evil, recipient: evil },
    });
    for (const list of [`${path}/ip-allowlist`, `${path}/keys/${key.id}/ip-allowlist`])
      await latchkey.manage('PUT', list, {
        ...{ mode: 'report', entries: [{ cidr: '127.0.0.1', note: evil }] },
      });
    await latchkey.manage('PATCH', path, { name: evil });
    await latchkey.manage('PUT', '/v1/scopes/evil.read', {
      description: evil,
      dataCategories: [evil],
    });
    await status(key.secret, evil);
    await latchkey.call('GET', `/latchkey/v1/self?q=${encodeURIComponent(evil)}`, {
      secret: key.secret,
      headers: { 'x-request-id': 'x', 'user-agent': evil },
    });
    await visit.enter('admin');
    const call = (await latchkey.manage('GET', `${path}/request-log?limit=1&door=self`)).results[0];
    const views = ['keys', `keys/${key.id}`, 'keys/new', 'request-log', `request-log?call=${call.id}`, 'ip-allowlist', 'members', 'settings', 'audit', 'hygiene', 'notices', 'registers']; // prettier-ignore
    let shown = 0;
    for (const view of views) {
      await page.goto(at(view));
      await page.waitForLoadState('networkidle');
      const text = await page.evaluate(() => {
        const typed = [...document.querySelectorAll('textarea, input')] as HTMLInputElement[];
        return document.body.innerText + typed.map(({ value }) => value).join('\n');
      });
      if (text.includes('<img src=x')) shown += 1;
      expect([view, await page.locator('img[src="x"]').count()]).toEqual([view, 0]);
      expect([view, await page.title()]).not.toEqual([view, 'had']);
    }
    // Shown it was, in most of them.
    expect(shown).toBeGreaterThanOrEqual(8);
  });
});
