/// <reference lib="dom" />
import { beforeEach, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Page, Response } from 'playwright-core';
import { seriousFaultsOf, type WatchedPage } from '../support/browser.js';
import { describeInConsole } from '../support/describe-in-console.js';
import { password } from '../support/enter-console.js';
import type { TestLatchkey } from '../support/latchkey.js';
import { meetSecret } from '../support/met-secrets.js';
import { addMember, tokenOf } from '../support/people.js';
import { codeOf, turnOnSecondFactor, type App } from '../support/second-factors.js';

const email = 'admin@example.com';
const stepMs = 30_000;
/** How old what a page shows may become. */
const staleMs = 5_000;

describeInConsole('The second factor in the console', {}, (visit) => {
  let latchkey: TestLatchkey;
  let watched: WatchedPage;
  let page: Page;
  let accountId: string;

  beforeEach(() => {
    ({ latchkey, watched, page, accountId } = visit);
  });

  const heading = (name: string) => page.getByRole('heading', { name }).waitFor();

  const isAnswerTo = (method: string, path: string) => (answer: Response) =>
    answer.request().method() === method && new URL(answer.url()).pathname === path;

  async function openSecurity(): Promise<void> {
    await page.getByRole('button', { name: /^Signed in as/ }).click();
    await page.getByRole('menuitem', { name: 'Security' }).click();
    await heading('Security');
  }

  /** As somebody who is in the console. @returns the app, and the codes that stand in for it */
  async function turnOn(): Promise<{ app: App; codes: string[] }> {
    await openSecurity();
    await visit.press('Turn on…');
    await page.getByRole('img', { name: 'QR code of the secret' }).waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);
    const shown = (await page.getByLabel('The secret').textContent()) ?? '';
    const app = { secret: shown.replaceAll(' ', '') };
    meetSecret(app.secret);
    await page.getByLabel('Code of the app').fill('12345');
    await page.getByLabel('Your password').fill(password);
    await visit.press('Turn on');
    await page.getByText('It is not on yet').waitFor();
    await page.getByLabel('Code of the app').fill(codeOf(app));
    await visit.press('Turn on');
    const codes = (await page.getByLabel('Recovery codes', { exact: true }).textContent())?.split('\n') ?? []; // prettier-ignore
    codes.forEach(meetSecret);
    return { app, codes };
  }

  async function signIn(): Promise<void> {
    await page.getByLabel('E-mail').fill(email);
    await page.getByRole('textbox', { name: 'Password' }).fill(password);
    await visit.press('Sign in');
  }

  it('is turned on, asked for at the next sign-in, and turned off', async () => {
    watched.expectRefusal(403, '/v1/session/second-factor/confirm');
    watched.expectRefusal(403, '/v1/session');
    await visit.enter('admin');
    const { app, codes } = await turnOn();
    expect(codes).toHaveLength(10);
    expect(await seriousFaultsOf(page)).toEqual([]);
    await visit.press('Copy them');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(codes.join('\n'));
    const downloading = page.waitForEvent('download');
    await visit.press('Download them');
    const file = await (await downloading).path();
    expect(readFileSync(file, 'utf8')).toContain(codes.join('\n'));
    expect(await page.getByRole('button', { name: 'Done' }).isDisabled()).toBe(true);
    await page.getByLabel('I have put them somewhere safe').check();
    await visit.press('Done');
    await page.getByText('Recovery codes left').waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);

    await page.getByRole('button', { name: /^Signed in as/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await signIn();
    const code = page.getByLabel('Code of the app');
    await code.waitFor();
    expect([await code.getAttribute('autocomplete'), await code.getAttribute('inputmode'), await page.getByRole('alert').count()]).toEqual(['one-time-code', 'numeric', 0]); // prettier-ignore
    expect(await seriousFaultsOf(page)).toEqual([]);
    await code.fill('12345');
    await visit.press('Sign in');
    await page.getByText('This code is not right now, or was used already.').waitFor();
    await visit.press('Use a recovery code');
    await page.getByRole('textbox', { name: 'Recovery code' }).fill(codes[0]?.toUpperCase() ?? '');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/accounts/${accountId}/keys`);

    await openSecurity();
    await page.getByText('9', { exact: true }).waitFor();
    await visit.press('Turn off…');
    await page.getByLabel('Your password').fill(password);
    await page.getByLabel('Code of the app').fill(codeOf(app, Date.now() + stepMs));
    expect(await seriousFaultsOf(page)).toEqual([]);
    await visit.press('Turn off');
    await page.getByRole('button', { name: 'Turn on…' }).waitFor();
  });

  it('shows its recovery codes until they are kept, though the page reads meanwhile that it is on', async () => {
    watched.expectRefusal(403, '/v1/session/second-factor/confirm');
    await visit.enter('admin');
    const { codes } = await turnOn();
    // What was read longer ago is read again as soon as somebody comes back to the page.
    await page.waitForTimeout(staleMs + 500);
    const answered = page.waitForResponse(isAnswerTo('GET', '/v1/session/second-factor'));
    await page.evaluate(() =>
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true })),
    );
    expect(await (await answered).json()).toMatchObject({ isOn: true });
    await page.getByText('Recovery codes left').waitFor();
    const shown = await page.getByLabel('Recovery codes', { exact: true }).textContent();
    expect(shown?.split('\n')).toEqual(codes);
    await page.getByLabel('I have put them somewhere safe').check();
    await visit.press('Done');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('that somebody thinks better of has had one secret made, and no more', async () => {
    await visit.enter('admin');
    await openSecurity();
    const begun: string[] = [];
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (request.method() === 'POST' && pathname === '/v1/session/second-factor')
        begun.push(pathname);
    });
    await visit.press('Turn on…');
    await page.getByRole('img', { name: 'QR code of the secret' }).waitFor();
    // Of all that is read anew, who is signed in comes last.
    const readAnew = page.waitForResponse(isAnswerTo('GET', '/v1/session'));
    await visit.press('Not now');
    await readAnew;
    expect(begun).toHaveLength(1);
  });

  it('gives other recovery codes, and is asked for by a recovery link', async () => {
    watched.expectRefusal(403, '/v1/session/second-factor/confirm');
    await visit.enter('admin');
    const { codes } = await turnOn();
    await page.getByLabel('I have put them somewhere safe').check();
    await visit.press('Done');
    await visit.press('New recovery codes…');
    await page.getByLabel('Your password').fill(password);
    await visit.press('Use a recovery code');
    await page.getByRole('textbox', { name: 'Recovery code' }).fill(codes[1] ?? '');
    await visit.press('Make them');
    const anew = (await page.getByLabel('Recovery codes', { exact: true }).textContent())?.split('\n') ?? []; // prettier-ignore
    anew.forEach(meetSecret);
    expect(anew.filter((code) => codes.includes(code))).toEqual([]);

    const { results } = await latchkey.manage('GET', `/v1/accounts/${accountId}/members`);
    const path = `/v1/accounts/${accountId}/members/${results[0].id}/recovery-link`;
    const token = tokenOf((await latchkey.manage('POST', path)).link);
    await page.goto('about:blank');
    await page.goto(`${latchkey.managementUrl}/recover#${token}`);
    await page.getByRole('textbox', { name: 'Password' }).fill('another password of theirs');
    await visit.press('Use a recovery code');
    await page.getByRole('textbox', { name: 'Recovery code' }).fill(anew[0] ?? '');
    expect(await seriousFaultsOf(page)).toEqual([]);
    await visit.press('Set the password');
    await page.waitForURL(`**/accounts/${accountId}/keys`);
  });

  it('that is turned on after a recovery link was opened is asked for by its page', async () => {
    const member = await addMember(latchkey, accountId, 'developer', 'dev@example.com');
    const path = `/v1/accounts/${accountId}/members/${member.memberId}/recovery-link`;
    const token = tokenOf((await latchkey.manage('POST', path)).link);
    await page.goto(`${latchkey.managementUrl}/recover#${token}`);
    await page.getByRole('textbox', { name: 'Password' }).fill('another password of theirs');
    const code = page.getByLabel('Code of the app');
    expect(await code.count()).toBe(0);
    const { recoveryCodes } = await turnOnSecondFactor(latchkey, member);
    watched.expectRefusal(403, '/v1/links/use');
    await visit.press('Set the password');
    await code.waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);
    await code.fill('12345');
    await visit.press('Set the password');
    await page.getByText('This code is not right now, or was used already.').waitFor();
    await visit.press('Use a recovery code');
    await page.getByRole('textbox', { name: 'Recovery code' }).fill(recoveryCodes[0] ?? '');
    await visit.press('Set the password');
    await page.waitForURL(`**/accounts/${accountId}/keys`);
  });

  it('of a member is reset by an admin', async () => {
    await visit.enter('admin');
    const { person } = await turnOnSecondFactor(
      latchkey,
      await addMember(latchkey, accountId, 'developer', 'dev@example.com'),
    );
    await page.getByRole('link', { name: 'Members' }).click();
    const row = page.getByRole('row').filter({ hasText: person.email });
    await row.getByText('second factor', { exact: true }).waitFor();
    await row.getByRole('button', { name: 'Reset second factor…' }).click();
    await heading(`Reset the second factor of ${person.name}`);
    expect(await seriousFaultsOf(page)).toEqual([]);
    await visit.press('Reset');
    await row.getByText('second factor', { exact: true }).waitFor({ state: 'detached' });
    const body = { email: person.email, password: person.password };
    expect((await latchkey.ask('POST', '/v1/session', { body })).status).toBe(204);
  });
});
