import { defineConfig } from 'vitest/config';

/** Packages whose tests leave nothing behind in their process: no environment, no handler, no open connection. */
export const SCIENCE = [
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
].join('|');
/** Of their files, those that put other modules in the place of some: the next file of the process would get them, too. */
export const MOCKING = ['packages/serving/test/encoded-once.test.ts'];

/** Of their files, those whose long adversarial trainings ended elsewhere once beside other files (docs/log.md). */
const ALONE = ['packages/models/test/toy-game.test.ts'];

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
        // process, in which each starts with fresh modules of its own package.
        test: {
          name: 'science',
          include: [`packages/@(${SCIENCE})/test/**/*.test.ts`],
          exclude: [...MOCKING, ...ALONE],
          isolate: false,
          setupFiles: ['test/setup/fresh-modules.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: [
            `packages/!(${SCIENCE})/test/**/*.test.ts`,
            'apps/*/test/**/*.test.ts',
            'test/**/*.test.ts',
            ...MOCKING,
            ...ALONE,
          ],
        },
      },
    ],
  },
});
