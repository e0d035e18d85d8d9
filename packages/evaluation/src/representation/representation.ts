import { Random, rowDegrees, type SparseMatrix } from '@kindred/domain';
import { fifthEnds } from '../buckets.js';
import { alignment, uniformity } from './alignment.js';
import { effectiveRank } from './effective-rank.js';
import { hubness } from './hubness.js';
import { assign, kMeans } from './k-means.js';
import { type LinearProbe, linearProbe } from './linear-probe.js';
import { silhouette } from './silhouette.js';
import { sampleUnitRows, type UnitRows, type VectorTable } from './vector-table.js';

export interface RepresentationInput {
  /** [U, width]: without the dimension of the prior. */
  readonly users: VectorTable;
  /** [I, width] */
  readonly items: VectorTable;
  /** [U, I]: who has what in train. */
  readonly positives: SparseMatrix;
  /** [I]: category of each item; undefined where it is not known. Absent: no probe of it. */
  readonly categories?: readonly (string | undefined)[] | undefined;
  /** Centres of the segments of users, where a method has them. Absent: k-means++ finds eight. */
  readonly prototypes?: VectorTable | undefined;
  readonly seed: number;
}

/** How vectors use their space; what could not be measured (one user, say) is undefined. */
export interface Representation {
  readonly alignment: number | undefined;
  readonly userUniformity: number | undefined;
  readonly itemUniformity: number | undefined;
  readonly userEffectiveRank: number;
  readonly itemEffectiveRank: number;
  readonly dimensions: number;
  /** Skewness of how often an item stands among the ten nearest of another. */
  readonly itemHubness: number | undefined;
  readonly silhouette: number | undefined;
  readonly segments: number;
  /** Which category an item is of, from its vector. */
  readonly categoryProbe: LinearProbe | undefined;
  /** Which fifth of activity a user is of, from their vector. */
  readonly activityProbe: LinearProbe | undefined;
}

const PAIRS = 20_000;
/** Rows looked at where the cost grows with their square, and where it grows with their number. */
const SQUARE_ROWS = 1000;
const LINEAR_ROWS = 5000;
const NEIGHBOURS = 10;
const SEGMENTS = 8;

/**
 * What ranking does not show: how vectors lie. Everything is measured on seeded samples, so that the cost does not grow
 * with the catalogue: the same input and seed give the same figures.
 */
export function measureRepresentation(input: RepresentationInput): Representation {
  const { users, items, positives, categories, seed } = input;
  const draw = (table: VectorTable, limit: number, label: string, isWanted?: (row: number) => boolean) =>
    sampleUnitRows(table, limit, new Random(seed, label), isWanted);
  const someUsers = draw(users, LINEAR_ROWS, 'users');
  const someItems = draw(items, LINEAR_ROWS, 'items');
  const fewItems = draw(items, SQUARE_ROWS, 'few items');
  const fewUsers = draw(users, SQUARE_ROWS, 'few users');
  const centres = input.prototypes ?? (someUsers.count > 0 ? kMeans(someUsers, SEGMENTS, seed) : undefined);
  const known = categories && draw(items, LINEAR_ROWS, 'probed items', (item) => categories[item] !== undefined);
  return {
    alignment: alignment(users, items, positives, PAIRS, seed),
    userUniformity: uniformity(fewUsers),
    itemUniformity: uniformity(fewItems),
    userEffectiveRank: effectiveRank(someUsers),
    itemEffectiveRank: effectiveRank(someItems),
    dimensions: items.width,
    itemHubness: hubness(fewItems, NEIGHBOURS),
    silhouette: centres && silhouette(fewUsers, assign(fewUsers, centres)),
    segments: centres === undefined ? 0 : centres.values.length / centres.width,
    categoryProbe:
      known &&
      linearProbe(
        known,
        [...known.rows].map((item) => categories[item]),
        seed,
      ),
    activityProbe: linearProbe(someUsers, activityFifths(someUsers, rowDegrees(positives)), seed),
  };
}

/** The fifth of activity that each row is of, users of one activity together. [n] */
function activityFifths({ rows }: UnitRows, degrees: Uint32Array): string[] {
  const lengths = rows.map((row) => degrees[row] as number);
  const ends = fifthEnds(lengths);
  return [...lengths].map((length) => String(ends.findIndex((end) => length <= end)));
}
