import { describe, expect, it } from '@jest/globals';
import { linkMailText, type LinkMailFacts } from './link-mail-text.js';

const expiresAt = '2027-01-31T12:00:00.000Z';
const invitation: LinkMailFacts = {
  ...{ purpose: 'invitation', accountName: 'Rolling Donut Ltd', role: 'auditor', expiresAt },
};

describe('linkMailText', () => {
  it.each<LinkMailFacts>([
    invitation,
    { purpose: 'recovery', askedFrom: '203.0.113.7', expiresAt },
    { purpose: 'recovery', askedFrom: null, expiresAt },
  ])('says what happened, what to do and until when: %j', (facts) => {
    const text = linkMailText(facts);
    for (const line of Object.values(text)) expect(line).toMatch(/^\S[^\n\r]{5,300}\S$/);
    expect(text.toDo).toContain('once, until 2027-01-31 12:00:00 UTC');
  });

  it('names the account and the role', () => {
    expect(linkMailText(invitation).happened).toBe(
      'You are invited to the account Rolling Donut Ltd, as an auditor.',
    );
  });

  it('names the address that a recovery was asked for from, if there is one', () => {
    const recovery = { purpose: 'recovery' as const, expiresAt };
    expect(linkMailText({ ...recovery, askedFrom: '203.0.113.7' }).happened).toContain(
      'from the address 203.0.113.7',
    );
    expect(linkMailText({ ...recovery, askedFrom: null }).happened).not.toContain('from');
  });

  it('stays one line, whatever an account is called', () => {
    const hostile = { ...invitation, accountName: 'a\r\nBcc: all@example.com\u202eb' };
    expect(linkMailText(hostile as LinkMailFacts).subject).toBe(
      'Latchkey: an invitation to a\\u000d\\u000aBcc: all@example.com\\u202eb',
    );
  });
});
