/// <reference lib="dom" />
import { expect, it } from '@jest/globals';
import type { Locator } from 'playwright-core';
import { seriousFaultsOf } from '../support/browser.js';
import { describeInConsole } from '../support/describe-in-console.js';
import { tokenOf } from '../support/people.js';
import { startUpstream } from '../support/upstream.js';
import { makeKeyByPage } from '../support/new-key-steps.js';

describeInConsole('The console, from the first start on', {}, (visit) => {
  it('by the page alone: from the set-up link to a call that is let through, and one that is not', async () => {
    const { latchkey, page, press } = visit;
    const upstream = await startUpstream();
    const field = (label: string, within: Locator = page.locator('body')) =>
      within.getByRole('textbox', { name: label });
    const noFault = async () => expect(await seriousFaultsOf(page)).toEqual([]);

    // Whoever starts it is told one link.
    const link = /\S+\/set-up#\S+/.exec(latchkey.setUpLink ?? '')?.[0] ?? '';
    await page.goto(`${latchkey.managementUrl}/set-up#${tokenOf(link)}`);
    await page.getByLabel('E-mail').waitFor();
    await noFault();
    await page.getByLabel('E-mail').fill('operator@example.com');
    await page.getByLabel('Your name').fill('Olu');
    await field('Password').fill('correct horse battery staple');
    await press('Begin');
    await page.getByRole('heading', { name: 'First steps' }).waitFor();

    // An API, by its own description.
    await page.getByRole('listitem').getByRole('link', { name: 'Services' }).click();
    await press('New service');
    const dialog = page.getByRole('dialog');
    await field('Name', dialog).fill('bakery');
    await field('Upstream', dialog).fill(upstream.url);
    await field('Mount', dialog).fill('/bakery');
    await noFault();
    await press('Make the service', dialog);
    await page.getByRole('link', { name: 'Import OpenAPI' }).click();
    await field('Before every scope').fill('bakery.');
    const needing = (scope: string) => ({
      security: [{ oauth: [scope] }],
      responses: { 200: { description: 'ok' } },
    });
    await field('Or paste it').fill(
      JSON.stringify({
        ...{ openapi: '3.0.3', info: { title: 'Bakery', version: '1' } },
        paths: { '/buns': { get: needing('buns.read'), post: needing('buns.write') } },
      }),
    );
    await press('Show what would change');
    await page.getByRole('tab', { name: 'Routes that come 2' }).waitFor();
    await noFault();
    await press('Import');
    // What came of it is told in a corner, and can be read there in both looks.
    const told = page.getByRole('alert').filter({ hasText: 'It has 2 routes.' });
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
      await told.hover();
      await noFault();
    }
    await page.getByText('2 routes', { exact: true }).waitFor();

    // Somebody to call it. What there is already is not made once more over it.
    await page.getByRole('link', { name: 'Services', exact: true }).click();
    await press('New service');
    await field('Name', dialog).fill('bakery');
    await field('Upstream', dialog).fill(upstream.url);
    await field('Mount', dialog).fill('/elsewhere');
    await press('Make the service', dialog);
    await dialog.getByText('There is a service of this name.').waitFor();
    await press('Not now', dialog);
    await page.getByRole('link', { name: 'Accounts', exact: true }).click();
    await press('New account');
    await field('Name', dialog).fill('Oat & Rye');
    await press('Make the account', dialog);
    await page.getByRole('heading', { level: 1, name: 'Oat & Rye' }).waitFor();
    await page.getByRole('link', { name: 'Its keys' }).click();
    await page.getByRole('link', { name: 'New key' }).first().click();
    const made = await makeKeyByPage(page, 'Till', {
      what: async () => {
        // Looking for a scope is not going on without one.
        await field('Scopes').fill('buns.read');
        await page.keyboard.press('Enter');
        await page.getByLabel('bakery.buns.read', { exact: true }).check();
      },
    });
    const line = dialog.locator('pre').last();
    await dialog.getByText('The key may make this call by bakery.buns.read').waitFor();
    await noFault();
    const [, header = '', url = ''] =
      /^curl -i -H '(.+)' '(.+)'$/.exec((await line.innerText()).trim()) ?? [];
    const secret = header.replace('Authorization: Bearer ', '');
    expect(secret).toBe(made);
    expect(url).toBe(`${latchkey.accessUrl}/bakery/buns`);
    expect((await latchkey.call('GET', '/bakery/buns', { secret })).status).toBe(200);
    expect((await latchkey.call('POST', '/bakery/buns', { secret })).status).toBe(403);
    expect(upstream.calls.map((call) => `${call.method} ${call.url}`)).toEqual(['GET /buns']);

    // It was tried while it was shown, and is still there to be kept. There is no way back past it unasked.
    page.once('dialog', (asked) => void asked.dismiss());
    await page.goBack();
    expect(await line.innerText()).toContain(secret);
    await page.getByLabel('I have put it somewhere safe').check();
    await press('Done');
    await page.getByRole('heading', { level: 1, name: 'Till' }).waitFor();

    // Why the other was refused, step by step.
    await page.getByRole('link', { name: 'Request log', exact: true }).click();
    const refused = page.getByRole('row').filter({ hasText: 'SCOPE_MISSING' });
    await refused.getByRole('button').first().click();
    const steps = page.getByRole('list', { name: 'How it was judged' });
    await steps.getByText('it lacks bakery.buns.write').waitFor();
    const answers = await steps
      .getByRole('img')
      .evaluateAll((found) => found.map((each) => each.getAttribute('aria-label')));
    expect(answers).toEqual([...Array.from({ length: 8 }, () => 'Yes'), 'No', 'Not asked']);
    await noFault();
    await upstream.close();
  });
});
