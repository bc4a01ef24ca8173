import { defineConfig } from 'vitest/config';
import { PASSWORD } from './support/postgres.ts';

/** Tests of the queue on a real PostgreSQL, which each file starts in a temporary folder. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/database/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
    env: { NO_COLOR: '1', PGPASSWORD: PASSWORD },
  },
});
