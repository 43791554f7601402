import { existsSync } from 'node:fs';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // src: one rule or class beside its spec. test: over real HTTP and real databases; test/support holds no tests.
  roots: ['<rootDir>/src', '<rootDir>/test'].filter((root) =>
    existsSync(new URL(root.slice('<rootDir>/'.length), import.meta.url)),
  ),
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/support/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' }, // reads .swcrc
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js'] },
  injectGlobals: false, // import { describe, expect, it } from '@jest/globals'
  testTimeout: 120_000,
  maxWorkers: 2,
  testSequencer: '<rootDir>/scripts/slow-first-sequencer.mjs',
  // Modules of a suite that is over stay in its process for good: after a hundred of them it does little but collect garbage.
  workerIdleMemoryLimit: '1GB',
  reporters: ['default', '<rootDir>/scripts/closing-line-reporter.mjs'],
};
