import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: 'test/support/build-if-stale.ts',
    root: new URL('..', import.meta.url).pathname,
    include: ['test/long/**/*.test.ts'],
    testTimeout: 1_800_000,
    pool: 'forks',
    setupFiles: 'test/support/property-seed.ts',
  },
});
