/// <reference lib="dom" />
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { absenceOfChromium, TestBrowser, type WatchedPage } from './browser.js';
import { describeWhere } from './describe-where.js';
import { enterConsole } from './enter-console.js';
import { startTestLatchkey, type TestLatchkey } from './latchkey.js';
import type { Role } from './people.js';

/** A Latchkey with one account, and a page of a browser that nobody has used: both anew for each test. */
export interface ConsoleVisit {
  readonly latchkey: TestLatchkey;
  readonly watched: WatchedPage;
  readonly page: Page;
  readonly accountId: string;
  /** Comes in as somebody who is new here, and is where the keys are. */
  enter(role: Role): Promise<void>;
  /** Presses the button of exactly this name. */
  press(name: string, within?: Page | Locator): Promise<void>;
}

/**
 * A `describe` for tests of the console in Chromium. Whatever was said against the page while a test ran fails that test.
 *
 * @param environment settings of the Latchkey
 * @param surroundings of the Latchkey, such as another clock
 * @param tests gets the visit of the test that runs: its fields are read in a test, and not before
 */
export function describeInConsole(
  title: string,
  environment: Record<string, string>,
  tests: (visit: ConsoleVisit) => void,
  surroundings: Parameters<typeof startTestLatchkey>[1] = {},
): void {
  const browser = new TestBrowser();
  const visit = {
    enter: (role: Role) => enterConsole(visit.page, visit.latchkey, visit.accountId, role),
    press: (name: string, within: Page | Locator = visit.page) =>
      within.getByRole('button', { name, exact: true }).click(),
  } as { -readonly [Name in keyof ConsoleVisit]: ConsoleVisit[Name] };
  describeWhere(absenceOfChromium, title, () => {
    beforeAll(() => browser.open());
    afterAll(() => browser.close());

    beforeEach(async () => {
      visit.latchkey = await startTestLatchkey(environment, surroundings);
      const account = { name: 'Rolling Donut' };
      visit.accountId = (await visit.latchkey.manage('POST', '/v1/accounts', account)).id;
      visit.watched = await browser.page();
      visit.page = visit.watched.page;
      // Nobody is signed in yet, and that is asked first.
      visit.watched.expectRefusal(401, '/v1/session');
    });

    afterEach(async () => {
      const complaints = visit.watched.complaints();
      await visit.watched.close();
      await visit.latchkey.remove();
      expect(complaints).toEqual([]);
    });

    tests(visit);
  });
}
