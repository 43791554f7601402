/// <reference lib="dom" />
import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeInConsole } from '../support/describe-in-console.js';
import type { Json } from '../support/latchkey.js';
import { meetSecret } from '../support/met-secrets.js';

/** Pixels: longer than about 120 letters of it, the eye loses the line. */
const lineMax = 1000;
/** Of what stands beside one another in a row. */
const contentMax = 1800;

/** What is wrong with a view on a screen that is far wider than it needs. */
function faultsOf(page: Page): Promise<readonly string[]> {
  return page.evaluate(
    ({ lineMax, contentMax }) => {
      const main = document.querySelector('main') ?? document.body;
      const found: string[] = [];
      const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const range = document.createRange();
        range.selectNodeContents(texts.currentNode);
        if ([...range.getClientRects()].some(({ width }) => width > lineMax))
          found.push(`a long line: ${texts.currentNode.textContent?.slice(0, 60)}`);
      }
      for (const part of main.children)
        if (part.getBoundingClientRect().width > contentMax)
          found.push(`too wide: ${part.outerHTML.slice(0, 100)}`);
      const places = [...main.querySelectorAll('a, button, input, textarea')]
        .map((place) => ({ place, box: place.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 1 && box.height > 1);
      for (const [i, one] of places.entries())
        for (const other of places.slice(i + 1)) {
          // A button may stand in a field, and a field in what is pressed.
          if (one.place.closest('.mantine-InputWrapper-root')?.contains(other.place)) continue;
          if (one.place.contains(other.place)) continue;
          const isApart =
            one.box.right <= other.box.left + 1 ||
            other.box.right <= one.box.left + 1 ||
            one.box.bottom <= other.box.top + 1 ||
            other.box.bottom <= one.box.top + 1;
          if (!isApart)
            found.push(`one over another: ${one.place.outerHTML.slice(0, 80)} ${other.place.outerHTML.slice(0, 80)}`); // prettier-ignore
        }
      return found;
    },
    { lineMax, contentMax },
  );
}

describeInConsole('The console on a screen of 3840 pixels', {}, (visit) => {
  it('no line is longer than the eye follows, and nothing stands over something else', async () => {
    const { latchkey, page } = visit;
    const account = `/v1/accounts/${visit.accountId}`;
    const long = 'What is told of it takes more room than a line has. '.repeat(9).trim();
    await latchkey.manage('PUT', '/v1/scopes/contacts.read', { description: long });
    const key = await latchkey.manage<Json>('POST', `${account}/keys`, {
      ...{ name: 'CRM sync', scopes: ['contacts.read'], description: long, purpose: long },
    });
    meetSecret(key.secret);
    await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
    const rotation = await latchkey.manage('POST', `${account}/keys/${key.id}/rotations`, {});
    meetSecret(rotation.secret);
    await visit.enter('admin');
    await page.setViewportSize({ width: 3840, height: 2160 });
    const rooms = ['keys', `keys/${key.id}`, 'hygiene', 'request-log', 'audit', 'ip-allowlist', 'notices', 'members', 'settings']; // prettier-ignore
    for (const path of [
      ...rooms.map((room) => `/accounts/${visit.accountId}/${room}`),
      '/me/security',
    ]) {
      // prettier-ignore
      await page.goto(latchkey.managementUrl + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForLoadState('networkidle');
      expect([path, ...(await faultsOf(page))]).toEqual([path]);
    }
  });
});
