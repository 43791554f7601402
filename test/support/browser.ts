/// <reference lib="dom" />
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';

const places = [
  process.env['CHROMIUM_PATH'],
  ...['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].filter((path) => path !== undefined);

const executablePath = places.find((path) => existsSync(path));

/** For `describeWhere`. */
export const absenceOfChromium =
  executablePath === undefined ? 'there is no Chromium: install it, or set CHROMIUM_PATH' : null;

/** A page, and all that was said against it while it was open. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts and of the console, and requests that failed; a request that may be refused is named beforehand. */
  complaints(): readonly string[];
  /** Such a request is answered so on purpose. */
  expectRefusal(status: number, path: string): void;
  close(): Promise<void>;
}

export class TestBrowser {
  #browser: Browser | null = null;

  async open(): Promise<void> {
    this.#browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
  }

  async close(): Promise<void> {
    await this.#browser?.close();
  }

  /** A page of a browser that nobody has used. */
  async page(size = { width: 1280, height: 860 }): Promise<WatchedPage> {
    if (this.#browser === null) throw new Error('The browser is not open.');
    const context = await this.#browser.newContext({ viewport: size, reducedMotion: 'reduce' });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    const said: string[] = [];
    const refusals: string[] = [];
    page.on('pageerror', (error) => said.push(`error: ${error.message}`));
    page.on('console', (message) => {
      // What failed to load is told by the answer itself.
      const isOfAnswer = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isOfAnswer) said.push(`console: ${message.text()}`);
    });
    page.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? '';
      // A page that is left lets go of what it asked for.
      if (why !== 'net::ERR_ABORTED') said.push(`failed: ${request.url()} ${why}`);
    });
    page.on('response', (response) => {
      const seen = `${response.status()} ${new URL(response.url()).pathname}`;
      if (response.status() >= 400 && !refusals.includes(seen)) said.push(`answered: ${seen}`);
    });
    return {
      page,
      complaints: () => said,
      expectRefusal: (status, path) => refusals.push(`${status} ${path}`),
      close: () => context.close(),
    };
  }
}

/** What an accessibility engine finds wrong with a page that is serious, in a line each (WCAG 2.2 AA). */
export async function seriousFaultsOf(page: Page): Promise<readonly string[]> {
  // What is still fading in is as pale as it never stays. A loader turns for as long as it is there.
  await page.evaluate(async () => {
    const passing = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity);
    await Promise.allSettled(passing.map(({ finished }) => finished));
  });
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
  const faults = await page.evaluate(async () => {
    const engine = (globalThis as unknown as { axe: typeof axe }).axe;
    const found = await engine.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    });
    return found.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(
          ({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`,
        ),
      );
  });
  return faults;
}
