import { TopK } from '@kindred/domain';
import { dotRows, type UnitRows } from './vector-table.js';

/**
 * Hubness (Radovanovic et al., JMLR 2010): in how many lists of k nearest neighbours each row stands, and the skewness
 * of these counts. 0: all alike; above about 1, some rows are hubs that stand near everything.
 * @returns undefined with fewer than three rows
 */
export function hubness(rows: UnitRows, k: number): number | undefined {
  if (rows.count < 3) return undefined;
  return skewness(occurrences(rows, Math.min(k, rows.count - 1)));
}

/** In how many of the others' lists of k nearest each row stands; ties go to the lower row. [n] */
export function occurrences({ values, width, count }: UnitRows, k: number): Uint32Array {
  const counts = new Uint32Array(count);
  const nearest = new TopK(k);
  const positions = new Uint32Array(k);
  const scores = new Float32Array(k);
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < count; b++) if (a !== b) nearest.offer(dotRows(values, a, values, b, width), b);
    nearest.drain(positions, scores);
    for (const b of positions) counts[b] = (counts[b] as number) + 1;
  }
  return counts;
}

/** The third standardised moment; 0 where all are equal. */
export function skewness(counts: ArrayLike<number>): number {
  const values = Array.from(counts);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const moment = (power: number) => values.reduce((sum, value) => sum + (value - mean) ** power, 0) / values.length;
  const variance = moment(2);
  return variance === 0 ? 0 : moment(3) / variance ** 1.5;
}
