import type { Random } from '@kindred/domain';

/**
 * A view of vectors rather than of a history: each row moved by `strength` of its own length in a random direction
 * that keeps the sign of every coordinate, so that it stays in its orthant (Yu et al., SimGCL, SIGIR 2022):
 *   x + strength |x| sign(x) n / |n|,   n uniform in [0, 1)^width
 * The move does not depend on the row's own direction otherwise: a gradient with respect to what is returned is taken
 * for the gradient of what was given.
 * @param rows [R, width]
 * @returns [R, width], a copy
 */
export function featureNoise(rows: Float32Array, width: number, strength: number, random: Random): Float32Array {
  const noisy = rows.slice();
  const noise = new Float64Array(width);
  for (let start = 0; start < rows.length; start += width) {
    for (let c = 0; c < width; c++) noise[c] = random.next();
    const row = noisy.subarray(start, start + width);
    const step = (strength * lengthOf(row)) / (lengthOf(noise) || 1);
    for (let c = 0; c < width; c++)
      row[c] = (row[c] as number) + step * Math.sign(row[c] as number) * (noise[c] as number);
  }
  return noisy;
}

function lengthOf(row: Float32Array | Float64Array): number {
  let squared = 0;
  for (const value of row) squared += value * value;
  return Math.sqrt(squared);
}
