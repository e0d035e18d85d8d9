import { largestPlaces } from '../artefact/index.js';
import type { VectorSet } from './vector-set.js';

/** Users that are looked at, real vectors that they may come near to, and how many of those a list has. */
const [USERS, PLACES, NEAREST] = [64, 256, 10];

/**
 * What some of the mapped users come nearest to of some vectors of where they are mapped to: the same users and vectors at
 * every look. For a mapping what lists of items are for a generator.
 */
export function nearestLists(mapped: VectorSet, target: VectorSet): Uint32Array[] {
  const places = rowsSpread(target, PLACES);
  return rowsSpread(mapped, USERS).map((user) =>
    largestPlaces(
      Float32Array.from(places, (place) => 1 / (1 + squaredDistance(user, place))),
      NEAREST,
    ),
  );
}

/** So many rows at equal steps, or all of them. */
function rowsSpread({ vectors, width }: VectorSet, most: number): Float32Array[] {
  const count = vectors.length / width;
  const taken = Math.min(most, count);
  return Array.from({ length: taken }, (_, k) => {
    const row = Math.floor((k * count) / taken);
    return vectors.subarray(row * width, (row + 1) * width);
  });
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, c) => sum + (value - (b[c] as number)) ** 2, 0);
}
