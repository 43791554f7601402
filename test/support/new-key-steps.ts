import type { Page } from 'playwright-core';
import { meetSecret } from './met-secrets.js';

/**
 * Makes a key on the page for it, step by step.
 *
 * @param what chooses what it may do
 * @param limits says from where and how often it may call
 * @returns its secret, as it is shown once
 */
export async function makeKeyByPage(
  page: Page,
  name: string,
  {
    what = async () => {},
    limits = async () => {},
  }: { what?: () => Promise<void>; limits?: () => Promise<void> } = {},
): Promise<string> {
  const next = () => page.getByRole('button', { name: 'Next', exact: true }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await next();
  await page.getByRole('group', { name: 'What it may do' }).waitFor();
  await what();
  await next();
  await page.getByRole('group', { name: 'From where, how long' }).waitFor();
  await limits();
  await next();
  await page.getByRole('group', { name: 'Look it over' }).waitFor();
  await page.getByRole('button', { name: 'Make the key' }).click();
  const secret = await page.getByRole('dialog').locator('pre').first().innerText();
  meetSecret(secret);
  return secret;
}
