/// <reference lib="dom" />
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { absenceOfChromium, TestBrowser, type WatchedPage } from '../support/browser.js';
import { publishCrm } from '../support/crm.js';
import { describeWhere } from '../support/describe-where.js';
import { beThere } from '../support/enter-console.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { meetSecret } from '../support/met-secrets.js';
import { addPasskey } from '../support/passkeys.js';
import { addMember, invite, tokenOf, type SignedInPerson } from '../support/people.js';
import { turnOnSecondFactor } from '../support/second-factors.js';
import { expectSound } from '../support/sound-views.js';

const dayMs = 86_400_000;
/** For longer than hygiene lets scopes lie unused. */
const idleDays = 100;
const browser = new TestBrowser();
let latchkey: TestLatchkey;
let watched: WatchedPage;
let page: Page;
/** What stands in a path for what is known once it is there. */
const ids: Record<string, string> = {};
/** Each of them sees dialogs that the others do not: `secured` has a second factor and a passkey. */
type Visitor = 'admin' | 'secured' | 'operator';
const people = {} as Record<Visitor, SignedInPerson>;
let recoveryCode = '';

type Step = () => Promise<void>;
const press = (name: string | RegExp) => () =>
  page
    .getByRole('button', typeof name === 'string' ? { name, exact: true } : { name })
    .first()
    .click();
const item = (name: string) => () => page.getByRole('menuitem', { name }).click();
const fill = (label: string | RegExp, text: () => string) => () =>
  page.getByLabel(label).fill(text());
const check = (name: string | RegExp) => () =>
  page.getByRole('checkbox', typeof name === 'string' ? { name, exact: true } : { name }).check();
const uncheck = (name: string) => () =>
  page.getByRole('dialog').getByRole('checkbox', { name }).uncheck();
