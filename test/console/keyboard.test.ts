/// <reference lib="dom" />
import { beforeEach, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeInConsole } from '../support/describe-in-console.js';
import type { Json, TestLatchkey } from '../support/latchkey.js';
import { meetSecret } from '../support/met-secrets.js';
import { until } from '../support/until.js';

/** More than there are places on any page. */
const placesMax = 120;

describeInConsole('The console without a mouse', {}, (visit) => {
  let latchkey: TestLatchkey;
  let page: Page;
  let key: Json;
  const at = (path: string) => `${latchkey.managementUrl}/accounts/${visit.accountId}/${path}`;

  beforeEach(async () => {
    ({ latchkey, page } = visit);
    await latchkey.manage('PUT', '/v1/scopes/contacts.read', { description: 'Read contacts' });
    const settings = { name: 'CRM sync', scopes: ['contacts.read'] };
    key = await latchkey.manage('POST', `/v1/accounts/${visit.accountId}/keys`, settings);
    meetSecret(key.secret);
    await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
    await visit.enter('admin');
  });

  /** What has the focus: what it is called, whether that is seen, and whether it is in what is open over the page. */
  const focus = () =>
    page.evaluate(() => {
      const focused = document.activeElement as HTMLElement & Partial<HTMLInputElement>;
      const names = [
        focused.getAttribute('aria-label'),
        ...[...(focused.labels ?? [])].map(({ textContent }) => textContent),
        focused.textContent,
      ];
      const hasRing = (part: Element | null) => {
        if (part === null) return false;
        const { outlineStyle, outlineWidth } = getComputedStyle(part);
        return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0;
      };
      // A field is drawn in the colour of what can be done.
      const probe = document.body.appendChild(document.createElement('i'));
      probe.style.color = 'var(--mantine-primary-color-filled)';
      const isField = focused.matches('.mantine-Input-input');
      const isColoured = getComputedStyle(focused).borderTopColor === getComputedStyle(probe).color;
      probe.remove();
      return {
        name: (names.find((name) => name) ?? '').replace(' *', '').trim(),
        // The box of a choice is drawn by what stands beside it.
        isSeen: hasRing(focused) || hasRing(focused.nextElementSibling) || (isField && isColoured),
        isOverPage: focused.closest('[role=dialog], [role=menu]') !== null,
        html: focused.outerHTML.slice(0, 120),
      };
    });

  async function type(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await page.keyboard.press(key);
  }

  const isCalled = (name: string | RegExp, given: string) =>
    typeof name === 'string' ? given === name : name.test(given);

  /** Waits until something has the focus that is seen to have it. */
  async function expectFocus(name: string | RegExp): Promise<void> {
    await until(`the focus is on ${name}`, async () => isCalled(name, (await focus()).name));
    expect(await focus()).toMatchObject({ isSeen: true });
  }

  /** Goes from one place to the next, each of which is seen, and none of which is behind what is open. */
  async function goTo(name: string | RegExp): Promise<void> {
    const isOpen = (await page.locator('[role=dialog], [role=menu]').count()) > 0;
    for (let places = 0; places < placesMax; places += 1) {
      await type('Tab');
      const { html, ...now } = await focus();
      if (html.startsWith('<body')) continue;
      expect({ html, ...now }).toMatchObject({ isSeen: true, ...(isOpen && { isOverPage: true }) });
      if (isCalled(name, now.name)) return;
    }
    throw new Error(`No key leads to ${name}.`);
  }

  const expectClosed = () =>
    page.locator('[role=dialog], [role=menu]').waitFor({ state: 'detached' });

  it('a menu opens at Enter, is gone through with the arrows, and gives the focus back at Escape', async () => {
    await goTo(/^Signed in as/);
    await type('Enter');
    await expectFocus('Security');
    await type('ArrowDown');
    await expectFocus('API reference');
    await type('ArrowUp', 'ArrowUp');
    await expectFocus('Sign out');
    await type('Escape');
    await expectClosed();
    await expectFocus(/^Signed in as/);
    await type('Enter');
    await expectFocus('Security');
    await type('Enter');
    await page.waitForURL('**/me/security');
  });

  it('a rotation is opened, its secret is kept, and it is finished', async () => {
    await page.goto(at(`keys/${key.id}`));
    await page.getByRole('button', { name: 'Rotate…' }).waitFor();
    await goTo('Rotate…');
    await type('Enter');
    await page.getByRole('dialog').waitFor();
    await goTo(/^A week/);
    await type('ArrowUp');
    await expectFocus(/^A day/);
    await goTo('Make the new secret');
    await type('Enter');
    const secret = await page.getByRole('dialog').locator('pre').first().innerText();
    meetSecret(secret);
    await goTo('Copy the secret');
    await type('Enter');
    await until('it is copied', async () => (await page.evaluate(() => navigator.clipboard.readText())) === secret); // prettier-ignore
    await goTo('I have put it somewhere safe');
    await type('Space');
    await goTo('Done');
    await type('Enter');
    await expectClosed();
    expect((await latchkey.call('GET', '/latchkey/v1/self', { secret })).status).toBe(200);

    await page.getByRole('button', { name: 'Finish…' }).waitFor();
    await goTo('Finish…');
    await type('Enter');
    await page.getByRole('dialog').waitFor();
    await type('Escape');
    await expectClosed();
    await expectFocus('Finish…');
    await type('Enter');
    await page.getByRole('dialog').waitFor();
    await goTo('End the old secret');
    await type('Enter');
    await page.getByRole('button', { name: 'Rotate…' }).waitFor();
    const old = await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
    expect(old.status).toBe(401);
  });

  it('the request log is filtered, a call is opened, and the focus is back where it was', async () => {
    await page.goto(at('request-log'));
    await page.getByRole('row').nth(1).waitFor();
    await goTo('Decision');
    await type('Enter');
    await page.getByRole('option').first().waitFor();
    await type('ArrowDown', 'Enter');
    await page.waitForURL('**/request-log?decision=*');
    await page.goto(at('request-log?door=self'));
    await page.getByRole('row').nth(1).waitFor();
    await goTo('is');
    await page.keyboard.type('127.0.0.1');
    await type('Enter');
    await page.waitForURL('**/request-log?*ip=127.0.0.1*');
    await goTo(/^Take away: From/);
    await type('Enter');
    await page.waitForURL((url) => !url.search.includes('ip='));
    const first = page.getByRole('row').nth(1).getByRole('button').first();
    const name = await first.innerText();
    await goTo(name);
    await type('Enter');
    await page.getByRole('dialog').waitFor();
    await goTo('Close');
    await type('Escape');
    await expectClosed();
    await expectFocus(name);
  });

  it('a list of addresses is written, and one that locks out is thought better of', async () => {
    await page.goto(at('ip-allowlist'));
    await page.getByText('Report only', { exact: true }).waitFor();
    await goTo('Off');
    await type('ArrowRight');
    await expectFocus('Report only');
    await goTo('Addresses and networks');
    await page.keyboard.type('198.51.100.0/24');
    await goTo('Save');
    await type('Enter');
    await page.getByText(/^Saved\./).waitFor();
    await page.goto(at('ip-allowlist'));
    await page.getByLabel('Addresses and networks').waitFor();
    await goTo('Report only');
    await type('ArrowRight');
    await expectFocus('Enforce');
    await goTo('Save');
    await type('Enter');
    await page.getByRole('dialog').waitFor();
    await goTo('Do not save');
    await type('Enter');
    await expectClosed();
    await expectFocus('Save');
    const list = await latchkey.manage('GET', `/v1/accounts/${visit.accountId}/ip-allowlist`);
    expect(list.mode).toBe('report');
  });
});
