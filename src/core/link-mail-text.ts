import { escapeControls } from './redaction.js';
import type { Role } from './roles.js';
import { shownTime } from './shown-time.js';

/** What an e-mail with a link tells of. Whoever has something mailed chooses none of its words. */
export type LinkMailFacts = {
  /** ISO 8601, UTC: until when the link can be used. */
  readonly expiresAt: string;
} & (
  | { readonly purpose: 'invitation'; readonly accountName: string; readonly role: Role }
  | {
      readonly purpose: 'recovery';
      /** The caller's address; `null` if none could be determined. */
      readonly askedFrom: string | null;
    }
);

/** An e-mail with a link, for a person. Each part is one line. */
export interface LinkMailText {
  readonly subject: string;
  readonly happened: string;
  /** Stands before the link. */
  readonly toDo: string;
  /** What the link is called where it is not shown itself. */
  readonly action: string;
  /** What else there is to know of it. */
  readonly otherwise: string;
}

const roleTexts: Readonly<Record<Role, string>> = {
  admin: 'an admin',
  developer: 'a developer',
  auditor: 'an auditor',
};

export function linkMailText(facts: LinkMailFacts): LinkMailText {
  const until = `It works once, until ${shownTime(facts.expiresAt)}.`;
  if (facts.purpose === 'recovery') {
    const from = facts.askedFrom === null ? '' : `, from the address ${facts.askedFrom}`;
    return {
      subject: 'Latchkey: set a new password',
      happened: `Somebody asked for a new password for whoever signs in with this e-mail address${from}.`,
      toDo: `If that was you, open this link and set one. ${until}`,
      action: 'Set a new password',
      otherwise:
        'If it was not you, do nothing: your password stays as it is. Pass the link on to nobody: whoever has it can sign in as you.',
    };
  }
  const account = escapeControls(facts.accountName);
  return {
    subject: `Latchkey: an invitation to ${account}`,
    happened: `You are invited to the account ${account}, as ${roleTexts[facts.role]}.`,
    toDo: `Open this link to come in. ${until}`,
    action: 'Accept the invitation',
    otherwise:
      'If you expect no invitation, do nothing. Pass the link on to nobody: it lets in whoever has it.',
  };
}
