import { addRows } from '../sparse-rows.js';

/**
 * Sums the gradients of rows that a batch names more than once, so that the optimiser moves each row once.
 * @param rows [n] with repeats
 * @param gradients [n, width]
 * @returns distinct rows in order of first appearance, and the sum for each
 */
export function mergeRows(
  rows: Uint32Array,
  gradients: Float32Array,
  width: number,
): { rows: Uint32Array; gradients: Float32Array } {
  const placeOf = new Map<number, number>();
  for (const row of rows) if (!placeOf.has(row)) placeOf.set(row, placeOf.size);
  const merged = new Float32Array(placeOf.size * width);
  addRows(
    gradients,
    rows.map((row) => placeOf.get(row) ?? 0),
    width,
    merged,
  );
  return { rows: Uint32Array.from(placeOf.keys()), gradients: merged };
}
