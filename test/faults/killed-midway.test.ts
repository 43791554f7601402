import { describe } from '@jest/globals';
import { keyOperations } from '../support/killable-key-operations.js';
import { memberOperations } from '../support/killable-member-operations.js';
import { serviceOperations } from '../support/killable-service-operations.js';
import { itIsAllOrNothing } from '../support/killed-midway.js';

describe('killed at each write, on SQLite', () => {
  itIsAllOrNothing('sqlite', [...keyOperations, ...memberOperations, ...serviceOperations]);
});
