/// <reference lib="dom" />
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import {
  absenceOfChromium,
  seriousFaultsOf,
  TestBrowser,
  type WatchedPage,
} from '../support/browser.js';
import { describeWhere } from '../support/describe-where.js';
import { enterConsole } from '../support/enter-console.js';
import { startTestLatchkey, type TestLatchkey } from '../support/latchkey.js';
import { linkIn, mailing, mailsTo } from '../support/mailed-links.js';
import { tokenOf } from '../support/people.js';
import { startSmtpInbox, type ReceivedMail, type SmtpInbox } from '../support/smtp-inbox.js';

const password = 'correct horse battery staple';
const email = 'invited@example.com';

describeWhere(absenceOfChromium, 'The console, with links by e-mail', () => {
  const browser = new TestBrowser();
  let inbox: SmtpInbox;
  let latchkey: TestLatchkey;
  let watched: WatchedPage;
  let page: Page;
  let accountId: string;

  beforeAll(() => browser.open());
  afterAll(() => browser.close());

  beforeEach(async () => {
    inbox = await startSmtpInbox();
  });

  async function start(environment: Record<string, string>): Promise<void> {
    latchkey = await startTestLatchkey(environment, { courier: { retryDelaysMs: [50] } });
    const settings = { name: 'Rolling Donut' };
    ({ id: accountId } = await latchkey.manage<{ id: string }>('POST', '/v1/accounts', settings));
    watched = await somebody();
    ({ page } = watched);
  }

  /** A browser that nobody has used. */
  async function somebody(size?: { width: number; height: number }): Promise<WatchedPage> {
    const one = await browser.page(size);
    one.expectRefusal(401, '/v1/session');
    return one;
  }

  afterEach(async () => {
    const complaints = watched.complaints();
    await watched.close();
    await latchkey.remove();
    await inbox.close();
    expect(complaints).toEqual([]);
  });

  async function openInviteForm(): Promise<void> {
    await page.goto(`${latchkey.managementUrl}/accounts/${accountId}/members`);
    await page.getByRole('button', { name: 'Invite…' }).click();
    await page.getByLabel('E-mail').fill(email);
  }

  /** Follows the link of a mail in a browser of its own. */
  async function follow(mail: ReceivedMail): Promise<WatchedPage> {
    const guest = await somebody();
    await guest.page.goto(linkIn(mail));
    return guest;
  }

  it('somebody is invited, gets a mail, joins, forgets the password, gets a mail, and sets another', async () => {
    await start(await mailing(inbox));
    await enterConsole(page, latchkey, accountId, 'admin');
    await openInviteForm();
    await page.getByRole('button', { name: 'Send the invitation' }).click();
    await page.getByText(`Mailed to ${email}`).waitFor();
    expect(await page.getByText('#lkl_').count()).toBe(0);
    expect(await seriousFaultsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Done' }).click();
    const row = page.getByRole('row', { name: new RegExp(email) });
    await row.getByText(/^mailed/).waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);

    const [invitation] = (await mailsTo(inbox, email, 1)) as [ReceivedMail];
    const guest = await follow(invitation);
    await guest.page.getByLabel('Your name').fill('Aoife Byrne');
    await guest.page.getByRole('textbox', { name: 'Password' }).fill(password);
    await guest.page.getByRole('button', { name: 'Begin' }).click();
    await guest.page.waitForURL(`**/accounts/${accountId}/keys`);
    expect(guest.complaints()).toEqual([]);
    await guest.close();

    const forgetful = await somebody({ width: 390, height: 800 });
    await forgetful.page.goto(`${latchkey.managementUrl}/sign-in`);
    await forgetful.page.getByRole('link', { name: 'Forgot your password?' }).click();
    await forgetful.page.waitForURL('**/forgot');
    // The page of the sign-in has a field of the same name, and is there until this one has come.
    await forgetful.page.getByRole('heading', { name: 'Forgot your password?' }).waitFor();
    await forgetful.page.getByLabel('E-mail').fill(email);
    expect(await seriousFaultsOf(forgetful.page)).toEqual([]);
    await forgetful.page.getByRole('button', { name: 'Send the link' }).click();
    await forgetful.page.getByText('Look into your mail').waitFor();
    expect(await seriousFaultsOf(forgetful.page)).toEqual([]);
    expect(forgetful.complaints()).toEqual([]);
    await forgetful.close();

    const [, recovery] = (await mailsTo(inbox, email, 2)) as [ReceivedMail, ReceivedMail];
    const back = await follow(recovery);
    await back.page.getByRole('textbox', { name: 'Password' }).fill('another horse battery staple');
    await back.page.getByRole('button', { name: 'Set the password' }).click();
    await back.page.waitForURL(`**/accounts/${accountId}/keys`);
    expect(back.complaints()).toEqual([]);
    await back.close();
  });

  it('an invitation is sent again, or its link is made anew to be handed over, or taken back', async () => {
    await start(await mailing(inbox));
    await enterConsole(page, latchkey, accountId, 'admin');
    inbox.refusals.push(550);
    await openInviteForm();
    await page.getByRole('button', { name: 'Send the invitation' }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    const row = page.getByRole('row', { name: new RegExp(email) });
    await row.getByText('not mailed: answered 550').waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);
    await page.getByRole('button', { name: `Send again to ${email}` }).click();
    await row.getByText(/^mailed/).waitFor();
    const [mail] = (await mailsTo(inbox, email, 1)) as [ReceivedMail];
    await page.getByRole('button', { name: `Make another link for ${email}` }).click();
    const dialog = page.getByRole('dialog');
    const link = await dialog.locator('pre').innerText();
    expect(await seriousFaultsOf(page)).toEqual([]);
    expect(tokenOf(link)).not.toBe(tokenOf(linkIn(mail)));
    await dialog.getByRole('button', { name: 'Done' }).click();
    await row.getByText('by a link').waitFor();
    const read = async (token: string) =>
      (await latchkey.ask('POST', '/v1/links/read', { body: { token } })).status;
    expect([await read(tokenOf(linkIn(mail))), await read(tokenOf(link))]).toEqual([404, 200]);
    await page.getByRole('button', { name: `Take back the invitation of ${email}` }).click();
    await row.waitFor({ state: 'detached' });
  });

  it('without a server for e-mails links are handed over, and the pages say so', async () => {
    await start({});
    await page.goto(`${latchkey.managementUrl}/forgot`);
    await page.getByText('No e-mails are sent from here. Ask an admin').waitFor();
    expect(await seriousFaultsOf(page)).toEqual([]);
    await enterConsole(page, latchkey, accountId, 'admin');
    await openInviteForm();
    await page.getByText('No e-mails are sent from here: you get a link').waitFor();
    await page.getByRole('button', { name: 'Make the link' }).click();
    const link = await page.getByRole('dialog').locator('pre').innerText();
    expect(link).toContain(`${latchkey.managementUrl}/join#`);
    tokenOf(link);
    await page.getByRole('button', { name: 'Done' }).click();
    await page
      .getByRole('row', { name: new RegExp(email) })
      .getByText('by a link')
      .waitFor();
    expect(await page.getByRole('button', { name: /^Send/ }).count()).toBe(0);
  });
});
