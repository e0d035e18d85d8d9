import { kMeans, nearestCentres, Random, rowDegrees, type SparseMatrix } from '@kindred/domain';
import { fifthEnds } from '../buckets.js';
import { alignment, uniformity } from './alignment.js';
import { effectiveRank } from './effective-rank.js';
import { hubness } from './hubness.js';
import { type LinearProbe, linearProbe } from './linear-probe.js';
import { reseedStability } from './reseed-stability.js';
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
  /** Unit vectors of the segments of users, where a method has them. Absent: k-means finds eight. */
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
  /** Adjusted Rand index between these segments and reseeded ones; undefined where they were given. */
  readonly stability: number | undefined;
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
const RESTARTS = 4;

/**
 * What ranking does not show: how vectors lie. Everything is measured on seeded samples, so that the cost does not grow
 * with the catalogue: the same input and seed give the same figures.
 */
export async function measureRepresentation(input: RepresentationInput): Promise<Representation> {
  const { users, items, positives, categories, seed } = input;
  const again = { seed, restarts: RESTARTS };
  const draw = (table: VectorTable, limit: number, label: string, isWanted?: (row: number) => boolean) =>
    sampleUnitRows(table, limit, new Random(seed, label), isWanted);
  const someUsers = draw(users, LINEAR_ROWS, 'users');
  const someItems = draw(items, LINEAR_ROWS, 'items');
  const fewItems = draw(items, SQUARE_ROWS, 'few items');
  const fewUsers = draw(users, SQUARE_ROWS, 'few users');
  const isSearched = input.prototypes === undefined && someUsers.count > 0;
  const found = isSearched ? await kMeans(someUsers, SEGMENTS, again) : undefined;
  const centres = input.prototypes?.values ?? found?.centres;
  const known = categories && draw(items, LINEAR_ROWS, 'probed items', (item) => categories[item] !== undefined);
  return {
    alignment: alignment(users, items, positives, PAIRS, seed),
    userUniformity: uniformity(fewUsers),
    itemUniformity: uniformity(fewItems),
    userEffectiveRank: effectiveRank(someUsers),
    itemEffectiveRank: effectiveRank(someItems),
    dimensions: items.width,
    itemHubness: hubness(fewItems, NEIGHBOURS),
    silhouette: centres && silhouette(fewUsers, nearestCentres(fewUsers, centres)),
    segments: centres === undefined ? 0 : centres.length / users.width,
    stability: found && (await reseedStability(someUsers, found, again)),
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
