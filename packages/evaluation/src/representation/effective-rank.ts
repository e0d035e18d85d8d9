import { symmetricEigen } from '@kindred/domain';
import type { UnitRows } from './vector-table.js';

/**
 * Effective rank (Roy and Vetterli, EUSIPCO 2007): exp of the entropy of the singular values, taken as shares of their
 * sum. 1: one direction; the width: all directions equally; 0 without a row. Rows are not centred: a common direction counts as one.
 */
export function effectiveRank({ values, width, count }: UnitRows): number {
  if (count === 0) return 0;
  const gram = new Float64Array(width * width);
  for (let r = 0; r < count; r++) {
    const row = values.subarray(r * width, (r + 1) * width);
    for (let a = 0; a < width; a++) {
      const left = row[a] as number;
      for (let b = 0; b <= a; b++) gram[a * width + b] = (gram[a * width + b] as number) + left * (row[b] as number);
    }
  }
  for (let a = 0; a < width; a++) {
    for (let b = 0; b < a; b++) gram[b * width + a] = gram[a * width + b] as number;
  }
  const singular = symmetricEigen(gram, width).values.map((value) => Math.sqrt(Math.max(0, value)));
  const total = singular.reduce((sum, value) => sum + value, 0);
  let entropy = 0;
  for (const value of singular) if (value > 0) entropy -= (value / total) * Math.log(value / total);
  return Math.exp(entropy);
}
