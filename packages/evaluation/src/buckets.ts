import { rowDegrees } from '@kindred/domain';
import type { Cohort } from './cohort.js';
import type { TopLists } from './full-ranking.js';
import { type MetricName, meanMetrics, measureLists, type PerUser } from './ranking-metrics.js';

/** Metrics of a part of the users (by activity) or of the catalogue (by popularity). */
export interface Bucket {
  readonly by: 'activity' | 'popularity';
  /** `sparsest fifth` … `most active fifth`; `head`, `mid`, `tail`. */
  readonly name: string;
  /** Smallest and largest number of train interactions of a user or item in the bucket. */
  readonly from: number;
  readonly to: number;
  /** Users that the metrics are means over. */
  readonly users: number;
  /** Items in the bucket; undefined for buckets by activity. */
  readonly items: number | undefined;
  readonly metrics: Record<MetricName, number>;
}

const ACTIVITY_NAMES = ['sparsest fifth', 'second fifth', 'third fifth', 'fourth fifth', 'most active fifth'] as const;
/** Share of all train interactions that the items up to the end of the bucket hold, most popular first. */
const POPULARITY_SHARES = [
  ['head', 0.5],
  ['mid', 0.8],
  ['tail', 1],
] as const;

/**
 * Users with a history by its length, cut at the fifths of the sorted lengths. Users of one length stay together, so
 * fifths are unequal where many lengths are the same, and a fifth that gets nobody is left out. Users without any
 * history are in none: they would be the whole of the sparsest fifth wherever many are new.
 */
export function activityBuckets(cohort: Cohort, perUser: PerUser): Bucket[] {
  const lengths = rowDegrees(cohort.histories);
  const ends = fifthEnds(lengths.filter((length) => length > 0));
  const buckets: Bucket[] = [];
  let above = 0;
  ACTIVITY_NAMES.forEach((name, fifth) => {
    const end = ends[fifth] as number;
    const rows = Uint32Array.from(lengths.keys()).filter(
      (row) => (lengths[row] as number) > above && (lengths[row] as number) <= end,
    );
    if (rows.length > 0)
      buckets.push({
        by: 'activity',
        name,
        ...range(lengths, rows),
        users: rows.length,
        items: undefined,
        metrics: meanMetrics(pick(perUser, rows)),
      });
    above = Math.max(above, end);
  });
  return buckets;
}

/** The largest of each fifth of the sorted values; values that are equal belong to the first fifth that ends with them. */
export function fifthEnds(values: Uint32Array): number[] {
  const sorted = values.slice().sort();
  return ACTIVITY_NAMES.map((_, fifth) => sorted[Math.ceil(((fifth + 1) * sorted.length) / 5) - 1] ?? -1);
}

/**
 * Items by popularity: the most popular that hold half of the train interactions (head), the next three
 * tenths (mid), the rest (tail, items without any included). Only relevant items of the bucket count, for
 * users that have such; the lists are the same full rankings. Items of one popularity stay together.
 */
export function popularityBuckets(
  cohort: Cohort,
  lists: TopLists,
  cutoffs: readonly number[],
  itemPopularity: Uint32Array,
): Bucket[] {
  const bucketOf = assignPopularity(itemPopularity);
  return POPULARITY_SHARES.flatMap(([name], b): Bucket[] => {
    const items = Uint32Array.from(bucketOf.keys()).filter((item) => bucketOf[item] === b);
    const { rows, perUser } = measureLists(lists, { ...cohort, isCounted: (item) => bucketOf[item] === b }, cutoffs);
    if (rows.length === 0) return [];
    return [
      {
        by: 'popularity',
        name,
        ...range(itemPopularity, items),
        users: rows.length,
        items: items.length,
        metrics: meanMetrics(perUser),
      },
    ];
  });
}

/** [I]: 0 head, 1 mid, 2 tail. */
function assignPopularity(itemPopularity: Uint32Array): Uint8Array {
  const total = itemPopularity.reduce((sum, count) => sum + count, 0);
  const order = Uint32Array.from(itemPopularity.keys()).sort(
    (a, b) => (itemPopularity[b] as number) - (itemPopularity[a] as number),
  );
  const bucketOf = new Uint8Array(itemPopularity.length);
  let held = 0;
  let bucket = 0;
  order.forEach((item, at) => {
    const isTie = at > 0 && itemPopularity[item] === itemPopularity[order[at - 1] as number];
    // The item that crosses a share still belongs to the bucket that it crosses out of.
    while (!isTie && bucket < 2 && held >= (POPULARITY_SHARES[bucket]?.[1] ?? 1) * total) bucket += 1;
    bucketOf[item] = bucket;
    held += itemPopularity[item] as number;
  });
  return bucketOf;
}

function range(degrees: Uint32Array, rows: Uint32Array): { from: number; to: number } {
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  for (const row of rows) {
    from = Math.min(from, degrees[row] as number);
    to = Math.max(to, degrees[row] as number);
  }
  return { from, to };
}

function pick(perUser: PerUser, rows: Uint32Array): PerUser {
  const entries = Object.entries(perUser).map(([name, values]) => [
    name,
    Float64Array.from(rows, (row) => values[row] as number),
  ]);
  return Object.fromEntries(entries);
}
