import { KindredError, type Random } from '@kindred/domain';
import { takeRows } from '../sparse-rows.js';

/** Of the spread of a standardised set: below it, everybody stands in one place. */
const COLLAPSED_SPREAD = 0.01;

/** Vectors of equal length, such as the users of one domain. */
export interface VectorSet {
  /** [N, width] */
  readonly vectors: Float32Array;
  readonly width: number;
}

/** A set moved to its mean and divided by one number, so that a coordinate has a mean square of one. */
export interface StandardisedSet extends VectorSet {
  /** [width] */
  readonly mean: Float32Array;
  readonly scale: number;
}

/**
 * One number for all coordinates: a number for each would make round what is long, and shape is all that unpaired sets
 * can be told by.
 * @throws KindredError MATRIX_INVALID when the set is not of whole finite rows; DATA_EMPTY when all rows are the same
 */
export function standardise({ vectors, width }: VectorSet, name: string): StandardisedSet {
  const count = vectors.length / width;
  if (!(Number.isInteger(count) && vectors.every(Number.isFinite))) {
    throw new KindredError('MATRIX_INVALID', `the ${name} vectors are not whole rows of ${width} finite numbers`);
  }
  const place = placeOf({ vectors, width });
  if (!(place.scale > 0)) throw new KindredError('DATA_EMPTY', `all ${count} vectors of the ${name} are the same`);
  return { vectors: moved(vectors, place), width, ...place };
}

/** Where a set lies and how far it spreads: the root of the mean square of a coordinate around its mean. */
export function placeOf({ vectors, width }: VectorSet): Pick<StandardisedSet, 'mean' | 'scale'> {
  const count = vectors.length / width;
  const sums = new Float64Array(width);
  vectors.forEach((value, k) => {
    sums[k % width] = (sums[k % width] as number) + value;
  });
  const mean = Float32Array.from(sums, (sum) => sum / count);
  let squares = 0;
  vectors.forEach((value, k) => {
    squares += (value - (mean[k % width] as number)) ** 2;
  });
  return { mean, scale: Math.sqrt(squares / vectors.length) };
}

/** Vectors as the standardised set has them. */
export function moved(vectors: Float32Array, { mean, scale }: Pick<StandardisedSet, 'mean' | 'scale'>): Float32Array {
  return vectors.map((value, k) => (value - (mean[k % mean.length] as number)) / scale);
}

/** The way back. */
export function movedBack(
  vectors: Float32Array,
  { mean, scale }: Pick<StandardisedSet, 'mean' | 'scale'>,
): Float32Array {
  return vectors.map((value, k) => value * scale + (mean[k % mean.length] as number));
}

/** So many of its rows at random, or all of them. */
export function sampled({ vectors, width }: VectorSet, most: number, random: Random): VectorSet {
  const count = vectors.length / width;
  if (count <= most) return { vectors, width };
  return { vectors: takeRows(vectors, width, random.sample(count, most)), width };
}

/** @throws KindredError MATRIX_INVALID when the vectors of two sets are of different lengths */
export function requireSameWidth(source: VectorSet, target: VectorSet): void {
  if (source.width === target.width) return;
  const widths = `those of the source have ${source.width} numbers, those of the target ${target.width}`;
  throw new KindredError('MATRIX_INVALID', `vectors of both domains must be equally long: ${widths}`);
}

/**
 * Refuses vectors that were mapped to where a standardised set lies and all came to one place.
 * @throws KindredError TRAINING_DEGENERATE
 */
export function requireSpread(mapped: VectorSet, step: number): void {
  const { scale } = placeOf(mapped);
  if (scale > COLLAPSED_SPREAD) return;
  const seen = `everybody is mapped to one place: a spread of ${scale.toPrecision(2)} where the domain has 1`;
  throw new KindredError('TRAINING_DEGENERATE', `after step ${step} ${seen}`);
}
