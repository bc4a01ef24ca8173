import { defineConfig } from 'vitest/config';

/** Installs the packed file from the registry: a network and a minute, so apart from the other tests. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/package/install.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    pool: 'forks',
  },
});
