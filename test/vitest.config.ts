import { defineConfig } from 'vitest/config';
import { PROGRAM_TESTS } from './program-tests.ts';

const root = new URL('..', import.meta.url).pathname;

/** Folders whose tests keep nothing behind: their modules stay loaded from one file to the next, at half the CPU. */
const STATELESS = [
  'base',
  'document',
  'numeric',
  'optimizer',
  'simulators',
  'study',
  'report',
  'connect',
  'companions',
];

export default defineConfig({
  test: {
    root,
    maxWorkers: '100%',
    globalSetup: 'test/support/build-if-stale.ts',
    projects: [
      {
        test: {
          name: 'stateless',
          root,
          include: STATELESS.map((folder) => `test/${folder}/**/*.test.ts`),
          exclude: [...PROGRAM_TESTS],
          testTimeout: 90_000,
          hookTimeout: 180_000,
          pool: 'threads',
          isolate: false,
          setupFiles: 'test/support/property-seed.ts',
          env: { NO_COLOR: '1' },
        },
      },
      {
        test: {
          name: 'whole',
          root,
          include: ['test/**/*.test.ts'],
          exclude: [
            ...STATELESS.map((folder) => `test/${folder}/**`),
            ...PROGRAM_TESTS,
            'test/long/**',
            'test/database/**',
            'test/package/install.test.ts',
          ],
          testTimeout: 90_000,
          hookTimeout: 180_000,
          pool: 'forks',
          setupFiles: 'test/support/property-seed.ts',
          env: { NO_COLOR: '1' },
        },
      },
    ],
  },
});
