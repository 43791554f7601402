/** How many random cases each property is tried with: many in CI, few enough at the desk not to be waited for. */
export const numRuns = process.env.CI === 'true' ? 10_000 : 500;
