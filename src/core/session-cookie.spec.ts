import { describe, expect, it } from '@jest/globals';
import {
  sessionCookie,
  sessionTokensIn,
  setCookieLine,
  setsSessionCookie,
  withoutSessionCookie,
} from './session-cookie.js';

const plain = sessionCookie(false);
const secure = sessionCookie(true);

describe('the session’s cookie', () => {
  it('#77 is for this host, no script and no other site', () => {
    expect(setCookieLine(plain, 't', 60)).toBe(
      'latchkey_session=t; Path=/; HttpOnly; SameSite=Strict; Max-Age=60',
    );
  });

  it('behind https has a name that browsers take over https alone', () => {
    expect(setCookieLine(secure, 't', 60)).toBe(
      '__Host-latchkey_session=t; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure',
    );
  });

  it.each<[what: string, rawHeaders: string[], tokens: string[]]>([
    ['nothing', [], []],
    ['other cookies', ['Cookie', 'a=1; b=2'], []],
    ['it alone', ['Cookie', 'latchkey_session=t'], ['t']],
    ['it among others', ['cookie', 'a=1;latchkey_session=t ; b=2'], ['t']],
    ['it empty', ['Cookie', 'latchkey_session='], []],
    ['it twice in one line', ['Cookie', 'latchkey_session=t; latchkey_session=u'], ['t', 'u']],
    [
      'it in two lines',
      ['Cookie', 'latchkey_session=t', 'COOKIE', 'latchkey_session=u'],
      ['t', 'u'],
    ],
    ['another case', ['Cookie', 'Latchkey_Session=t'], []],
    ['the name of https', ['Cookie', '__Host-latchkey_session=t'], []],
    ['a longer name', ['Cookie', 'xlatchkey_session=t; latchkey_sessionx=t'], []],
    ['it in another header', ['X-Cookie', 'latchkey_session=t'], []],
    ['it without a value', ['Cookie', 'latchkey_session'], []],
    ['a value with signs of equality', ['Cookie', 'latchkey_session=a=b='], ['a=b=']],
  ])('is read strictly: %s', (_what, rawHeaders, tokens) => {
    expect(sessionTokensIn(rawHeaders, plain)).toEqual(tokens);
  });

  it('behind https is no other than that', () => {
    const both = ['Cookie', 'latchkey_session=t; __Host-latchkey_session=u'];
    expect(sessionTokensIn(both, secure)).toEqual(['u']);
  });

  it.each<[what: string, value: string, kept: string | null]>([
    ['nothing of ours', 'a=1;b=2', 'a=1;b=2'],
    ['ours alone', 'latchkey_session=t', null],
    ['ours among others', 'a=1; latchkey_session=t; b=2', 'a=1; b=2'],
    ['both of ours', '__Host-latchkey_session=u; latchkey_session=t; b=2', 'b=2'],
    ['ours in another case', '__HOST-latchkey_session=u; b=2', 'b=2'],
    ['ours twice', 'latchkey_session=t; latchkey_session=t', null],
  ])('is shown to nobody behind the gateway: %s', (_what, value, kept) => {
    expect(withoutSessionCookie(value)).toBe(kept);
  });

  it.each<[value: string, sets: boolean]>([
    ['latchkey_session=t; Path=/', true],
    ['__host-latchkey_session=t; Secure; Path=/', true],
    [' latchkey_session =t', true],
    ['a=latchkey_session; Path=/', false],
    ['a=1; latchkey_session=t', false],
    ['', false],
  ])('is set by nobody behind the gateway: %s', (value, sets) => {
    expect(setsSessionCookie(value)).toBe(sets);
  });
});
