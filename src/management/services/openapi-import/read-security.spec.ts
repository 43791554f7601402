import { describe, expect, it } from '@jest/globals';
import { readSecurity } from './read-security.js';

describe('security that is read', () => {
  it.each<[string, unknown, { unsecured?: boolean; scopeSets?: string[][] }]>([
    ['none at all', undefined, { unsecured: true }],
    ['an empty list', [], { unsecured: true }],
    ['only an empty entry', [{}], { unsecured: true }],
    ['an empty entry beside an API key', [{ api_key: [] }, {}], { unsecured: true }],
    ['a scheme without scopes', [{ api_key: [] }], {}],
    ['two schemes without scopes', [{ api_key: [] }, { bearer: [] }], {}],
    ['one scope', [{ oauth: ['read'] }], { scopeSets: [['read']] }],
    [
      'two scopes at once, in their order',
      [{ oauth: ['write', 'read'] }],
      { scopeSets: [['write', 'read']] },
    ],
    [
      'alternatives, in their order',
      [{ oauth: ['b'] }, { oauth: ['a'] }],
      { scopeSets: [['b'], ['a']] },
    ],
    ['two schemes at once', [{ oauth: ['a'], oidc: ['b', 'a'] }], { scopeSets: [['a', 'b']] }],
    [
      'a scheme with scopes and one without',
      [{ api_key: [], oauth: ['a'] }],
      { scopeSets: [['a']] },
    ],
    ['a scope twice', [{ oauth: ['a', 'b', 'a'] }], { scopeSets: [['a', 'b']] }],
    ['an alternative twice', [{ x: ['a'] }, { y: ['a'] }], { scopeSets: [['a']] }],
    [
      'an alternative in another order',
      [{ x: ['a', 'b'] }, { y: ['b', 'a'] }],
      { scopeSets: [['a', 'b']] },
    ],
  ])('%s', (_, security, { unsecured = false, scopeSets = [] }) => {
    expect(readSecurity(security, '')).toEqual({ ok: true, unsecured, scopeSets, note: null });
  });

  it('requires the scopes where an alternative has none, and says so', () => {
    const reading = readSecurity([{ api_key: [] }, { oauth: ['write', 'read'] }], '');
    expect(reading).toMatchObject({ ok: true, unsecured: false, scopeSets: [['write', 'read']] });
    expect(reading).toMatchObject({ note: expect.stringMatching(/here the scopes are required/) });
  });

  it('requires nothing where security is optional, and says so if that leaves scopes out', () => {
    const reading = readSecurity([{ oauth: ['read'] }, {}], '');
    expect(reading).toMatchObject({ ok: true, unsecured: true, scopeSets: [] });
    expect(reading).toMatchObject({ note: expect.stringMatching(/optional/) });
  });

  it('puts the prefix before every scope', () => {
    expect(readSecurity([{ oauth: ['read', 'write'] }], 'do.')).toMatchObject({
      scopeSets: [['do.read', 'do.write']],
    });
  });
});

describe('security that is refused, and never taken for none', () => {
  const many = Array.from({ length: 501 }, (_, i) => `s${i}`);

  it.each<[string, unknown, RegExp]>([
    ['null', null, /its security is no list/],
    ['an object', { oauth: [] }, /its security is no list/],
    ['an entry that is a text', ['oauth'], /an entry of its security is no object/],
    ['an entry that is a list', [[]], /an entry of its security is no object/],
    ['an entry that is null', [null], /an entry of its security is no object/],
    ['scopes that are no list', [{ oauth: 'read' }], /the scopes of oauth are no list/],
    ['scopes that are null', [{ oauth: null }], /the scopes of oauth are no list/],
    ['a scope that is no text', [{ oauth: [1] }], /a scope is no text/],
    ['an empty scope', [{ oauth: [''] }], /cannot be a scope's name/],
    [
      'two scopes in one text',
      [{ oauth: ['read write'] }],
      /"read write" cannot be a scope's name/,
    ],
    ['a quote in a scope', [{ oauth: ['a"b'] }], /cannot be a scope's name/],
    ['a scope too long', [{ oauth: ['a'.repeat(129)] }], /cannot be a scope's name/],
    ['a scope of ours', [{ oauth: ['latchkey.keys.write'] }], /reserved prefix latchkey\./],
    ['a bad scope beside an empty entry', [{}, { oauth: ['a b'] }], /cannot be a scope's name/],
    ['too many scopes', [{ oauth: many }], /more than 500 entries/],
    ['too many alternatives', many.map((scope) => ({ oauth: [scope] })), /more than 500 entries/],
    [
      'too many schemes',
      [Object.fromEntries(many.map((scheme) => [scheme, []]))],
      /more than 500 entries/,
    ],
  ])('%s', (_, security, why) => {
    expect(readSecurity(security, '')).toEqual({ ok: false, why: expect.stringMatching(why) });
  });

  it('judges names with the prefix before them', () => {
    expect(readSecurity([{ oauth: ['latchkey.x'] }], 'do.')).toMatchObject({
      scopeSets: [['do.latchkey.x']],
    });
    expect(readSecurity([{ oauth: ['key.x'] }], 'latch').ok).toBe(false);
    expect(readSecurity([{ oauth: [''] }], 'do.').ok).toBe(false);
  });
});
