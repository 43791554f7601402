/// <reference lib="dom" />
import { beforeEach, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import type { Page } from 'playwright-core';
import type { WatchedPage } from '../support/browser.js';
import { describeInConsole } from '../support/describe-in-console.js';
import type { TestLatchkey } from '../support/latchkey.js';
import { meetSecret } from '../support/met-secrets.js';
import { tokenOf } from '../support/people.js';
import { expectSoundViews } from '../support/sound-views.js';
import { until } from '../support/until.js';
import { startWebhookReceiver } from '../support/webhook-receiver.js';

const rooms = [
  ...['Keys', 'Hygiene', 'Request log', 'Audit trail', 'Registers', 'IP allowlist'],
  ...['Notices', 'Members', 'Settings'],
];
const paths = [
  ...['ip-allowlist?add=203.0.113.7', 'request-log?live=true', 'audit', 'hygiene', 'settings'],
  ...['registers', 'notices', 'notices?tab=emails', 'notices?tab=webhooks'],
];

/** A webhook's receiver is on this machine. */
const environment = { WEBHOOK_ALLOWED_RANGES: '127.0.0.1' };

describeInConsole('The rooms of an account in the console', environment, (visit) => {
  let latchkey: TestLatchkey;
  let watched: WatchedPage;
  let page: Page;
  let accountId: string;
  let key: { readonly id: string; readonly secret: string };
  const at = (path: string) => `${latchkey.managementUrl}/accounts/${accountId}/${path}`;

  beforeEach(async () => {
    ({ latchkey, watched, page, accountId } = visit);
    await latchkey.manage('PUT', '/v1/scopes/contacts.read', {
      description: 'Read contacts',
      dataCategories: ['contact'],
    });
    key = await latchkey.manage('POST', `/v1/accounts/${accountId}/keys`, {
      name: 'CRM sync',
      scopes: ['contacts.read'],
    });
    meetSecret(key.secret);
  });

  const call = async (path = '/latchkey/v1/self') =>
    (await latchkey.call('GET', path, { secret: key.secret })).status;

  it('#44 a list reports first, those it would have refused are added, and nobody is locked out unasked', async () => {
    await visit.enter('admin');
    await call();
    await page.getByRole('link', { name: 'IP allowlist' }).click();
    await page.getByText('Report only', { exact: true }).click();
    const typed = page.getByLabel('Addresses and networks');
    await typed.fill('198.51.100.0/24 # the office');
    await page.getByText('would have refused 1 caller').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page
      .getByText(/^Saved\./)
      .first()
      .waitFor();
    expect(await call()).toBe(200);

    await page.getByText('Enforce', { exact: true }).click();
    await page.getByText('This locks you out').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Do not save' }).click();
    expect(await call()).toBe(200);

    await page.getByRole('button', { name: 'Add 127.0.0.1' }).click();
    await page.getByText('This locks you out').waitFor({ state: 'hidden' });
    expect(await typed.inputValue()).toBe('198.51.100.0/24  # the office\n127.0.0.1');
    await typed.fill('198.51.100.0/24\n127.0.0.0/8');
    await page.getByText('Whoever was let through in the last 7 days is on this list').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page
      .getByText(/^Saved\./)
      .first()
      .waitFor();
    expect((await latchkey.manage('GET', `/v1/accounts/${accountId}/ip-allowlist`)).mode).toBe(
      'enforce',
    );
    await page.getByLabel('Try an address').fill('203.0.113.9');
    await page.getByRole('button', { name: 'Try' }).click();
    await page.getByText('203.0.113.9 is refused').waitFor();
    expect(await call()).toBe(200);
  });

  it('what somebody else changed meanwhile is not written over, be it a list or addresses', async () => {
    const [list, emails] = [
      `/v1/accounts/${accountId}/ip-allowlist`,
      `/v1/accounts/${accountId}/notice-emails`,
    ];
    await visit.enter('admin');
    const save = () => page.getByRole('button', { name: 'Save', exact: true }).click();
    const lookAgain = async () => {
      await page.getByText('Somebody changed it meanwhile').waitFor();
      await page.getByRole('button', { name: 'Look again' }).click();
      await page.getByText('Somebody changed it meanwhile').waitFor({ state: 'hidden' });
    };
    await page.goto(at('ip-allowlist'));
    await page.getByText('Report only', { exact: true }).click();
    const entries = page.getByLabel('Addresses and networks');
    await entries.fill('198.51.100.0/24');
    await latchkey.manage('PUT', list, { mode: 'report', entries: [{ cidr: '203.0.113.7' }] });
    watched.expectRefusal(412, list);
    await save();
    await lookAgain();
    await until('the other list', async () => (await entries.inputValue()) === '203.0.113.7');
    await entries.fill('203.0.113.7\n198.51.100.0/24');
    // The addresses for notices are of the same account, and no part of the list.
    await latchkey.manage('PUT', emails, { emails: ['ops@example.com'] });
    await save();
    await page
      .getByText(/^Saved\./)
      .first()
      .waitFor();
    expect((await latchkey.manage('GET', list)).entries).toHaveLength(2);

    await page.goto(at('notices?tab=emails'));
    const addresses = page.getByLabel('Who gets every notice by e-mail');
    await addresses.fill('ops@example.com\nme@example.com');
    await latchkey.manage('PUT', emails, { emails: ['dpo@example.com'] });
    watched.expectRefusal(412, emails);
    await save();
    await lookAgain();
    await until(
      'their addresses',
      async () => (await addresses.inputValue()) === 'dpo@example.com',
    );
    expect(await latchkey.manage('GET', emails)).toEqual({ emails: ['dpo@example.com'] });
  });

  it('calls appear as they come, wait while it is paused, and a bar is looked at from near', async () => {
    await visit.enter('admin');
    await call('/latchkey/v1/self?n=1');
    await page.getByRole('link', { name: 'Request log' }).click();
    await page.getByRole('button', { name: 'Live' }).click();
    await page.waitForURL('**/request-log?by=callers&live=true');
    await page.getByText('New calls appear as they come.').waitFor();
    const rows = page.getByRole('row').filter({ hasText: '/latchkey/v1/self' });
    await rows.first().waitFor();
    await call();
    await rows.nth(1).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await call();
    await page.getByRole('button', { name: 'Go on (1 new)' }).waitFor();
    expect(await rows.count()).toBe(2);
    await page.getByRole('button', { name: 'Go on' }).click();
    await rows.nth(2).waitFor();

    const bar = page.getByRole('button', { name: /look closer/ }).first();
    await bar.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/[?&]from=.*&to=/);
    await page.goBack();
    await page.waitForURL('**/request-log?by=callers&live=true');
  });

  it('a call is found by a link and by its correlation id, however old it is', async () => {
    const { headers } = await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
    const id = headers.get('x-correlation-id') as string;
    for (let i = 0; i < 60; i += 1) await call();
    await visit.enter('auditor');
    await page.goto(at(`request-log?call=${id}`));
    const drawer = page.getByRole('dialog', { name: 'One call' });
    await drawer.getByText(id).waitFor();
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    await page.getByRole('combobox', { name: 'Calls whose' }).click();
    await page.getByRole('option', { name: 'Correlation id' }).click();
    const field = page.getByRole('textbox', { name: 'is', exact: true });
    await field.fill('42');
    await field.press('Enter');
    await page.getByText('It is call_ with 23 letters and digits').waitFor();
    await field.fill(id);
    await field.press('Enter');
    await drawer.getByText(id).waitFor();
    await page.keyboard.press('Escape');
    const unknown = `call_${'0'.repeat(23)}`;
    watched.expectRefusal(404, `/v1/accounts/${accountId}/request-log/${unknown}`);
    await page.goto(at(`request-log?call=${unknown}`));
    await page.getByText('The call of this link is not on this log').waitFor();
    expect(await drawer.count()).toBe(0);
    // Nor does a link lead to what lies beside the calls in the API.
    for (const other of ['export', 'stream', 'counts', 'exports/1']) {
      await page.goto(at(`request-log?call=${encodeURIComponent(other)}`));
      await page.getByText('The call of this link is not on this log').waitFor();
    }
    const trail = `/v1/accounts/${accountId}/audit-events?action=request_log.export_started`;
    expect(await latchkey.manage('GET', trail)).toMatchObject({ results: [] });
  });

  it('a developer is told which rooms are not theirs, before anything is asked of the server', async () => {
    await visit.enter('developer');
    for (const [room, path] of [
      ['Audit trail', 'audit'],
      ['Members', 'members'],
    ] as const) {
      expect(await page.getByRole('link', { name: room, exact: true }).count()).toBe(0);
      await page.goto(at(path));
      await page.getByRole('heading', { name: `${room}: you may not see this` }).waitFor();
    }
  });

  it('a call of somebody who is signed in bears their name, and is shown to whoever asks for what people did', async () => {
    await visit.enter('admin');
    await call();
    await page.getByRole('link', { name: 'Hygiene' }).click();
    await page.getByRole('link', { name: 'Request log' }).click();
    await page.waitForURL('**/request-log?by=callers');
    const byAoife = page.getByRole('row').filter({ hasText: 'Aoife Byrne' });
    const bySync = page.getByRole('row').filter({ hasText: 'CRM sync' });
    await bySync.first().waitFor();
    expect(await byAoife.count()).toBe(0);
    await page.getByRole('combobox', { name: 'Made by' }).click();
    await page.getByRole('option', { name: 'People, here' }).click();
    await page.waitForURL('**/request-log?by=people');
    await byAoife.first().getByRole('button').first().click();
    await page.getByRole('row', { name: 'Signed in Aoife Byrne' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await bySync.count()).toBe(0);
    await page.getByRole('button', { name: 'Take away: Made by people' }).click();
    await page.waitForURL('**/request-log');
    await bySync.first().waitFor();
    await byAoife.first().waitFor();
  });

  it('filters are kept under a name, a call is mended, and the log is taken home whole', async () => {
    await visit.enter('admin');
    const path = `/v1/accounts/${accountId}/keys`;
    const read = async () => (await latchkey.ask('GET', path, { secret: key.secret })).status;
    expect(await read()).toBe(403);
    await page.goto(at('request-log?decision=denied'));
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByLabel('Keep these filters as').fill('What was denied');
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    await page.goto(at('request-log'));
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('button', { name: 'What was denied', exact: true }).click();
    await page.waitForURL('**/request-log?decision=denied');

    const row = page.getByRole('row').filter({ hasText: 'SCOPE_MISSING' });
    await row.getByRole('button').first().click();
    await page.getByRole('button', { name: 'Give the key latchkey.keys.read' }).click();
    await page.getByText('The key has latchkey.keys.read now.').waitFor();
    expect(await read()).toBe(200);

    await page.goto(at(`request-log?keyId=${key.id}`));
    await page.getByRole('button', { name: 'Export…' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export', exact: true }).click(),
    ]);
    await page.getByText('2 calls are saved').waitFor();
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n');
    expect(lines).toHaveLength(3);
    const told = await page.getByRole('dialog').locator('code').innerText();
    const digest = createHash('sha256').update(readFileSync(await download.path()));
    expect(told).toBe(digest.digest('hex'));
  });

  it('#78 a change is told as it was and as it is, and the chain is checked', async () => {
    const at1 = `/v1/accounts/${accountId}/keys/${key.id}`;
    await latchkey.manage('PATCH', at1, { purpose: '<b>Night</b> sync', scopes: [] });
    await visit.enter('auditor');
    await page.getByRole('link', { name: 'Audit trail' }).click();
    await page.getByRole('button', { name: 'key.changed' }).click();
    await page.waitForURL('**/audit?action=key.changed');
    const rows = page.getByRole('table').getByRole('row');
    // Those that were there stay until the others come.
    await rows.nth(2).waitFor({ state: 'detached' });
    expect(await rows.count()).toBe(2);
    await rows.nth(1).getByRole('button').first().click();
    const changes = page.getByRole('table', { name: 'What was changed' });
    await changes.getByRole('row', { name: 'purpose nothing <b>Night</b> sync' }).waitFor();
    await changes.getByRole('row', { name: 'scopes − contacts.read' }).waitFor();
    await page.reload();
    await changes.waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Check the chain' }).click();
    await page.getByText('events are as they were written').waitFor();

    const database = new SqliteDatabase(join(latchkey.folder, 'latchkey.db'));
    const altered = database
      .prepare('UPDATE audit_event SET at = at - 1 WHERE account_id = ? AND seq = 1')
      .run(accountId);
    database.close();
    expect(altered.changes).toBe(1);
    await page.getByRole('button', { name: 'Check the chain' }).click();
    await page.getByText('The trail is not as it was written').waitFor();
  });

  it('a register is a page, a report is of one key, and both come as files', async () => {
    await call();
    await visit.enter('auditor');
    await page.getByRole('link', { name: 'Registers' }).click();
    const [printed] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByRole('link', { name: 'Page to print' }).first().click(),
    ]);
    await printed.getByText('CRM sync').first().waitFor();
    await printed.close();
    await page.getByRole('combobox', { name: 'Key' }).fill('CRM');
    await page.getByRole('option', { name: 'CRM sync' }).click();
    await page.waitForURL(`**/registers?keyId=${key.id}`);
    await page.getByText('1 call is like that.').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'JSON' }).last().click(),
    ]);
    const report = JSON.parse(readFileSync(await download.path(), 'utf8'));
    expect([report.keyId, report.calls]).toEqual([key.id, 1]);
    expect(download.suggestedFilename()).toMatch(/^incident-.+\.json$/);

    // What is refused is told here, and is no file.
    await page.goto(at('registers?from=2026-11-20&to=2026-11-01'));
    const refused = `/v1/accounts/${accountId}/registers/access`;
    watched.expectRefusal(400, refused);
    await page.getByRole('button', { name: 'CSV' }).first().click();
    await page.getByRole('alert').first().waitFor();
  });

  it('what is out of order is put in order', async () => {
    await visit.enter('admin');
    await page.getByRole('link', { name: 'Hygiene' }).click();
    await page.getByText('It never expires').waitFor();
    await page.getByRole('button', { name: 'Set an expiry…' }).click();
    await page.getByRole('button', { name: 'Set this expiry' }).click();
    await page.getByText('It never expires').waitFor({ state: 'hidden' });
    const kept = await latchkey.manage('GET', `/v1/accounts/${accountId}/keys/${key.id}`);
    expect(Date.parse(kept.expiresAt)).toBeGreaterThan(Date.now());
  });

  it('people and programs are told: a webhook is added and tried, and its secret is shown once', async () => {
    const receiver = await startWebhookReceiver();
    try {
      await visit.enter('admin');
      await page.getByRole('link', { name: 'Notices' }).click();
      await page.getByRole('tab', { name: 'By e-mail' }).click();
      await page.getByLabel('Who gets every notice by e-mail').fill('ops@example.com');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('They are told from now on.').waitFor();
      await page.getByRole('tab', { name: 'Webhooks' }).click();
      await page.getByRole('button', { name: 'Add a webhook…' }).click();
      await page.getByLabel('Where notices are sent').fill(`${receiver.url}/hook`);
      await page.getByRole('button', { name: 'Add the webhook' }).click();
      const dialog = page.getByRole('dialog');
      const secret = await dialog.locator('pre').first().innerText();
      meetSecret(secret);
      receiver.secrets = [secret];
      await page.getByLabel('I have put it somewhere safe').check();
      await page.getByRole('button', { name: 'Done' }).click();
      await dialog.waitFor({ state: 'hidden' });
      expect(await page.content()).not.toContain(secret);
      await page.getByRole('button', { name: 'Send a test' }).click();
      // The page looks after it until it is there.
      await dialog.getByText('delivered', { exact: true }).first().waitFor();
      expect(receiver.accepted()).toHaveLength(1);
      await page.getByRole('button', { name: 'Close' }).click();

      await page.getByRole('button', { name: 'Edit…' }).click();
      await page.getByLabel('Where notices are sent').fill(`${receiver.url}/other-hook`);
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByRole('heading', { name: `${receiver.url}/other-hook` }).waitFor();

      await page.getByRole('button', { name: 'New secret…' }).click();
      await page.getByRole('button', { name: 'Make the new secret' }).click();
      const next = await dialog.locator('pre').first().innerText();
      meetSecret(next);
      expect(next).not.toBe(secret);
      await page.getByLabel('I have put it somewhere safe').check();
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByText('The secret before this one signs as well').waitFor();
      // Gone for good, as far as the receiver is concerned; then it is back.
      receiver.secrets = [next];
      receiver.answer = () => 410;
      await page.getByRole('button', { name: 'Send a test' }).click();
      await dialog.getByText('given up').waitFor();
      receiver.answer = () => 204;
      await page.getByRole('button', { name: 'Send it again' }).click();
      await dialog.getByText('delivered', { exact: true }).first().waitFor();
      expect(receiver.accepted()).toHaveLength(2);
      await page.getByRole('button', { name: 'Close' }).click();
      await page.getByRole('button', { name: 'Remove…' }).click();
      await page.getByRole('button', { name: 'Remove', exact: true }).click();
      await page.getByText('No program is told').waitFor();
    } finally {
      await receiver.close();
    }
  });

  it('the operator changes the policy of an account, which tells what is its own', async () => {
    const link = /\S+\/set-up#\S+/.exec(latchkey.setUpLink ?? '')?.[0] ?? '';
    await page.goto(`${latchkey.managementUrl}/set-up#${tokenOf(link)}`);
    await page.getByLabel('E-mail').fill('operator@example.com');
    await page.getByLabel('Your name').fill('Olu');
    await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery staple');
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.waitForURL('**/accounts/*/keys');
    await page.goto(at('settings'));
    await page.getByRole('button', { name: 'Change…' }).click();
    await page.getByLabel('Age of a secret, in days').fill('soon');
    await page.getByLabel('Longest grace, in days').fill('14');
    watched.expectRefusal(400, `/v1/accounts/${accountId}/policy`);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('The policy was not changed').waitFor();
    await page.getByLabel('Age of a secret, in days').fill('60');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const row = page.getByRole('row').filter({ hasText: 'Age of a secret' });
    await row.getByText('60 days').waitFor();
    await row.getByText('own', { exact: true }).waitFor();
    const { set } = await latchkey.manage('GET', `/v1/accounts/${accountId}/policy`);
    expect([set.secretAgeDaysMax, set.graceSecondsMax]).toEqual([60, 14 * 86_400]);
  });

  it('an auditor sees every room, and is offered nothing that changes', async () => {
    await call();
    await visit.enter('auditor');
    for (const room of rooms) {
      await page.getByRole('link', { name: room, exact: true }).click();
      await page.getByRole('heading', { level: 1, name: room }).waitFor();
      await page.waitForLoadState('networkidle');
      for (const name of [/^Save/, /^Add /, /^Change/, /^Set /, /^Remove/, /^Send/])
        expect([room, await page.getByRole('main').getByRole('button', { name }).count()]).toEqual([
          room,
          0,
        ]);
    }
  });

  it('has no serious fault for those who cannot see or point, light and dark, wide and narrow', async () => {
    await call();
    await visit.enter('admin');
    await expectSoundViews(page, paths.map(at));
  });
});
