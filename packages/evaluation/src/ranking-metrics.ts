import type { SparseMatrix } from '@kindred/domain';
import { hasEntry, KindredError } from '@kindred/domain';
import { rowLength } from './cohort.js';
import type { TopLists } from './full-ranking.js';

/** The metrics of one ranked list, in the order in which `writeListMetrics` writes them. */
export const METRIC_KINDS = ['precision', 'recall', 'ndcg', 'hitRate', 'map', 'mrr'] as const;
export type MetricKind = (typeof METRIC_KINDS)[number];
/** For example `ndcg@20`. */
export type MetricName = `${MetricKind}@${number}`;
export const DEFAULT_CUTOFFS: readonly number[] = [1, 5, 10, 20, 50];

/** One value for each user, by metric. */
export type PerUser = Record<MetricName, Float64Array>;

/** Names of all metrics at the cutoffs: cutoff by cutoff, kinds in the order of METRIC_KINDS. */
function metricNames(cutoffs: readonly number[]): MetricName[] {
  return cutoffs.flatMap((cutoff) => METRIC_KINDS.map((kind): MetricName => `${kind}@${cutoff}`));
}

/** @throws KindredError EVALUATION_INVALID unless the cutoffs are whole numbers above 0, ascending */
export function checkCutoffs(cutoffs: readonly number[]): void {
  const isGood = cutoffs.every((k, at) => Number.isInteger(k) && k > (cutoffs[at - 1] ?? 0));
  if (cutoffs.length > 0 && isGood) return;
  throw new KindredError(
    'EVALUATION_INVALID',
    `cutoffs are whole numbers above 0 in ascending order, not [${cutoffs.join(', ')}]`,
  );
}

/**
 * The metrics of one list with binary relevance, R = relevant items of the user, those unknown to the model included:
 *
 * - precision@k = hits / k, also when the list is shorter than k
 * - recall@k = hits / R
 * - ndcg@k = sum over hits of 1 / log2(rank + 1), divided by the same sum over the ranks 1 .. min(k, R)
 *   (Järvelin and Kekäläinen, 2002)
 * - hitRate@k = 1 when there is a hit, else 0
 * - map@k = sum over hits of precision at the hit's rank, divided by min(k, R): 1 for a perfect list at any k
 * - mrr@k = 1 / rank of the first hit, 0 without one
 *
 * @param isHit [count] 1 where the item of that rank is relevant
 * @param relevantCount R, above 0
 * @param out receives cutoffs.length * METRIC_KINDS.length values
 */
export function writeListMetrics(
  isHit: Uint8Array,
  count: number,
  relevantCount: number,
  cutoffs: readonly number[],
  out: Float64Array,
): void {
  let hits = 0;
  let gain = 0;
  let ideal = 0;
  let precisionSum = 0;
  let firstRank = Number.POSITIVE_INFINITY;
  let rank = 0;
  cutoffs.forEach((cutoff, at) => {
    for (; rank < cutoff; rank++) {
      const discounted = 1 / Math.log2(rank + 2);
      if (rank < relevantCount) ideal += discounted;
      if (rank >= count || isHit[rank] !== 1) continue;
      hits += 1;
      gain += discounted;
      precisionSum += hits / (rank + 1);
      if (hits === 1) firstRank = rank + 1;
    }
    const from = at * METRIC_KINDS.length;
    out[from] = hits / cutoff;
    out[from + 1] = hits / relevantCount;
    out[from + 2] = gain / ideal;
    out[from + 3] = hits > 0 ? 1 : 0;
    out[from + 4] = precisionSum / Math.min(cutoff, relevantCount);
    out[from + 5] = 1 / firstRank;
  });
}

/** Which items and which misses count; `items` restricts relevance to a part of the catalogue. */
export interface Relevance {
  /** [E, I] */
  readonly relevant: SparseMatrix;
  /** [E] */
  readonly unknownRelevant: Uint32Array;
  /** When given, only these items count as relevant, and unknown ones do not. */
  readonly isCounted?: ((item: number) => boolean) | undefined;
}

/**
 * Metrics of every user that has something relevant.
 * @returns rows: positions of those users in the cohort; perUser: [rows.length] for each metric
 */
export function measureLists(
  lists: TopLists,
  relevance: Relevance,
  cutoffs: readonly number[],
): { rows: Uint32Array; perUser: PerUser } {
  const counts = relevantCounts(relevance);
  const rows = Uint32Array.from(counts.keys()).filter((row) => (counts[row] as number) > 0);
  const names = metricNames(cutoffs);
  const columns = names.map(() => new Float64Array(rows.length));
  const isHit = new Uint8Array(lists.width);
  const values = new Float64Array(names.length);
  rows.forEach((row, at) => {
    const count = lists.counts[row] as number;
    markHits(lists, row, relevance, isHit);
    writeListMetrics(isHit, count, counts[row] as number, cutoffs, values);
    columns.forEach((column, m) => {
      column[at] = values[m] as number;
    });
  });
  return { rows, perUser: Object.fromEntries(names.map((name, m) => [name, columns[m] as Float64Array])) };
}

function markHits(lists: TopLists, row: number, { relevant, isCounted }: Relevance, isHit: Uint8Array): void {
  for (let rank = 0; rank < (lists.counts[row] as number); rank++) {
    const item = lists.items[row * lists.width + rank] as number;
    isHit[rank] = hasEntry(relevant, row, item) && (isCounted === undefined || isCounted(item)) ? 1 : 0;
  }
}

function relevantCounts({ relevant, unknownRelevant, isCounted }: Relevance): Uint32Array {
  const counts = new Uint32Array(relevant.rowCount);
  for (let row = 0; row < relevant.rowCount; row++) {
    if (isCounted === undefined) {
      counts[row] = rowLength(relevant, row) + (unknownRelevant[row] as number);
      continue;
    }
    const items = relevant.columns.subarray(relevant.offsets[row], relevant.offsets[row + 1]);
    counts[row] = items.reduce((sum, item) => sum + (isCounted(item) ? 1 : 0), 0);
  }
  return counts;
}

/** Mean over users of each metric. */
export function meanMetrics(perUser: PerUser): Record<MetricName, number> {
  return Object.fromEntries(Object.entries(perUser).map(([name, values]) => [name, mean(values)]));
}

export function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
