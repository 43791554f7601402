import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { LatchkeyProcess } from '../support/latchkey-process.js';
import { linkIn, mailing } from '../support/mailed-links.js';
import { tokenOf } from '../support/people.js';
import { send } from '../support/send.js';
import { startSmtpInbox, type SmtpInbox } from '../support/smtp-inbox.js';
import { until } from '../support/until.js';
import { WorkFolder } from '../support/work-folder.js';

// A mail that was under way when its process was killed is sent again a minute later.
jest.setTimeout(240_000);

const email = 'invited@example.com';

let folder: WorkFolder;
let inbox: SmtpInbox;
let process: LatchkeyProcess;

beforeEach(async () => {
  inbox = await startSmtpInbox();
  folder = new WorkFolder();
});

afterEach(async () => {
  await folder.remove();
  await inbox.close();
});

it('killed while a mail server has an invitation and has not said so: another link is sent, and the first opens nothing', async () => {
  const environment = await mailing(inbox);
  const start = async () => {
    process = folder.run(environment);
    await process.running;
  };
  await start();
  let answer = () => {};
  inbox.held.until = new Promise((resolve) => (answer = resolve));
  const { id } = await folder.manage(process, 'POST', '/v1/accounts', { name: 'Rolling Donut' });
  const path = `/v1/accounts/${id}/invitations`;
  await folder.manage(process, 'POST', path, { email, role: 'auditor' });
  await until('the server has it', () => inbox.mails.length === 1);
  await process.stop('SIGKILL');
  answer();
  inbox.held.until = null;
  await start();
  await until('it comes again', () => inbox.mails.length === 2, 120_000);
  const url = environment['CONSOLE_URL'] as string;
  const read = async (mail = inbox.mails[0]) => {
    if (mail === undefined) throw new Error('There is no such mail.');
    const body = { token: tokenOf(linkIn(mail)) };
    return (await send(url, 'POST', '/v1/links/read', { body })).status;
  };
  expect([await read(inbox.mails[0]), await read(inbox.mails[1])]).toEqual([404, 200]);
  await until('it is settled', async () => {
    const { results } = await folder.manage(process, 'GET', path);
    return results[0].mail.state === 'delivered';
  });
  expect(await process.stop()).toBe(0);
});
