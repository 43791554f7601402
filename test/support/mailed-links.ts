import { freePort } from './free-port.js';
import { tokenOf } from './people.js';
import type { ReceivedMail, SmtpInbox } from './smtp-inbox.js';
import { until } from './until.js';

/** With it invitations and recovery links go by e-mail, and lead to where the server listens. */
export async function mailing({ port }: SmtpInbox): Promise<Record<string, string>> {
  const managementPort = await freePort();
  return {
    SMTP_URL: `smtp://127.0.0.1:${port}`,
    NOTICE_FROM: 'keys@example.org',
    MANAGEMENT_PORT: String(managementPort),
    CONSOLE_URL: `http://127.0.0.1:${managementPort}`,
  };
}

/** The link that a mail brings, the same in both of its forms. */
export function linkIn(mail: ReceivedMail): string {
  const [link = ''] = /https?:\/\/\S+#\w+/.exec(mail.part('text/plain')) ?? [];
  const [, inHtml] = /<a href="([^"]+)"/.exec(mail.part('text/html')) ?? [];
  if (link === '' || link !== inHtml) throw new Error('A mail without a link.');
  tokenOf(link);
  return link;
}

/** Waits for so many mails to an address. @returns them, the first one first */
export async function mailsTo(
  inbox: SmtpInbox,
  email: string,
  count: number,
): Promise<ReceivedMail[]> {
  const mails = () => inbox.mails.filter(({ to }) => to.includes(email));
  await until(`${count} mails to ${email}`, () => mails().length >= count);
  for (const mail of mails()) linkIn(mail);
  return mails();
}

/** Waits for the next mail to an address, and takes what its link holds. */
export async function mailedToken(inbox: SmtpInbox, email: string, count = 1): Promise<string> {
  const mail = (await mailsTo(inbox, email, count))[count - 1];
  return tokenOf(linkIn(mail as ReceivedMail));
}
