import { describe, expect, it } from '@jest/globals';
import { localOriginOf, relyingPartyOf } from './relying-party.js';

describe('the relying party', () => {
  it.each([
    ['https://keys.example.com', 'keys.example.com'],
    ['https://keys.example.com:8443', 'keys.example.com'],
    ['https://keys', 'keys'],
    ['https://xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['http://localhost', 'localhost'],
    ['http://localhost:8081', 'localhost'],
    ['https://localhost', 'localhost'],
    ['http://keys.localhost:8081', 'keys.localhost'],
  ])('of %s is the host %s', (origin, id) => {
    expect(relyingPartyOf(origin)).toEqual({ origin, id });
  });

  it.each([
    ...['http://keys.example.com', 'http://keys.example.com:443', 'http://notlocalhost'],
    ...['https://203.0.113.7', 'https://127.0.0.1', 'http://127.0.0.1:8081', 'https://0x7f.1'],
    ...['https://[2001:db8::1]', 'http://[::1]:8081', 'https://localhost.example:80@10.0.0.1'],
  ])('of %s is nobody', (origin) => {
    expect(relyingPartyOf(origin)).toBeNull();
  });
});

describe('the local name of a listener', () => {
  it.each([
    ['http://127.0.0.1:8081', 'http://localhost:8081'],
    ['http://127.0.0.9:8081', 'http://localhost:8081'],
    ['http://[::1]:8081', 'http://localhost:8081'],
    ['http://0.0.0.0:8081', 'http://localhost:8081'],
    ['http://[::]:8081', 'http://localhost:8081'],
    ['http://127.0.0.1:80', 'http://localhost'],
    ['http://10.0.0.1:8081', null],
    ['http://[2001:db8::1]:8081', null],
    ['http://keys.example.com', null],
  ])('for %s is %s', (url, origin) => {
    expect(localOriginOf(url)).toBe(origin);
  });
});
