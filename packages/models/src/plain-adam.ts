import type { AdamArrays } from '@kindred/compute';
import { BETA_1, BETA_2 } from './adam-schedule.js';

/** The loops of Adam in plain TypeScript: where no kernels reach the arrays, and what the kernels are held against. */
export const plainAdam = { adamStep, adamCatchUp };

function adamStep(
  { values, mean, square, width, inverseNorms }: AdamArrays,
  rows: Uint32Array | undefined,
  gradient: Float32Array,
  compact: boolean,
  size: number,
  epsilon: number,
): void {
  const count = rows?.length ?? inverseNorms.length;
  for (let r = 0; r < count; r++) {
    const row = rows?.[r] ?? r;
    const start = row * width;
    const shift = (compact ? r * width : start) - start;
    let squaredNorm = 0;
    for (let k = start; k < start + width; k++) {
      const g = gradient[k + shift] as number;
      const m = BETA_1 * (mean[k] as number) + (1 - BETA_1) * g;
      const s = BETA_2 * (square[k] as number) + (1 - BETA_2) * g * g;
      const value = Math.fround((values[k] as number) - (size * m) / (Math.sqrt(s) + epsilon));
      mean[k] = m;
      square[k] = s;
      values[k] = value;
      gradient[k + shift] = 0;
      squaredNorm += value * value;
    }
    inverseNorms[row] = 1 / Math.sqrt(squaredNorm + 1e-12);
  }
}

function adamCatchUp(
  { values, mean, square, width, inverseNorms, seen }: AdamArrays,
  rows: Uint32Array | undefined,
  now: number,
  tables: Float32Array,
): void {
  const stride = tables.length / 4;
  const count = rows?.length ?? inverseNorms.length;
  for (let r = 0; r < count; r++) {
    const row = rows?.[r] ?? r;
    const last = seen[row] as number;
    if (last === now || last === 0) continue;
    seen[row] = now;
    const [move, epsilon, left1, left2] = [0, 1, 2, 3].map((t) => tables[t * stride + now - last] as number) as [
      number,
      number,
      number,
      number,
    ];
    let squaredNorm = 0;
    for (let k = row * width; k < (row + 1) * width; k++) {
      const m = mean[k] as number;
      const s = square[k] as number;
      const value = Math.fround((values[k] as number) - (move * m) / (Math.sqrt(s) + epsilon));
      values[k] = value;
      mean[k] = m * left1;
      square[k] = s * left2;
      squaredNorm += value * value;
    }
    inverseNorms[row] = 1 / Math.sqrt(squaredNorm + 1e-12);
  }
}
