import { describe, expect, it } from '@jest/globals';
import { isEmailAddress } from './email-address.js';

describe('isEmailAddress', () => {
  it.each([
    'ops@example.com',
    "o'hara+keys@sub.example.co.uk",
    'a@b.cd',
    'x_y-z@xn--mnchen-3ya.de',
  ])('takes %s', (text) => expect(isEmailAddress(text)).toBe(true));

  it.each([
    ...['', 'ops', 'ops@', '@example.com', 'ops@example', 'a@b@example.com', 'ops@-a.com'],
    ...['ops@example.com\r\nBcc: all@example.com', 'ops@example.com\n', ' ops@example.com'],
    ...['Ops <ops@example.com>', 'a@example.com,b@example.com', 'a@example.com;b@example.com'],
    ...['"a b"@example.com', 'ops@[127.0.0.1]', 'ops@exa mple.com', 'öps@example.com', 'a@b..cd'],
    ...['ops@example.com\0', `${'a'.repeat(65)}@example.com`, `a@${'b.'.repeat(126)}cd`],
  ])('refuses %j', (text) => expect(isEmailAddress(text)).toBe(false));
});
