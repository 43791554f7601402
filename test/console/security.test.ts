/// <reference lib="dom" />
import { expect, it } from '@jest/globals';
import { seriousFaultsOf } from '../support/browser.js';
import { describeInConsole, type ConsoleVisit } from '../support/describe-in-console.js';
import { password } from '../support/enter-console.js';
import { signIn } from '../support/people.js';

const email = 'admin@example.com';
const another = 'another password of theirs';

async function openSecurity({ page }: ConsoleVisit): Promise<void> {
  await page.getByRole('button', { name: /^Signed in as/ }).click();
  await page.getByRole('menuitem', { name: 'Security' }).click();
  await page.getByRole('heading', { name: 'Security' }).waitFor();
}

describeInConsole('How somebody signs in, in the console', {}, (visit) => {
  it('the password is changed by who has it, and signs out everywhere else', async () => {
    const { page, latchkey, watched, press } = visit;
    watched.expectRefusal(403, '/v1/session/password');
    await visit.enter('admin');
    const elsewhere = await signIn(latchkey, { email, password });
    await openSecurity(visit);
    await press('Change…');
    const field = (label: string) => page.getByRole('textbox', { name: label });
    await field('The password you have now').fill('a wrong guess of it');
    await field('The new one').fill('too short');
    await press('Change it');
    await page.getByText('At least 12 characters.', { exact: true }).waitFor();
    await field('The new one').fill(another);
    await press('Change it');
    await page.getByRole('alert').getByText('do not belong together').waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);
    expect((await latchkey.ask('GET', '/v1/session', elsewhere)).status).toBe(200);
    await field('The password you have now').fill(password);
    await press('Change it');
    await page.getByText('Your password is another one now.').waitFor();
    expect((await latchkey.ask('GET', '/v1/session', elsewhere)).status).toBe(401);
    const say = (typed: string) =>
      latchkey.ask('POST', '/v1/session', { body: { email, password: typed } });
    expect([(await say(password)).status, (await say(another)).status]).toEqual([403, 204]);
    // Whoever changed it is still there.
    await page.reload();
    await page.getByRole('heading', { name: 'Security' }).waitFor();
  });

  it('every session is shown, and ended one by one or all but this', async () => {
    const { page, latchkey, press } = visit;
    await visit.enter('admin');
    const [first, second, third] = [
      await signIn(latchkey, { email, password }),
      await signIn(latchkey, { email, password }),
      await signIn(latchkey, { email, password }),
    ];
    await openSecurity(visit);
    const sessions = page.getByRole('region', { name: 'Your sessions' });
    const buttons = sessions.getByRole('button', { name: 'Sign out the session from 127.0.0.1' });
    await sessions.getByText('this one').waitFor();
    expect(await buttons.count()).toBe(3);
    expect(await seriousFaultsOf(page)).toEqual([]);
    const last = async () =>
      Promise.all(
        [first, second, third].map(
          async (one) => (await latchkey.ask('GET', '/v1/session', one)).status,
        ),
      );
    await buttons.first().click();
    await buttons.nth(2).waitFor({ state: 'detached' });
    // The latest is the first of the list.
    expect(await last()).toEqual([200, 200, 401]);
    await press('Sign out everywhere else');
    await buttons.first().waitFor({ state: 'detached' });
    expect(await last()).toEqual([401, 401, 401]);
    await page.reload();
    await sessions.getByText('this one').waitFor();
  });
});
