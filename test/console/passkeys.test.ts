/// <reference lib="dom" />
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { CDPSession, Page } from 'playwright-core';
import { absenceOfChromium, seriousFaultsOf, TestBrowser, type WatchedPage } from '../support/browser.js'; // prettier-ignore
import { describeWhere } from '../support/describe-where.js';
import { enterConsole, password } from '../support/enter-console.js';
import { startTestLatchkey, type TestLatchkey } from '../support/latchkey.js';
import { addPasskey, enterWithPasskey } from '../support/passkeys.js';
import { addMember } from '../support/people.js';

describeWhere(absenceOfChromium, 'Passkeys in the console', () => {
  const browser = new TestBrowser();
  let latchkey: TestLatchkey;
  let watched: WatchedPage;
  let page: Page;
  let accountId: string;
  /** The same Latchkey by the name for which there are passkeys. */
  let named: TestLatchkey;

  beforeAll(() => browser.open());
  afterAll(() => browser.close());

  beforeEach(async () => {
    latchkey = await startTestLatchkey();
    const managementUrl = `http://localhost:${new URL(latchkey.managementUrl).port}`;
    named = { ...latchkey, managementUrl };
    accountId = (await latchkey.manage('POST', '/v1/accounts', { name: 'Rolling Donut' })).id;
    watched = await browser.page();
    ({ page } = watched);
    watched.expectRefusal(401, '/v1/session');
  });

  afterEach(async () => {
    const complaints = watched.complaints();
    await watched.close();
    await latchkey.remove();
    expect(complaints).toEqual([]);
  });

  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

  /** A device that knows its owner by what they are. @returns how it is told whether it does, and its id */
  async function plugIn(): Promise<{ devtools: CDPSession; authenticatorId: string }> {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', automaticPresenceSimulation: true },
        ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
      },
    });
    return { devtools, authenticatorId };
  }

  async function openSecurity(): Promise<void> {
    await page.getByRole('button', { name: /^Signed in as/ }).click();
    await page.getByRole('menuitem', { name: 'Security' }).click();
    await page.getByRole('heading', { name: 'Passkeys' }).waitFor();
  }

  async function signOut(): Promise<void> {
    await page.getByRole('button', { name: /^Signed in as/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  }

  it('are added, sign in by themselves, and are removed', async () => {
    watched.expectRefusal(403, '/v1/session/passkeys/challenge');
    watched.expectRefusal(403, '/v1/session/passkey');
    const { devtools, authenticatorId } = await plugIn();
    await enterConsole(page, named, accountId, 'admin');
    await openSecurity();
    await press('Add…');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('My phone');
    await dialog.getByLabel('Your password').fill('no password of theirs');
    expect(await seriousFaultsOf(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.getByText('Nothing was added').waitFor();
    await dialog.getByLabel('Your password').fill(password);
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    const row = page.getByRole('row').filter({ hasText: 'My phone' });
    await row.getByText('not yet').waitFor();
    expect((await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials).toMatchObject([{ isResidentCredential: true, rpId: 'localhost' }]); // prettier-ignore
    expect(await seriousFaultsOf(page)).toEqual([]);

    await signOut();
    expect(await seriousFaultsOf(page)).toEqual([]);
    await press('Sign in with a passkey');
    await page.waitForURL(`**/accounts/${accountId}/keys`);
    await openSecurity();
    await row.waitFor();
    expect(await row.getByText('not yet').count()).toBe(0);

    await row.getByRole('button', { name: 'Remove My phone…' }).click();
    await page.getByRole('heading', { name: 'Remove My phone' }).waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);
    await press('Remove');
    await row.waitFor({ state: 'detached' });
    await signOut();
    await press('Sign in with a passkey');
    await page.getByText('This passkey is not known here').waitFor();
  });

  it('that somebody thinks better of are no error, and are asked for once more without a password', async () => {
    const { devtools, authenticatorId } = await plugIn();
    const verify = (isUserVerified: boolean) =>
      devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    await enterConsole(page, named, accountId, 'admin');
    await openSecurity();
    await verify(false);
    await press('Add…');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('My phone');
    await dialog.getByLabel('Your password').fill(password);
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.getByText('Nothing was added yet.').waitFor();
    expect([await dialog.getByRole('alert').count(), await dialog.getByLabel('Your password').count()]).toEqual([0, 0]); // prettier-ignore
    await verify(true);
    await dialog.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('row').filter({ hasText: 'My phone' }).waitFor();
    await signOut();
    await verify(false);
    const button = page.getByRole('button', { name: 'Sign in with a passkey' });
    // From the click on it is under way, until the browser has said no.
    const asked = page.waitForResponse(`${named.managementUrl}/v1/session/passkey`);
    await button.click();
    await asked;
    await page.locator('button[data-loading]').waitFor({ state: 'detached' });
    expect(await page.getByRole('alert').count()).toBe(0);
    await verify(true);
    await button.click();
    await page.waitForURL(`**/accounts/${accountId}/keys`);
  });

  it('are offered at their own address alone', async () => {
    await plugIn();
    const asked = page.waitForResponse(`${latchkey.managementUrl}/v1/session/passkey`);
    await page.goto(`${latchkey.managementUrl}/sign-in`);
    expect((await (await asked).json()).origin).toBe(named.managementUrl);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.getByRole('button', { name: 'Sign in with a passkey' }).count()).toBe(0);
    await enterConsole(page, latchkey, accountId, 'admin');
    await openSecurity();
    await page.getByRole('link', { name: named.managementUrl }).waitFor();
    expect(await page.getByRole('button', { name: 'Add…' }).count()).toBe(0);
    expect(await seriousFaultsOf(page)).toEqual([]);
  });

  it('of a member who has lost them are taken away by an admin', async () => {
    await enterConsole(page, latchkey, accountId, 'admin');
    const person = await addMember(latchkey, accountId, 'developer', 'dev@example.com');
    const { passkey } = await addPasskey(latchkey, person);
    await page.getByRole('link', { name: 'Members' }).click();
    const row = page.getByRole('row').filter({ hasText: person.email });
    await row.getByText('passkey', { exact: true }).waitFor();
    await row.getByRole('button', { name: 'Reset second factor…' }).click();
    await press('Reset');
    await row.getByText('passkey', { exact: true }).waitFor({ state: 'detached' });
    expect((await enterWithPasskey(latchkey, passkey)).status).toBe(403);
  });
});
