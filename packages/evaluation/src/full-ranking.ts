import { setImmediate as nextTurn } from 'node:timers/promises';
import { KindredError, type Recommender, rowEntries, type SparseMatrix } from '@kindred/domain';
import { batchOfCohort, type Cohort, type Mask } from './cohort.js';
import { TopSelector } from './top-selector.js';

/** The best items of each user, best first. */
export interface TopLists {
  /** Places kept for each user. */
  readonly width: number;
  /** [E * width]; places from counts[e] on are unused */
  readonly items: Uint32Array;
  /** [E * width] */
  readonly scores: Float32Array;
  /** [E]: how many places are used; fewer than `width` when fewer candidates remain */
  readonly counts: Uint32Array;
}

export interface RankingOptions {
  readonly mask: Mask;
  /** Length of each list. */
  readonly width: number;
  /** Users scored at once; by default as many as keep the block of scores near 64 MiB. */
  readonly batchSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const SCORES_PER_BATCH = 2 ** 24;

/**
 * Ranks the whole catalogue for every user of a cohort. Ties go to the lower item index. A score of
 * -Infinity means "never this item": such items, like masked ones, are left out and the list gets shorter.
 * @throws KindredError SCORE_INVALID when the model returns NaN; EVALUATION_INVALID when the model has
 *   another number of items; INTERRUPTED when the signal is raised
 */
export async function rankCohort(recommender: Recommender, cohort: Cohort, options: RankingOptions): Promise<TopLists> {
  const { width } = options;
  const { itemCount } = cohort;
  checkFit(recommender, cohort);
  const userCount = cohort.histories.rowCount;
  const batchSize =
    options.batchSize ?? Math.max(1, Math.min(1024, Math.floor(SCORES_PER_BATCH / Math.max(1, itemCount))));
  const lists = {
    width,
    items: new Uint32Array(userCount * width),
    scores: new Float32Array(userCount * width),
    counts: new Uint32Array(userCount),
  };
  const selector = new TopSelector(width);
  const block = new Float32Array(Math.min(batchSize, userCount) * itemCount);
  for (let start = 0; start < userCount; start += batchSize) {
    if (options.signal?.aborted)
      throw new KindredError('INTERRUPTED', 'the evaluation was interrupted', { cause: options.signal.reason });
    const end = Math.min(userCount, start + batchSize);
    const batch = batchOfCohort(cohort, start, end);
    const scores = block.subarray(0, (end - start) * itemCount);
    await recommender.score(batch, scores);
    for (let at = 0; at < end - start; at++) {
      const row = scores.subarray(at * itemCount, (at + 1) * itemCount);
      const isMasked =
        (options.mask === 'none' || maskRow(batch.history, at, row)) &&
        (cohort.hidden === undefined || maskRow(cohort.hidden, start + at, row));
      const from = (start + at) * width;
      const count = isMasked
        ? selector.select(row, lists.items.subarray(from, from + width), lists.scores.subarray(from, from + width))
        : -1;
      if (count < 0) throw scoreFault(recommender, cohort, start + at);
      lists.counts[start + at] = count;
    }
    await nextTurn();
  }
  return lists;
}

/** Takes the items of a row out of the candidates; false when a score there is NaN. */
function maskRow(matrix: SparseMatrix, row: number, scores: Float32Array): boolean {
  for (const item of rowEntries(matrix, row)[0]) {
    if (Number.isNaN(scores[item])) return false;
    scores[item] = Number.NEGATIVE_INFINITY;
  }
  return true;
}

function checkFit(recommender: Recommender, cohort: Cohort): void {
  if (recommender.itemCount === cohort.itemCount) return;
  throw new KindredError(
    'EVALUATION_INVALID',
    `the model ${recommender.name} ranks ${recommender.itemCount} items, the data has ${cohort.itemCount}`,
  );
}

function scoreFault(recommender: Recommender, cohort: Cohort, row: number): KindredError {
  const user = (cohort.rows ?? cohort.users)?.[row] ?? row;
  return new KindredError(
    'SCORE_INVALID',
    `the model ${recommender.name} returned NaN for the user at position ${user}`,
  );
}
