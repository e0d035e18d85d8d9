import os from 'node:os';

/** More threads than this gain nothing on the matrix sizes of a training step. */
const MOST_USEFUL = 16;

/** The threads that a matrix product may use here by default. */
export function availableThreads(): number {
  return Math.min(MOST_USEFUL, os.availableParallelism());
}
