import { Random } from '@kindred/domain';
import type { UnitRows, VectorTable } from './vector-table.js';

const ROUNDS = 25;

/**
 * Centres of k segments: k-means++ (Arthur and Vassilvitskii, SODA 2007), then Lloyd's rounds until nothing moves.
 * @returns fewer than k where there are fewer different rows
 */
export function kMeans(rows: UnitRows, k: number, seed: number): VectorTable {
  const { values, width, count } = rows;
  let centres = firstCentres(rows, k, new Random(seed, 'k-means'));
  let segments: Uint32Array | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const next = assign(rows, centres);
    if (segments?.every((segment, row) => segment === next[row])) break;
    segments = next;
    const means = new Float32Array(centres.values.length);
    const sizes = new Uint32Array(centres.values.length / width);
    for (const segment of next) sizes[segment] = (sizes[segment] as number) + 1;
    for (let row = 0; row < count; row++) {
      const at = (next[row] as number) * width;
      const size = sizes[next[row] as number] as number;
      for (let c = 0; c < width; c++) {
        means[at + c] = (means[at + c] as number) + (values[row * width + c] as number) / size;
      }
    }
    // A segment that lost its last row keeps its centre.
    sizes.forEach((size, segment) => {
      if (size === 0) means.set(centres.values.subarray(segment * width, (segment + 1) * width), segment * width);
    });
    centres = { values: means, width };
  }
  return centres;
}

/** The nearest centre of each row; ties go to the first. [n] */
export function assign({ values, width, count }: UnitRows, centres: VectorTable): Uint32Array {
  const segments = new Uint32Array(count);
  for (let row = 0; row < count; row++) {
    let least = Number.POSITIVE_INFINITY;
    for (let centre = 0; centre * width < centres.values.length; centre++) {
      const distance = squaredDistance(values, row, centres.values, centre, width);
      if (distance < least) [segments[row], least] = [centre, distance];
    }
  }
  return segments;
}

export function squaredDistance(a: Float32Array, i: number, b: Float32Array, j: number, width: number): number {
  let sum = 0;
  for (let c = 0; c < width; c++) sum += ((a[i * width + c] as number) - (b[j * width + c] as number)) ** 2;
  return sum;
}

/** The first at random, each further one with a chance by its squared distance from those before. */
function firstCentres({ values, width, count }: UnitRows, k: number, random: Random): VectorTable {
  const chosen: number[] = [];
  const nearest = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  let next = random.below(count);
  while (chosen.length < k) {
    chosen.push(next);
    let total = 0;
    for (let row = 0; row < count; row++) {
      nearest[row] = Math.min(nearest[row] as number, squaredDistance(values, row, values, next, width));
      total += nearest[row] as number;
    }
    if (total === 0) break;
    let left = random.next() * total;
    next = nearest.findIndex((distance) => {
      left -= distance;
      return left < 0;
    });
    if (next < 0) next = nearest.findLastIndex((distance) => distance > 0);
  }
  const centres = new Float32Array(chosen.length * width);
  chosen.forEach((row, centre) => {
    centres.set(values.subarray(row * width, (row + 1) * width), centre * width);
  });
  return { values: centres, width };
}
