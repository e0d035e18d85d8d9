import { KindredError, type Recommender } from '@kindred/domain';
import { type BeyondName, beyondAccuracy, type ExposureCurve, exposureCurve } from './beyond-accuracy.js';
import { type BootstrapOptions, bootstrapIntervals, type Interval } from './bootstrap.js';
import { activityBuckets, type Bucket, popularityBuckets } from './buckets.js';
import type { Cohort, Mask } from './cohort.js';
import { rankCohort, type TopLists } from './full-ranking.js';
import {
  checkCutoffs,
  DEFAULT_CUTOFFS,
  type MetricName,
  meanMetrics,
  measureLists,
  type PerUser,
} from './ranking-metrics.js';

export interface EvaluateOptions {
  readonly mask: Mask;
  /** Ascending. Default 1, 5, 10, 20, 50. */
  readonly cutoffs?: readonly number[] | undefined;
  /** Absent: no intervals. */
  readonly bootstrap?: BootstrapOptions | undefined;
  /** Recommendations kept for each user. Default 50. */
  readonly keepTop?: number | undefined;
  /** [I]: train interactions of each item; absent: no novelty, no buckets by popularity, no exposure curve. */
  readonly itemPopularity?: Uint32Array | undefined;
  /** Users scored at once. */
  readonly batchSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a model achieved on a cohort, ranking the whole catalogue for each user. */
export interface Evaluation {
  readonly model: string;
  readonly cutoffs: readonly number[];
  /** [E]: row of each user in the held-out matrix. */
  readonly userRows: Uint32Array;
  /** [E] for each metric. */
  readonly perUser: PerUser;
  /** Means over users. */
  readonly metrics: Record<MetricName, number>;
  /** Empty without bootstrap. */
  readonly intervals: Record<MetricName, Interval>;
  readonly buckets: readonly Bucket[];
  readonly beyond: Record<BeyondName, number>;
  readonly exposure: ExposureCurve | undefined;
  readonly top: TopLists;
}

/** Cutoff of the exposure curve: the nearest one given. */
const EXPOSURE_CUTOFF = 10;

/**
 * Ranks the full catalogue for every user of the cohort and measures the lists; never sampled negatives.
 * @throws KindredError DATA_EMPTY when the cohort has no user; SCORE_INVALID, EVALUATION_INVALID, INTERRUPTED
 */
export async function evaluate(
  recommender: Recommender,
  cohort: Cohort,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { cutoffs = DEFAULT_CUTOFFS, keepTop = 50, itemPopularity, bootstrap, mask, batchSize, signal } = options;
  checkOptions(cohort, cutoffs, keepTop, itemPopularity);
  const width = Math.max(keepTop, cutoffs.at(-1) as number);
  const lists = await rankCohort(recommender, cohort, { mask, width, batchSize, signal });
  const { perUser } = measureLists(lists, cohort, cutoffs);
  const byPopularity = itemPopularity === undefined ? [] : popularityBuckets(cohort, lists, cutoffs, itemPopularity);
  return {
    model: recommender.name,
    cutoffs,
    userRows: userRows(cohort),
    perUser,
    metrics: meanMetrics(perUser),
    intervals: bootstrap === undefined ? {} : bootstrapIntervals(perUser, bootstrap),
    buckets: [...activityBuckets(cohort, perUser), ...byPopularity],
    beyond: beyondAccuracy(lists, cohort.itemCount, cutoffs, itemPopularity),
    exposure: itemPopularity === undefined ? undefined : exposureCurve(lists, itemPopularity, exposureCutoff(cutoffs)),
    top: narrow(lists, keepTop),
  };
}

/** One of the means. @throws KindredError EVALUATION_INVALID when it was not computed */
export function getMetric(evaluation: Pick<Evaluation, 'metrics' | 'model'>, name: MetricName): number {
  const value = evaluation.metrics[name];
  if (value !== undefined) return value;
  const known = Object.keys(evaluation.metrics).join(', ');
  throw new KindredError('EVALUATION_INVALID', `${name} was not computed for ${evaluation.model}; there are ${known}`);
}

function checkOptions(
  cohort: Cohort,
  cutoffs: readonly number[],
  keepTop: number,
  itemPopularity: Uint32Array | undefined,
): void {
  checkCutoffs(cutoffs);
  if (!Number.isInteger(keepTop) || keepTop < 0) {
    throw new KindredError('EVALUATION_INVALID', `keepTop is a whole number from 0 up, not ${keepTop}`, {
      field: 'keepTop',
    });
  }
  if (cohort.histories.rowCount === 0) {
    throw new KindredError('DATA_EMPTY', 'no user has anything left to find in the held-out part');
  }
  if (itemPopularity !== undefined && itemPopularity.length !== cohort.itemCount) {
    throw new KindredError(
      'EVALUATION_INVALID',
      `itemPopularity has ${itemPopularity.length} items, the data has ${cohort.itemCount}`,
    );
  }
  checkRelevant(cohort);
}

function checkRelevant({ relevant, unknownRelevant }: Cohort): void {
  for (let row = 0; row < relevant.rowCount; row++) {
    if (relevant.offsets[row] === relevant.offsets[row + 1] && unknownRelevant[row] === 0) {
      throw new KindredError(
        'EVALUATION_INVALID',
        `row ${row} of the cohort has nothing to find; leave such users out`,
      );
    }
  }
}

function userRows(cohort: Cohort): Uint32Array {
  return cohort.rows ?? cohort.users ?? Uint32Array.from({ length: cohort.histories.rowCount }, (_, row) => row);
}

function exposureCutoff(cutoffs: readonly number[]): number {
  return cutoffs.reduce((best, k) => (Math.abs(k - EXPOSURE_CUTOFF) < Math.abs(best - EXPOSURE_CUTOFF) ? k : best));
}

function narrow(lists: TopLists, width: number): TopLists {
  if (width === lists.width) return lists;
  const counts = lists.counts.map((count) => Math.min(count, width));
  const items = new Uint32Array(counts.length * width);
  const scores = new Float32Array(counts.length * width);
  counts.forEach((count, row) => {
    const from = row * lists.width;
    items.set(lists.items.subarray(from, from + count), row * width);
    scores.set(lists.scores.subarray(from, from + count), row * width);
  });
  return { width, items, scores, counts };
}