const pick = (of: string, option: string) => async () => {
  await page.getByRole('combobox', { name: of }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
};
/** The first of what a table lists. */
const openFirst = () => page.getByRole('row').nth(1).getByRole('button').first().click();
const all =
  (...steps: readonly Step[]): Step =>
  async () => {
    for (const step of steps) await step();
  };
/** What is shown once is a secret, or holds one. */
const makes = (name: string) => async () => {
  await press(name)();
  const shown = (await page.getByRole('dialog').locator('pre').first().innerText()).trim();
  for (const line of shown.split('\n')) meetSecret(line.includes('#') ? tokenOf(line) : line);
};

type Row = readonly [
  what: string,
  file: string,
  visitor: Visitor,
  path: string,
  ...steps: readonly Step[],
];

/** What is opened over a page, the file that has it, who opens it, where, and how: after each step it is looked at. */
// prettier-ignore
const opened: readonly Row[] = [
  ['the menu of who is signed in', 'app/shell.tsx', 'admin', '/accounts/:account/keys', press(/^Signed in as/)],

  ['keys that are suspended', 'api-keys/keys.page.tsx', 'admin', '/accounts/:account/keys', all(check('Choose used'), press('Suspend 1 key…'))],
  ['keys that go on', 'api-keys/keys.page.tsx', 'admin', '/accounts/:account/keys', all(check('Choose suspended'), press('Resume 1 key…'))],
  ['what is said of a key', 'api-keys/key.page.tsx', 'admin', '/accounts/:account/keys/:used', press('Edit…')],
  ['the limits of a key', 'api-keys/key.page.tsx', 'admin', '/accounts/:account/keys/:used', press('Change the limits…')],
  ['a key that is revoked', 'api-keys/key-actions.tsx', 'admin', '/accounts/:account/keys/:used', press('Revoke…'), fill(/^To be sure/, () => 'used')],
  ['the scopes of a key', 'api-keys/scopes-card.tsx', 'admin', '/accounts/:account/keys/:used', press('Change the scopes…'), uncheck('latchkey.keys.read')],

  ['a rotation that begins', 'rotations/rotation-card.tsx', 'admin', '/accounts/:account/keys/:turned', press('Rotate…'), makes('Make the new secret')],
  ['a secret that is made anew', 'rotations/reissue.tsx', 'admin', '/accounts/:account/keys/:unused', press(/^Its secret was lost/), makes('Make it anew')],
  ['a rotation that is finished', 'rotations/rotation-endings.tsx', 'admin', '/accounts/:account/keys/:rotating', press('Finish…')],
  ['a rotation whose end is moved', 'rotations/rotation-endings.tsx', 'admin', '/accounts/:account/keys/:rotating', press('Move the end…'), fill(/^When the old secret is to/, () => new Date(Date.now() + 3_600_000).toISOString().slice(0, 16))],
  ['a rotation that is cancelled', 'rotations/rotation-endings.tsx', 'admin', '/accounts/:account/keys/:rotating', press('Cancel the rotation…')],

  ['a list that locks out who saves it', 'ip-allowlists/allowlist-editor.tsx', 'admin', '/accounts/:account/ip-allowlist?add=203.0.113.7', all(() => page.getByText('Enforce', { exact: true }).click(), press('Save'))],
  ['a key that is given an end', 'hygiene/remedy.tsx', 'admin', '/accounts/:account/hygiene', press('Set an expiry…')],
  ['scopes that are taken away', 'hygiene/remedy.tsx', 'admin', '/accounts/:account/hygiene', press('Remove them…')],

  ['a call that was let through', 'request-log/request-log.tsx', 'admin', '/accounts/:account/request-log?door=self', openFirst],
  ['a call that was denied', 'request-log/request-log.tsx', 'admin', '/accounts/:account/request-log?reason=SCOPE_MISSING', openFirst],
  ['views that are kept', 'request-log/saved-views.tsx', 'admin', '/accounts/:account/request-log?decision=denied', press('Views'), all(fill('Keep these filters as', () => 'What was denied'), press('Keep'))],
  ['an export', 'request-log/export-dialog.tsx', 'admin', '/accounts/:account/request-log?door=self', press('Export…'), press('Export')],
  ['a change', 'audit/audit.page.tsx', 'admin', '/accounts/:account/audit?action=key.created', openFirst],

  ['a notice', 'notices/notices.page.tsx', 'admin', '/accounts/:account/notices', openFirst],
  ['a webhook that is added', 'notices/webhooks.tsx', 'admin', '/accounts/:account/notices?tab=webhooks', press('Add a webhook…'), all(fill(/^Where notices/, () => 'https://hooks.example.com/another'), makes('Add the webhook'))],
  ['a webhook that is changed', 'notices/webhooks.tsx', 'admin', '/accounts/:account/notices?tab=webhooks', press('Edit…')],
  ['a webhook with a new secret', 'notices/webhooks.tsx', 'admin', '/accounts/:account/notices?tab=webhooks', press('New secret…'), makes('Make the new secret')],
  ['a webhook that is removed', 'notices/webhooks.tsx', 'admin', '/accounts/:account/notices?tab=webhooks', press('Remove…')],

  ['an invitation', 'members/members.page.tsx', 'admin', '/accounts/:account/members', press('Invite…'), all(fill(/^E-mail/, () => 'new@example.com'), makes('Make the link'))],
  ['another link for who is invited', 'members/invitations.tsx', 'admin', '/accounts/:account/members', makes('Make another link for waiting@example.com')],
  ['another role for oneself', 'members/members.page.tsx', 'admin', '/accounts/:account/members', pick('Role of admin aoife', 'Developer')],
  ['a member who is removed', 'members/members.page.tsx', 'admin', '/accounts/:account/members', press('Remove…')],
  ['the menu of a member', 'members/member-help.tsx', 'admin', '/accounts/:account/members', press('More for admin siobhan')],
  ['a link for a new password', 'members/member-help.tsx', 'admin', '/accounts/:account/members', all(press('More for admin siobhan'), item('Link for a new password…')), makes('Make the link')],
  ['a member who is signed out', 'members/member-help.tsx', 'admin', '/accounts/:account/members', all(press('More for admin siobhan'), item('Sign out everywhere…'))],
  ['a second factor that is reset', 'members/reset-second-factor.tsx', 'admin', '/accounts/:account/members', press('Reset second factor…')],

  ['a password that is changed', 'session/password-card.tsx', 'secured', '/me/security', press('Change…')],
  ['a second factor that is turned on', 'session/second-factor-card.tsx', 'admin', '/me/security', press('Turn on…')],
  ['new recovery codes', 'session/second-factor-card.tsx', 'secured', '/me/security', press('New recovery codes…'), press('Use a recovery code'), all(fill('Your password', () => people.secured.password), fill(/^Recovery code/, () => recoveryCode), makes('Make them'))],
  ['a second factor that is turned off', 'session/second-factor-card.tsx', 'secured', '/me/security', press('Turn off…')],
  ['a passkey that is added', 'session/passkeys-card.tsx', 'admin', '/me/security', press('Add…')],
  ['a passkey that is removed', 'session/passkeys-card.tsx', 'secured', '/me/security', press('Remove Phone…')],

  ['an account that is made', 'accounts/accounts.page.tsx', 'operator', '/installation/accounts', press('New account')],
  ['an account that is changed', 'accounts/account.page.tsx', 'operator', '/installation/accounts/:account', press('Edit…'), () => page.getByRole('switch', { name: /every scope/ }).uncheck()],
  ['an account that is suspended', 'accounts/account.page.tsx', 'operator', '/installation/accounts/:account', press('Suspend…')],
  ['a binding that is made', 'bindings/bindings-card.tsx', 'operator', '/installation/accounts/:account', press('Bind to a service…'), () => page.getByRole('radio', { name: 'This one' }).check()],
  ['a binding that is changed', 'bindings/bindings-card.tsx', 'operator', '/installation/accounts/:account', press(/^Edit the binding to crm/)],
  ['a binding that is removed', 'bindings/bindings-card.tsx', 'operator', '/installation/accounts/:account', press(/^Remove the binding to crm/)],
  ['a service that is made', 'services/services.page.tsx', 'operator', '/installation/services', press('New service')],
  ['a service that is changed', 'services/service.page.tsx', 'operator', '/installation/services/crm', press('Edit…')],
  ['a scope that is added', 'scopes/scopes.page.tsx', 'operator', '/installation/scopes', press('New scope')],
  ['a scope that is changed', 'scopes/scopes.page.tsx', 'operator', '/installation/scopes', press('Edit contacts.read')],
  ['a scope that is deleted', 'scopes/scopes.page.tsx', 'operator', '/installation/scopes', press('Delete contacts.read')],
];

/** Its one dialog shows a new secret, as the one of a rotation does. */
const otherwise = new Set(['api-keys/new-key.page.tsx']);

const isOpening = /<(?:Modal|Drawer|Menu|Popover)\b(?!\.)/g;

/** How many are opened by each file of the console that opens any. */
function openedByFiles(): Record<string, number> {
  const folder = fileURLToPath(new URL('../../console/src', import.meta.url));
  const counts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.tsx') && !otherwise.has(file))
    .map((file) => [file, readFileSync(`${folder}/${file}`, 'utf8').match(isOpening)?.length ?? 0]);
  return Object.fromEntries(counts.filter(([, count]) => count !== 0));
}

/** A key of each kind that a dialog is about, and whatever else has to be there before one opens. */
async function prepare(passed: { days: number }): Promise<void> {
  const crm = await publishCrm(latchkey, 'http://127.0.0.1:9');
  const account = `/v1/accounts/${crm.accountId}`;
  ids['account'] = crm.accountId;
  const scopes = ['contacts.read', 'latchkey.keys.read'];
  const keys: Record<string, Json> = {};
  for (const name of ['idle', 'used', 'unused', 'turned', 'rotating', 'suspended']) {
    keys[name] = await crm.makeKey({ name, scopes });
    ids[name] = keys[name].id;
    meetSecret(keys[name].secret);
    passed.days = idleDays;
  }
  const { idle, used, rotating, suspended } = keys;
  await latchkey.call('GET', '/latchkey/v1/self', { secret: idle.secret });
  await latchkey.ask('GET', `${account}/keys`, { secret: used.secret });
  await latchkey.call('GET', '/latchkey/v1/self', { secret: used.secret });
  await latchkey.call('GET', '/crm/orders', { secret: used.secret });
  await latchkey.call('GET', '/latchkey/v1/self', { secret: rotating.secret });
  const rotation = { graceSeconds: 7 * 86_400 };
  const { secret } = await latchkey.manage('POST', `${account}/keys/${rotating.id}/rotations`, rotation); // prettier-ignore
  meetSecret(secret);
  await latchkey.call('GET', '/latchkey/v1/self', { secret });
  await latchkey.manage('POST', `${account}/keys/${suspended.id}/suspend`);
  await latchkey.manage('PUT', `${account}/services/crm`, { upstream: 'http://127.0.0.1:7' });
  const webhook = { url: 'https://hooks.example.com/latchkey', enabled: true };
  meetSecret((await latchkey.manage('POST', `${account}/webhooks`, webhook)).secret);
  await invite(latchkey, crm.accountId, 'auditor', 'waiting@example.com');

  people.admin = await addMember(latchkey, crm.accountId, 'admin', 'aoife@example.com');
  const member = await addMember(latchkey, crm.accountId, 'admin', 'siobhan@example.com');
  await addPasskey(latchkey, member);
  const { person, recoveryCodes } = await turnOnSecondFactor(latchkey, member);
  people.secured = person;
  [recoveryCode = ''] = recoveryCodes;
  const { results } = await latchkey.manage('GET', '/v1/accounts');
  const { id } = results.find(({ isOperator }: Json) => isOperator);
  people.operator = await addMember(latchkey, id, 'admin');
}

describeWhere(absenceOfChromium, 'Over a page of the console', () => {
  beforeAll(async () => {
    await browser.open();
    const passed = { days: 0 };
    const started = await startTestLatchkey({}, { wallClock: () => Date.now() + passed.days * dayMs }); // prettier-ignore
    // There are passkeys for a name alone.
    const managementUrl = `http://localhost:${new URL(started.managementUrl).port}`;
    latchkey = { ...started, managementUrl };
    await prepare(passed);
  });

  afterAll(async () => {
    await browser.close();
    await latchkey.remove();
  });

  beforeEach(async () => {
    watched = await browser.page();
    ({ page } = watched);
  });

  afterEach(async () => {
    const complaints = watched.complaints();
    await watched.close();
    expect(complaints).toEqual([]);
  });

  it.each(opened)('%s is sound, light and dark, wide and narrow', async (...row) => {
    const [what, , visitor, path, ...steps] = row;
    await beThere(page, latchkey, people[visitor]);
    await page.goto(latchkey.managementUrl + path.replace(/:(\w+)/g, (_, name) => ids[name] ?? ''));
    for (const step of steps) {
      await step();
      await page.locator('[role=dialog], [role=menu]').first().waitFor();
      await expectSound(page, what);
    }
  });

  it('nothing opens that is not in the table of those that are sound', () => {
    const files = Object.entries(openedByFiles());
    const lacking = files.filter(
      ([file, count]) => opened.filter(([, of]) => of === file).length < count,
    );
    expect(lacking).toEqual([]);
    expect(files.length).toBeGreaterThan(20);
  });
});
