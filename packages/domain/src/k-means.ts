import { setImmediate as nextTurn } from 'node:timers/promises';
import { dot } from './dot.js';
import { KindredError } from './errors.js';
import { Random } from './random.js';
import { rowProducts } from './row-products.js';

/** Rows of length one, one after the other. */
export interface UnitVectors {
  /** [n, width] */
  readonly values: Float32Array;
  readonly width: number;
}

export interface KMeansOptions {
  readonly seed: number;
  /** Starts; the one whose rows are nearest to their centres is kept. Default 1. */
  readonly restarts?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Clustering {
  /** [clusters, width], unit vectors; none is empty. */
  readonly centres: Float32Array;
  /** [n]: which of them is nearest to each row. */
  readonly clusterOf: Uint32Array;
  /** Mean cosine of a row with its centre. */
  readonly cohesion: number;
}

const MOST_ROUNDS = 50;
/** Whose products with the centres are held at once. */
const ROWS_AT_ONCE = 256;
/** When no more rows than this share still move, the centres stay where they are. */
const SETTLED_SHARE = 0.001;
/** Squared distance of unit vectors below which two rows are the same one. */
const SAME = 1e-9;

/**
 * Spherical k-means (Dhillon and Modha, Machine Learning 2001): clusters of directions, each by the unit vector of the
 * sum of its rows, from starts by k-means++ (Arthur and Vassilvitskii, SODA 2007). A round costs n * k * width; a cluster
 * that loses its last row takes the row that lies worst. The event loop turns after every round.
 * @returns fewer clusters than `count` where there are fewer different rows; none of no rows
 * @throws KindredError INTERRUPTED at the signal, a round later at most
 */
export async function kMeans(
  rows: UnitVectors,
  count: number,
  { seed, restarts = 1, signal }: KMeansOptions,
): Promise<Clustering> {
  const random = new Random(seed, 'k-means');
  let best = await settle(rows, firstCentres(rows, count, random), signal);
  for (let start = 1; start < restarts; start++) {
    const next = await settle(rows, firstCentres(rows, count, random), signal);
    if (next.cohesion > best.cohesion) best = next;
  }
  return best;
}

/**
 * The centre that each row points to most; ties go to the first. [n]
 * @param cosines [n], receives the cosine of each row with that centre
 */
export function nearestCentres(
  { values, width }: UnitVectors,
  centres: Float32Array,
  cosines?: Float32Array,
): Uint32Array {
  const nearest = new Uint32Array(values.length / width);
  const count = centres.length / width;
  const products = new Float32Array(Math.min(nearest.length, ROWS_AT_ONCE) * count);
  for (let start = 0; start < nearest.length; start += ROWS_AT_ONCE) {
    const end = Math.min(nearest.length, start + ROWS_AT_ONCE);
    rowProducts(values.subarray(start * width, end * width), centres, [end - start, count], width, products);
    for (let row = start; row < end; row++) {
      let best = Number.NEGATIVE_INFINITY;
      for (let centre = 0; centre < count; centre++) {
        const cosine = products[(row - start) * count + centre] as number;
        if (cosine > best) {
          best = cosine;
          nearest[row] = centre;
        }
      }
      if (cosines !== undefined) cosines[row] = best;
    }
  }
  return nearest;
}

/** Rounds of assignment and mean until hardly anything moves. */
async function settle(rows: UnitVectors, start: Float32Array, signal: AbortSignal | undefined): Promise<Clustering> {
  const count = rows.values.length / rows.width;
  const cosines = new Float32Array(count);
  let centres = start;
  let clusterOf = nearestCentres(rows, centres, cosines);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    await nextTurn();
    if (signal?.aborted) throw new KindredError('INTERRUPTED', 'k-means was interrupted', { cause: signal.reason });
    fillEmptied(clusterOf, cosines, centres.length / rows.width);
    centres = directions(rows, clusterOf, centres);
    const next = nearestCentres(rows, centres, cosines);
    const moved = next.reduce((sum, cluster, row) => sum + (cluster === clusterOf[row] ? 0 : 1), 0);
    clusterOf = next;
    if (moved <= count * SETTLED_SHARE) break;
  }
  const cohesion = count === 0 ? 0 : cosines.reduce((sum, cosine) => sum + cosine, 0) / count;
  return { ...withoutEmpty(centres, clusterOf, rows.width), cohesion };
}

