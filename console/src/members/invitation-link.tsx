import type { Schemas } from '@latchkey/sdk';
import { LinkOnce } from './link-once.js';

/** The link of an invitation that nobody mails. */
export function InvitationLink({
  invitation: { email, expiresAt, link },
  onDone,
}: {
  invitation: Schemas['IssuedInvitationResponse'];
  onDone: () => void;
}) {
  const says = `Hand it to ${email}. It opens the account to whoever has it.`;
  return <LinkOnce {...{ link, expiresAt, says, onDone }} />;
}
