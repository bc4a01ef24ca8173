import { defineConfig } from 'vitest/config';
import { PROGRAM_TESTS } from './program-tests.ts';

/** Programs started as a user starts them: minutes, so apart from the tests of their parts. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: [...PROGRAM_TESTS],
    maxWorkers: '100%',
    globalSetup: 'test/support/build-if-stale.ts',
    testTimeout: 90_000,
    hookTimeout: 180_000,
    pool: 'forks',
    setupFiles: 'test/support/property-seed.ts',
    env: { NO_COLOR: '1' },
  },
});
