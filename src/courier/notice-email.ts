import { noticeText, type NoticeText } from '../core/notice-text.js';
import type { Notice } from '../core/notice.js';

export interface NoticeEmail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const whyNamed =
  'You get this because your address is set for notices of an account, or as the contact of a key.';
const whyMember =
  'You get this as a member of an account. For each of your accounts you can turn these e-mails off.';

/** @param isForMember whether it goes to somebody by their role, and not to an address that was set */
export function noticeEmail(notice: Notice, isForMember: boolean): NoticeEmail {
  const parts = noticeText(notice);
  const why = isForMember ? whyMember : whyNamed;
  const text = [parts.happened, `What to do: ${parts.toDo}`, `-- \n${why}`].join('\n\n');
  return { subject: parts.subject, text: `${text}\n`, html: htmlOf(parts, why) };
}

function htmlOf({ subject, happened, toDo }: NoticeText, why: string): string {
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escaped(subject)}</title></head>`,
    '<body style="font-family: sans-serif; line-height: 1.5">',
    `<p>${escaped(happened)}</p>`,
    `<p><strong>What to do:</strong> ${escaped(toDo)}</p>`,
    `<p style="color: #666"><small>${escaped(why)}</small></p>`,
    '</body></html>',
    '',
  ].join('\n');
}

const escapes: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');
}
