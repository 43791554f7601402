import { describe, expect, it } from '@jest/globals';
import { readCredential } from '../../core/credential.js';
import { deny, denialKinds, type DenialContext, type DenialReason } from '../../core/decision.js';
import { denialAnswer, denialText } from './denial-answer.js';

const reasons = Object.keys(denialKinds) as DenialReason[];
const bearer = readCredential(['Authorization', 'Bearer é'], '').engagement;
const nothing = readCredential([], '').engagement;

describe('a denial as it is sent', () => {
  it.each(reasons)('says what its answer says, for each call anew: %s', (reason) => {
    for (const [id, engagement] of [
      ['call_first', bearer],
      ['call_second', nothing],
      ['call_third', bearer],
    ] as const) {
      const denied = deny(reason);
      const answer = denialAnswer(denied, id, engagement);
      const { text, bytes } = denialText(answer, denied);
      expect(JSON.parse(text)).toEqual(answer.body);
      expect(bytes).toBe(Buffer.byteLength(text));
    }
  });

  it('says what it knows of its call', () => {
    for (const callerIp of ['192.0.2.1', '192.0.2.2']) {
      const denied = deny('IP_NOT_ALLOWED', { callerIp });
      const answer = denialAnswer(denied, 'call_x', nothing);
      expect(JSON.parse(denialText(answer, denied).text)).toEqual(answer.body);
    }
    const plain = deny('IP_NOT_ALLOWED');
    expect(denialText(denialAnswer(plain, 'call_y', nothing), plain).text).not.toContain('192.0');
  });

  it.each<[context: DenialContext, message: string]>([
    [{}, 'This key may not do this: it lacks contacts.write.'],
    [
      { person: { role: 'auditor' } },
      'Your role, auditor, may not do this: it lacks contacts.write.',
    ],
    [{ person: { role: null } }, 'You are a member of no account, and this needs contacts.write.'],
  ])('does not call a person a key: %j', (context, message) => {
    const denied = deny('SCOPE_MISSING', { missingScopes: ['contacts.write'], ...context });
    expect(denialAnswer(denied, 'call_x', nothing).body.message).toBe(message);
    const refused = deny('IP_NOT_ALLOWED', { callerIp: '192.0.2.1', ...context });
    const [who, whose] =
      context.person === undefined ? ['This key', "This key's"] : ['Your account', 'Your'];
    const answer = denialAnswer(refused, 'call_x', nothing);
    expect(answer.body.message).toBe(`${who} may not be used from 192.0.2.1.`);
    const stopped = denialAnswer(deny('ACCOUNT_SUSPENDED', context), 'call_x', nothing);
    expect(stopped.body.message).toBe(`${whose} account is suspended. The operator can resume it.`);
    // Nor is who they are told with it: they know.
    expect(JSON.stringify(answer)).not.toContain('person');
  });
});
