import { describe, expect, it } from '@jest/globals';
import { actingMember } from './acting-member.js';
import type { HeldMember } from './ports.js';
import type { Role } from './roles.js';

const memberOf = (id: string, role: Role, isOperator = false) =>
  ({ id: `${role} of ${id}`, role, account: { id, isOperator } }) as HeldMember;

const first = memberOf('acc_a', 'auditor');
const second = memberOf('acc_b', 'admin');
const operator = memberOf('acc_o', 'admin', true);
const operatorsAuditor = memberOf('acc_o', 'auditor', true);
const operatorsDeveloper = memberOf('acc_o', 'developer', true);

describe('as whom somebody acts', () => {
  it.each<[what: string, members: HeldMember[], accountId: string | null, expected: HeldMember | null]>([
    ['a member of nothing', [], 'acc_a', null],
    ['where no account is named: where they have been longest', [first, second], null, first],
    ['where theirs is named', [first, second], 'acc_b', second],
    ['where another’s is named: as somebody from elsewhere', [first, second], 'acc_x', first],
    ['the operator, whatever is named', [first, operator], 'acc_a', operator],
    ['the operator, where nothing is named', [first, operator], null, operator],
    ['the operator’s auditor in an account of their own', [second, operatorsAuditor], 'acc_b', second],
    ['the operator’s auditor in any other', [second, operatorsAuditor], 'acc_x', operatorsAuditor],
    ['the operator’s auditor where nothing is named', [second, operatorsAuditor], null, operatorsAuditor],
    ['the operator’s developer is one like others', [first, operatorsDeveloper], 'acc_x', first],
  ])('%s', (_what, members, accountId, expected) => {
    expect(actingMember(members, accountId)).toBe(expected);
  }); // prettier-ignore
});
