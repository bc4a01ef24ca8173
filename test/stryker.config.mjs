/**
 * Mutation checks of the parts that turn figures into decisions: `npm run test:mutants`, about half an hour on one core, so
 * not part of `npm run check`. One file: `npm run test:mutants -- --mutate src/study/objective.ts`. What was already found
 * is kept in the cache of node_modules and is not run again while neither source nor tests change.
 */
export default {
  mutate: [
    'src/numeric/{statistics,student-t,paired-tests,two-way-layout,covariance}.ts',
    'src/report/{build-report,report-trials,estimate,correlations,regimes,savings}.ts',
    'src/study/{objective,observations}.ts',
    'src/study/experiment/{experiment,judge-claim}.ts',
    'src/optimizer/acquisition/acquisition.ts',
    'src/optimizer/sensitivity/sobol-indices.ts',
  ],
  mutator: {
    // Texts are for people: tests hold the figures and the verdict in a message, not its words.
    excludedMutations: ['StringLiteral'],
  },
  testRunner: 'vitest',
  vitest: { configFile: 'test/vitest.mutants.config.ts', related: false },
  coverageAnalysis: 'perTest',
  concurrency: 1,
  incremental: true,
  incrementalFile: 'node_modules/.cache/stryker/incremental.json',
  tempDirName: '.stryker-tmp',
  cleanTempDir: 'always',
  ignorePatterns: ['dist', 'reports', 'test/fixtures', 'test/long', 'test/bench'],
  reporters: ['clear-text', 'progress-append-only', 'json'],
  jsonReporter: { fileName: 'node_modules/.cache/stryker/mutants.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 95, low: 90, break: 85 },
};
