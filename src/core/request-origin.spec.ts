import { describe, expect, it } from '@jest/globals';
import { isMeant, originOf, type RequestOrigin } from './request-origin.js';

const own = 'https://keys.example.com';

describe('#75 where a request was sent from', () => {
  it.each<[what: string, headers: Record<string, string>, origin: RequestOrigin]>([
    ['a page of ours', { 'sec-fetch-site': 'same-origin', origin: own }, 'here'],
    ['a page of ours, by what the browser says', { 'sec-fetch-site': 'same-origin' }, 'here'],
    ['a page of ours, by its origin', { origin: own }, 'here'],
    ['another port of this host', { 'sec-fetch-site': 'same-site', origin: own }, 'elsewhere'],
    ['another site', { 'sec-fetch-site': 'cross-site' }, 'elsewhere'],
    ['a link that somebody typed in', { 'sec-fetch-site': 'none' }, 'elsewhere'],
    ['another origin', { origin: 'https://evil.example' }, 'elsewhere'],
    ['an origin that begins like ours', { origin: `${own}.evil.example` }, 'elsewhere'],
    ['ours without TLS', { origin: 'http://keys.example.com' }, 'elsewhere'],
    ['ours at another port', { origin: `${own}:8443` }, 'elsewhere'],
    ['a page without an origin', { origin: 'null' }, 'elsewhere'],
    ['two origins', { origin: `${own}, ${own}` }, 'elsewhere'],
    ['no browser', {}, 'untold'],
    ['no browser, with a referer', { referer: `${own}/` }, 'untold'],
  ])('%s', (_what, headers, origin) => {
    expect(originOf(headers, own)).toBe(origin);
  });

  it('is where it went, by http, if nobody has said where we are', () => {
    const host = '127.0.0.1:8081';
    expect(originOf({ host, origin: `http://${host}` }, null)).toBe('here');
    expect(originOf({ host, origin: `https://${host}` }, null)).toBe('elsewhere');
    expect(originOf({ host, origin: 'http://127.0.0.1:8080' }, null)).toBe('elsewhere');
    expect(originOf({ origin: 'http://' }, null)).toBe('here');
  });

  it.each<[method: string, meant: RequestOrigin[]]>([
    ['GET', ['here', 'untold']],
    ['HEAD', ['here', 'untold']],
    ['POST', ['here']],
    ['PUT', ['here']],
    ['PATCH', ['here']],
    ['DELETE', ['here']],
    ['BREW', ['here']],
  ])('%s with a session is meant if it comes from %s', (method, meant) => {
    for (const origin of ['here', 'untold', 'elsewhere'] as const)
      expect([origin, isMeant({ method, origin })]).toEqual([origin, meant.includes(origin)]);
  });
});
