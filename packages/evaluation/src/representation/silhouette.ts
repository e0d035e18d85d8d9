import type { UnitRows } from './vector-table.js';

/**
 * The mean silhouette (Rousseeuw, 1987): (b - a) / max(a, b) of each row, a its mean distance from its own segment's
 * other rows, b from the nearest other segment's. 1: far apart; 0: a row lies between two; a row alone counts 0.
 * @param segments [n]
 * @returns undefined with fewer than two segments
 */
export function silhouette({ values, width, count }: UnitRows, segments: Uint32Array): number | undefined {
  const segmentCount = segments.reduce((most, segment) => Math.max(most, segment + 1), 0);
  const sizes = new Uint32Array(segmentCount);
  for (const segment of segments) sizes[segment] = (sizes[segment] as number) + 1;
  if (sizes.filter((size) => size > 0).length < 2) return undefined;
  let total = 0;
  const distances = new Float64Array(segmentCount);
  for (let row = 0; row < count; row++) {
    distances.fill(0);
    for (let other = 0; other < count; other++) {
      const segment = segments[other] as number;
      const distance = Math.sqrt(squaredDistance(values, row, values, other, width));
      distances[segment] = (distances[segment] as number) + distance;
    }
    total += silhouetteOf(distances, sizes, segments[row] as number);
  }
  return total / count;
}

function silhouetteOf(distances: Float64Array, sizes: Uint32Array, own: number): number {
  const size = sizes[own] as number;
  if (size === 1) return 0;
  const within = (distances[own] as number) / (size - 1);
  let between = Number.POSITIVE_INFINITY;
  sizes.forEach((other, segment) => {
    if (segment !== own && other > 0) between = Math.min(between, (distances[segment] as number) / other);
  });
  const larger = Math.max(within, between);
  return larger === 0 ? 0 : (between - within) / larger;
}

function squaredDistance(a: Float32Array, i: number, b: Float32Array, j: number, width: number): number {
  let sum = 0;
  for (let c = 0; c < width; c++) sum += ((a[i * width + c] as number) - (b[j * width + c] as number)) ** 2;
  return sum;
}
