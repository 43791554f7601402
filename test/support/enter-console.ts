import type { Page } from 'playwright-core';
import type { TestLatchkey } from './latchkey.js';
import { invite, seeAs, type Role, type SignedInPerson } from './people.js';

/** Of whoever comes in so. */
export const password = 'correct horse battery staple';

/** Is in the console as somebody who is new here, and where the keys are. How one joins by the page is shown by `first-key`. */
export async function enterConsole(
  page: Page,
  latchkey: Pick<TestLatchkey, 'ask' | 'manage' | 'managementUrl'>,
  accountId: string,
  role: Role,
): Promise<void> {
  const { token } = await invite(latchkey, accountId, role, `${role}@example.com`);
  const body = { token, password, name: 'Aoife Byrne' };
  const joined = await latchkey.ask('POST', '/v1/links/use', { body });
  await beThere(page, latchkey, await seeAs(latchkey, password, joined));
  await page.goto(`${latchkey.managementUrl}/accounts/${accountId}/keys`);
  await page.getByRole('navigation').waitFor();
}

/** From now on the browser is that of somebody who is signed in. */
export async function beThere(
  page: Page,
  { managementUrl }: Pick<TestLatchkey, 'managementUrl'>,
  { session }: Pick<SignedInPerson, 'session'>,
): Promise<void> {
  const [name = '', value = ''] = session.split('=');
  await page.context().addCookies([{ name, value, url: managementUrl }]);
}
