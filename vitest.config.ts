import { defineConfig } from 'vitest/config';

/** Packages whose tests leave nothing behind in their process: no environment, no handler, no open connection. */
const SCIENCE = [
  'domain',
  'datasets',
  'pairs',
  'models',
  'training',
  'evaluation',
  'insights',
  'vector-index',
  'serving',
  'api-schema',
].map((name) => `packages/${name}/test/**/*.test.ts`);

// Tests read their own package from src and other packages from dist: `npm test` builds first.
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        // Loading TensorFlow.js anew for each file would cost more than most files: here the files of a worker share one
        // process. Each still has modules of its own package, and mocks, of its own.
        test: { name: 'science', include: SCIENCE, isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: SCIENCE,
        },
      },
    ],
  },
});
