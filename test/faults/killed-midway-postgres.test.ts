import { createKey, rotationSteps } from '../support/killable-key-operations.js';
import { importDocument } from '../support/killable-service-operations.js';
import { itIsAllOrNothing } from '../support/killed-midway.js';
import { describeWithPostgres } from '../support/postgres.js';

// What differs from SQLite is the way to the database, so a few operations stand for all.
describeWithPostgres('killed at each write, on PostgreSQL', () => {
  const { open, finish, cancel } = rotationSteps;
  itIsAllOrNothing('postgres', [createKey, open, finish, cancel, importDocument]);
});
