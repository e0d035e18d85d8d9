import type { Random } from '@kindred/domain';
import type { VectorSet } from './vector-set.js';

/** As many tell two starts of a training apart. */
const DIRECTIONS = 64;

/**
 * The sliced Wasserstein distance of order 2 between two sets (Rabin et al., 2011): the root of the mean, over random
 * directions, of the squared distance between what is equally far along in both. 0 for two samples of one distribution, but
 * for their size; it knows nothing of who belongs to whom.
 */
export function slicedDistance(a: VectorSet, b: VectorSet, random: Random): number {
  let squares = 0;
  for (let k = 0; k < DIRECTIONS; k++) {
    const direction = unitVector(a.width, random);
    squares += quantileDistance(projections(a, direction), projections(b, direction)) / DIRECTIONS;
  }
  return Math.sqrt(squares);
}

function unitVector(width: number, random: Random): Float64Array {
  const direction = Float64Array.from({ length: width }, () => random.normal());
  const length = Math.hypot(...direction);
  return direction.map((value) => value / length);
}

/** Where each vector lies along the direction, in ascending order. */
function projections({ vectors, width }: VectorSet, direction: Float64Array): Float64Array {
  const places = new Float64Array(vectors.length / width);
  for (let row = 0; row < places.length; row++) {
    let place = 0;
    for (let c = 0; c < width; c++) place += (vectors[row * width + c] as number) * (direction[c] as number);
    places[row] = place;
  }
  return places.sort();
}

/** Mean squared difference of the quantiles of two sorted samples, at the steps of the larger one. */
function quantileDistance(a: Float64Array, b: Float64Array): number {
  const steps = Math.max(a.length, b.length);
  const at = (sorted: Float64Array, k: number) => sorted[Math.floor(((k + 0.5) * sorted.length) / steps)] as number;
  let sum = 0;
  for (let k = 0; k < steps; k++) sum += (at(a, k) - at(b, k)) ** 2;
  return sum / steps;
}
