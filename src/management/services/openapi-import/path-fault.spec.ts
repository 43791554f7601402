import { describe, expect, it } from '@jest/globals';
import { pathFault } from './path-fault.js';

describe('the paths of a document', () => {
  it.each([
    '/',
    '/pets',
    '/pets/',
    '/pets/{id}',
    '/a/{x}-{y}.csv',
    "/v1/a:b@c;d=e,f!$&'()+",
    '/%3Cx%3E',
    '/über/{größe}',
    '/files/*',
  ])('takes %s', (path) => expect(pathFault(path)).toBeNull());

  it.each([
    ['pets', 'a path starts with /'],
    ['', 'a path starts with /'],
    ['/v2/x?y', 'a path holds neither a query (?) nor a fragment (#)'],
    ['/v2/x#y', 'a path holds neither a query (?) nor a fragment (#)'],
    ['/a//b', 'the path holds an empty segment (//)'],
    ['/{a}{b}', 'two parameters need text between them'],
    ['/{a', 'braces must come in pairs'],
    ['/<upload_url>', 'no URL holds a bare "<" (RFC 3986); a parameter is written {name}'],
    ['/a|b', 'no URL holds a bare "|" (RFC 3986); a parameter is written {name}'],
    ['/a"b', 'no URL holds a bare "\\"" (RFC 3986); a parameter is written {name}'],
  ])('refuses %s', (path, why) => expect(pathFault(path)).toBe(why));
});
