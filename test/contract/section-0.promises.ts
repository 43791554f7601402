import type { Promised } from '../support/contract.js';

export const section0: readonly Promised[] = [
  {
    says: 'What a caller can rely on.',
    promisesNothing: 'a heading: it says what the page is',
  },
  {
    says: 'Tests hold the project to this page.',
    shownBy: [
      'test/contract/every-sentence.test.ts: §%i: are those of its list',
      'test/contract/every-sentence.test.ts: §%i: none is without a test',
    ],
  },
  {
    says: 'Add freely; change a line only with an ADR that says why.',
    promisesNothing: 'a rule for those who change the page, not for the product',
  },
  {
    says: 'JSON in camelCase, times ISO 8601 UTC with milliseconds, ids prefixed and unguessable (`acc_ key_ sec_ rot_ svc_ rte_ call_ evt_`).',
    shownBy: [
      'test/contract/answers.test.ts: every property is in camelCase',
      'test/contract/answers.test.ts: every time is ISO 8601',
      'test/contract/answers.test.ts: every id is prefixed by what it names',
      'test/contract/answers.test.ts: ids that are made one after the other',
      'src/core/ids.spec.ts: is not to be guessed from its position',
    ],
  },
  {
    says: 'Enumerations may grow: clients treat an unknown value as "other".',
    promisesNothing: 'what clients have to bear; nothing in an answer follows from it',
  },
  {
    says: 'Unknown body properties and query parameters on the management API are refused (400).',
    shownBy: [
      'test/contract/answers.test.ts: in the body of any operation is refused',
      'test/http/management-access.test.ts: 400 for a query parameter that is unknown',
    ],
  },
];