/** Gives each cluster without rows the one that is farthest from its centre, of clusters that have another. */
function fillEmptied(clusterOf: Uint32Array, cosines: Float32Array, clusters: number): void {
  const sizes = sizesOf(clusterOf, clusters);
  sizes.forEach((size, cluster) => {
    if (size > 0) return;
    let farthest = -1;
    clusterOf.forEach((own, row) => {
      if ((sizes[own] as number) < 2) return;
      if (farthest < 0 || (cosines[row] as number) < (cosines[farthest] as number)) farthest = row;
    });
    if (farthest < 0) return;
    const from = clusterOf[farthest] as number;
    sizes[from] = (sizes[from] as number) - 1;
    sizes[cluster] = 1;
    clusterOf[farthest] = cluster;
    cosines[farthest] = 1; // It is its centre now: no further cluster takes it.
  });
}

/** The unit vector of the sum of each cluster's rows; where they cancel, the centre as it was. [clusters, width] */
function directions({ values, width }: UnitVectors, clusterOf: Uint32Array, before: Float32Array): Float32Array {
  const sums = new Float64Array(before.length);
  for (let row = 0; row < clusterOf.length; row++) {
    const from = row * width;
    const at = (clusterOf[row] as number) * width;
    for (let c = 0; c < width; c++) sums[at + c] = (sums[at + c] as number) + (values[from + c] as number);
  }
  const centres = before.slice();
  for (let at = 0; at < centres.length; at += width) {
    let squared = 0;
    for (let c = 0; c < width; c++) squared += (sums[at + c] as number) ** 2;
    if (squared < SAME) continue;
    const scale = 1 / Math.sqrt(squared);
    for (let c = 0; c < width; c++) centres[at + c] = (sums[at + c] as number) * scale;
  }
  return centres;
}

/** The first row at random, each further one with a chance by its squared distance from those before. */
function firstCentres({ values, width }: UnitVectors, count: number, random: Random): Float32Array {
  const rows = values.length / width;
  const wanted = Math.min(count, rows);
  const chosen: number[] = [];
  const distances = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  let next = rows === 0 ? 0 : random.below(rows);
  while (chosen.length < wanted) {
    chosen.push(next);
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const squared = 2 - 2 * dot(values, row * width, values, next * width, width);
      const distance = Math.min(distances[row] as number, squared < SAME ? 0 : squared);
      distances[row] = row === next ? 0 : distance;
      total += distances[row] as number;
    }
    if (total === 0) break;
    next = drawn(distances, random.next() * total);
  }
  const centres = new Float32Array(chosen.length * width);
  chosen.forEach((row, centre) => {
    centres.set(values.subarray(row * width, (row + 1) * width), centre * width);
  });
  return centres;
}

/** The row at which the running sum passes `mark`; by rounding, the last that has a chance. */
function drawn(chances: Float64Array, mark: number): number {
  let left = mark;
  const found = chances.findIndex((chance) => {
    left -= chance;
    return left < 0;
  });
  return found >= 0 ? found : chances.findLastIndex((chance) => chance > 0);
}

/** Leaves out clusters that nobody is in, which only rows that are alike make. */
function withoutEmpty(centres: Float32Array, clusterOf: Uint32Array, width: number): Omit<Clustering, 'cohesion'> {
  const sizes = sizesOf(clusterOf, centres.length / width);
  const kept = [...sizes.keys()].filter((cluster) => (sizes[cluster] as number) > 0);
  if (kept.length === sizes.length) return { centres, clusterOf };
  const places = new Uint32Array(sizes.length);
  const compact = new Float32Array(kept.length * width);
  kept.forEach((cluster, place) => {
    places[cluster] = place;
    compact.set(centres.subarray(cluster * width, (cluster + 1) * width), place * width);
  });
  return { centres: compact, clusterOf: clusterOf.map((cluster) => places[cluster] as number) };
}

function sizesOf(clusterOf: Uint32Array, clusters: number): Uint32Array {
  const sizes = new Uint32Array(clusters);
  for (const cluster of clusterOf) sizes[cluster] = (sizes[cluster] as number) + 1;
  return sizes;
}
