import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeInConsole } from '../support/describe-in-console.js';
import { meetSecret } from '../support/met-secrets.js';

const hourMs = 3_600_000;
/** When there was a call, in hours before now. */
const hoursAgo = [8, 6, 4, 2, 0];
/** A log goes forward only: each begins before the first of them. */
const beginning = -9 * hourMs;
let skewMs = beginning;

describeInConsole(
  'The chart of the request log',
  {},
  (visit) => {
    let page: Page;
    const bars = () => page.getByRole('button', { name: /look closer/ });
    const rows = () => page.getByRole('row').filter({ hasText: '/latchkey/v1/self' });

    beforeEach(async () => {
      const { latchkey, accountId } = visit;
      ({ page } = visit);
      const key = await latchkey.manage<{ secret: string }>('POST', `/v1/accounts/${accountId}/keys`, { name: 'Till', scopes: [] }); // prettier-ignore
      meetSecret(key.secret);
      for (const hours of hoursAgo) {
        skewMs = -hours * hourMs;
        await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
      }
      await visit.enter('auditor');
      await page.goto(`${latchkey.managementUrl}/accounts/${accountId}/request-log?door=self`);
      await bars()
        .nth(hoursAgo.length - 1)
        .waitFor();
      expect(await rows().count()).toBe(hoursAgo.length);
    });

    afterEach(() => {
      skewMs = beginning;
    });

    it('is dragged over, and what was in that stretch is shown', async () => {
      const [from, to] = [await bars().nth(1).boundingBox(), await bars().nth(3).boundingBox()];
      if (from === null || to === null) throw new Error('There are no bars.');
      await page.mouse.move(from.x + from.width / 2, from.y + 10);
      await page.mouse.down();
      // It ends where there were no calls, and below the chart: a hand is not that steady.
      await page.mouse.move(to.x + to.width * 3, to.y + 200, { steps: 40 });
      await page.getByRole('status').filter({ hasText: 'look closer' }).waitFor();
      await page.mouse.up();
      await page.waitForURL(/[?&]from=.*&to=/);
      await rows().nth(3).waitFor({ state: 'detached' });
      expect(await rows().count()).toBe(3);
      // And a click is one bar, not a stretch of one.
      await page.goBack();
      await rows()
        .nth(hoursAgo.length - 1)
        .waitFor();
      await bars().nth(2).click();
      await rows().nth(1).waitFor({ state: 'detached' });
      expect(await rows().count()).toBe(1);
    });

    it('is looked at from near by the keyboard alone', async () => {
      await bars().first().focus();
      for (const key of ['Shift+ArrowRight', 'Escape', 'Shift+ArrowRight'])
        await page.keyboard.press(key);
      expect(await page.getByRole('button', { pressed: true, name: /look closer/ }).count()).toBe(
        2,
      );
      await page.keyboard.press('Enter');
      await page.waitForURL(/[?&]from=.*&to=/);
      await rows().nth(2).waitFor({ state: 'detached' });
      expect(await rows().count()).toBe(2);
    });
  },
  { wallClock: () => Date.now() + skewMs },
);
