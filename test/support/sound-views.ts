/// <reference lib="dom" />
import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { seriousFaultsOf } from './browser.js';

const looks = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 360 },
] as const;

/**
 * Expects a view to be of use to everybody, light and wide, dark and as narrow as a small telephone: without a serious fault for
 * those who cannot see or point (WCAG 2.2 AA), and with nothing that is wider than the page.
 */
export async function expectSoundViews(page: Page, urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    // What differs behind the `#` alone is no other page to a browser.
    await page.goto('about:blank');
    await page.goto(url);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await expectSound(page, url);
  }
}

/** The same of what is open now. @param what it is, for whoever reads that it is not sound */
export async function expectSound(page: Page, what: string): Promise<void> {
  await page.waitForLoadState('networkidle');
  for (const { colorScheme, width } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
    const found = [...(await tooWideIn(page)), ...(await seriousFaultsOf(page))];
    expect([colorScheme, what, ...found]).toEqual([colorScheme, what]);
  }
}

/** What has to be scrolled sideways to be seen: the page, or what is open over it, which makes no page wider. */
function tooWideIn(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const { scrollWidth } = document.documentElement;
    const found = scrollWidth > window.innerWidth ? ['wider than the page'] : [];
    for (const open of document.querySelectorAll('[role=dialog], [role=menu]')) {
      const { left, right } = open.getBoundingClientRect();
      if (left >= 0 && right <= window.innerWidth && open.scrollWidth <= open.clientWidth) continue;
      const widest = [...open.querySelectorAll('*')].find(
        (part) => part.getBoundingClientRect().right > left + open.clientWidth,
      );
      found.push(`has no room: ${(widest ?? open).outerHTML.slice(0, 300)}`);
    }
    return found;
  });
}
