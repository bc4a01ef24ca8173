import { defineConfig } from 'vitest/config';

/**
 * The quick tests of what `stryker.config.mjs` mutates. Page, charts, command line and the coverage of intervals by many
 * draws would say little more and take long.
 */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: [
      'test/numeric/{statistics,student-t,paired-tests,two-way-layout,covariance}.test.ts',
      'test/report/{build-report,estimate,correlations,regimes,savings}.test.ts',
      'test/study/{objective,observations}.test.ts',
      'test/study/experiment/{experiment,judge-claim}.test.ts',
      'test/optimizer/acquisition/*.test.ts',
      'test/optimizer/sensitivity/*.test.ts',
    ],
    testTimeout: 60_000,
    pool: 'threads',
    // Modules stay loaded from one mutant to the next; these tests share no state.
    isolate: false,
  },
});
