import { noticeText, type NoticeText } from '../core/notice-text.js';
import type { Notice } from '../core/notice.js';
import { aside, escaped, htmlEmail } from './email-html.js';
import type { EmailContent } from './mail-server.js';

const whyNamed =
  'You get this because your address is set for notices of an account, or as the contact of a key.';
const whyMember =
  'You get this as a member of an account. For each of your accounts you can turn these e-mails off.';

/** @param isForMember whether it goes to somebody by their role, and not to an address that was set */
export function noticeEmail(notice: Notice, isForMember: boolean): EmailContent {
  const parts = noticeText(notice);
  const why = isForMember ? whyMember : whyNamed;
  const text = [parts.happened, `What to do: ${parts.toDo}`, `-- \n${why}`].join('\n\n');
  return { subject: parts.subject, text: `${text}\n`, html: htmlOf(parts, why) };
}

function htmlOf({ subject, happened, toDo }: NoticeText, why: string): string {
  const asked = `<strong>What to do:</strong> ${escaped(toDo)}`;
  return htmlEmail(subject, [escaped(happened), asked, aside(why)]);
}
