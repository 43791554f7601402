import { linkMailText, type LinkMailFacts } from '../core/link-mail-text.js';
import { aside, escaped, htmlEmail } from './email-html.js';
import type { EmailContent } from './mail-server.js';

/** @param link the whole of it, with its token */
export function linkEmail(facts: LinkMailFacts, link: string): EmailContent {
  const { subject, happened, toDo, action, otherwise } = linkMailText(facts);
  return {
    subject,
    text: `${[happened, toDo, link, otherwise].join('\n\n')}\n`,
    html: htmlEmail(subject, [
      escaped(happened),
      escaped(toDo),
      `<a href="${escaped(link)}"><strong>${escaped(action)}</strong></a>`,
      // For who reads mail where links cannot be followed, and for who wants to see where this one leads.
      `<small>${escaped(link)}</small>`,
      aside(otherwise),
    ]),
  };
}
