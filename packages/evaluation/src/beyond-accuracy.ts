import type { TopLists } from './full-ranking.js';

export type BeyondName = `${'coverage' | 'gini' | 'novelty'}@${number}`;

/** What share of the recommendations, and of train, falls on the most popular part of the catalogue. */
export interface ExposureCurve {
  readonly cutoff: number;
  /** [101]: share of the recommended places that the most popular 0, 1, … 100 % of the items take. */
  readonly recommended: readonly number[];
  /** [101]: share of the train interactions that the same items hold. */
  readonly trained: readonly number[];
}

/** How often each item stands among the first `cutoff` of a list. [I] */
function recommendationCounts(lists: TopLists, itemCount: number, cutoff: number): Uint32Array {
  const counts = new Uint32Array(itemCount);
  lists.counts.forEach((count, row) => {
    const from = row * lists.width;
    for (const item of lists.items.subarray(from, from + Math.min(count, cutoff)))
      counts[item] = (counts[item] as number) + 1;
  });
  return counts;
}

/**
 * Metrics of all lists together, at each cutoff:
 *
 * - coverage@k: share of the catalogue that stands in at least one list
 * - gini@k: Gini coefficient of how often items are recommended, over the whole catalogue; 0: all equally often, near 1: a few take all
 * - novelty@k: mean over recommended places of -log2(share of train interactions that the item holds)
 *   (self-information; an item without train interactions counts as one with a single one); only with itemPopularity
 */
export function beyondAccuracy(
  lists: TopLists,
  itemCount: number,
  cutoffs: readonly number[],
  itemPopularity: Uint32Array | undefined,
): Record<BeyondName, number> {
  const information = itemPopularity === undefined ? undefined : selfInformation(itemPopularity);
  const out: Record<BeyondName, number> = {};
  for (const cutoff of cutoffs) {
    const counts = recommendationCounts(lists, itemCount, cutoff);
    out[`coverage@${cutoff}`] = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0) / itemCount;
    out[`gini@${cutoff}`] = giniCoefficient(counts);
    if (information !== undefined) out[`novelty@${cutoff}`] = meanInformation(counts, information);
  }
  return out;
}

/** Gini coefficient of counts; 0 when all are 0. */
export function giniCoefficient(counts: Uint32Array): number {
  const sorted = counts.slice().sort();
  let total = 0;
  let weighted = 0;
  sorted.forEach((count, at) => {
    total += count;
    weighted += (2 * (at + 1) - sorted.length - 1) * count;
  });
  return total === 0 ? 0 : weighted / (sorted.length * total);
}

/** How the lists share out places between popular and rare items, for the report's plot. */
export function exposureCurve(lists: TopLists, itemPopularity: Uint32Array, cutoff: number): ExposureCurve {
  const counts = recommendationCounts(lists, itemPopularity.length, cutoff);
  const order = Uint32Array.from(itemPopularity.keys()).sort(
    (a, b) => (itemPopularity[b] as number) - (itemPopularity[a] as number),
  );
  return { cutoff, recommended: cumulativeShares(counts, order), trained: cumulativeShares(itemPopularity, order) };
}

function cumulativeShares(counts: Uint32Array, order: Uint32Array): number[] {
  const sums = new Float64Array(order.length + 1);
  order.forEach((item, at) => {
    sums[at + 1] = (sums[at] as number) + (counts[item] as number);
  });
  const total = Math.max(1, sums[order.length] as number);
  return Array.from(
    { length: 101 },
    (_, percent) => (sums[Math.round((percent / 100) * order.length)] as number) / total,
  );
}

function selfInformation(itemPopularity: Uint32Array): Float64Array {
  const total = Math.max(
    1,
    itemPopularity.reduce((sum, count) => sum + count, 0),
  );
  return Float64Array.from(itemPopularity, (count) => -Math.log2(Math.max(1, count) / total));
}

function meanInformation(counts: Uint32Array, information: Float64Array): number {
  let sum = 0;
  let places = 0;
  counts.forEach((count, item) => {
    sum += count * (information[item] as number);
    places += count;
  });
  return places === 0 ? 0 : sum / places;
}
