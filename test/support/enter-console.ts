import type { Page } from 'playwright-core';
import type { TestLatchkey } from './latchkey.js';
import { invite, type Role } from './people.js';

/** Comes into the console by an invitation, as somebody who is new here, and is where the keys are. */
export async function enterConsole(
  page: Page,
  latchkey: Pick<TestLatchkey, 'ask' | 'manage' | 'managementUrl'>,
  accountId: string,
  role: Role,
): Promise<void> {
  const { token } = await invite(latchkey, accountId, role, `${role}@example.com`);
  await page.goto(`${latchkey.managementUrl}/join#${token}`);
  await page.getByLabel('Your name').fill('Aoife Byrne');
  await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery staple');
  await page.getByRole('button', { name: 'Begin' }).click();
  await page.waitForURL(`**/accounts/${accountId}/keys`);
}
