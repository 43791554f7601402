import { describe, expect, it } from '@jest/globals';
import {
  isManagementScope,
  isOperatorOnlyScope,
  managementScopePrefix,
  managementScopes,
} from './management-scopes.js';
import { isScopeName } from './scope-set.js';

/** Contract §6. Writing services, scopes, bindings and accounts is the operator's alone. */
const table: readonly [name: string, operatorOnly: boolean][] = [
  ['latchkey.accounts.read', false],
  ['latchkey.accounts.write', true],
  ['latchkey.members.read', false],
  ['latchkey.members.write', false],
  ['latchkey.keys.read', false],
  ['latchkey.keys.write', false],
  ['latchkey.scopes.read', false],
  ['latchkey.scopes.write', true],
  ['latchkey.services.read', false],
  ['latchkey.services.write', true],
  ['latchkey.request_log.read', false],
  ['latchkey.audit.read', false],
  ['latchkey.notices.read', false],
  ['latchkey.notices.write', false],
  ['latchkey.self.rotate', false],
  ['latchkey.verify', false],
];

describe('the management scopes of contract §6', () => {
  it('are these', () => {
    expect(managementScopes.map(({ name }) => name)).toEqual(table.map(([name]) => name));
  });

  it.each(table)('%s is for the operator alone: %s', (name, operatorOnly) => {
    expect(isOperatorOnlyScope(name)).toBe(operatorOnly);
    expect(managementScopes.find((scope) => scope.name === name)).toMatchObject({ operatorOnly });
  });

  // prettier-ignore
  it.each(managementScopes)('$name is a scope under the reserved prefix, and described', (scope) => {
    expect(isScopeName(scope.name)).toBe(true);
    expect(isManagementScope(scope.name)).toBe(true);
    expect(scope.description).toMatch(/^[A-Z].{10,}[^.]$/);
  });

  it.each([
    ['latchkey.anything', true],
    ['latchkey.', true],
    ['latchkey', false],
    ['latchkeys.keys.read', false],
    ['my.latchkey.keys.read', false],
    ['Latchkey.keys.read', false],
    ['', false],
  ])('%j lies under the reserved prefix: %s', (name, expected) => {
    expect(isManagementScope(name)).toBe(expected);
    expect(name.startsWith(managementScopePrefix)).toBe(expected);
  });

  it.each(['contacts.write', 'latchkey.unknown.write', '__proto__', ''])(
    '%j is not for the operator alone',
    (name) => {
      expect(isOperatorOnlyScope(name)).toBe(false);
    },
  );
});
