import { loadEngine, type TensorFlow } from '@kindred/compute';
import { Random } from '@kindred/domain';
import { expect } from 'vitest';
import type { Matrix } from './naive-losses.js';

/** Set by `startReferenceEngine`. */
export let tf: TensorFlow;

/** The cpu engine: the reference, in plain JavaScript. */
export async function startReferenceEngine(): Promise<void> {
  tf = (await loadEngine('cpu')).tf;
}

export function randomMatrix(rows: number, columns: number, label: string): number[][] {
  const random = new Random(7, label);
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.normal()));
}

/** Compares entry by entry, relative to the largest entry. */
export function expectClose(tensor: { arraySync(): unknown }, expected: Matrix, tolerance: number): void {
  const actual = tensor.arraySync() as number[][];
  const scale = Math.max(1e-3, ...expected.flat().map(Math.abs));
  expected.forEach((row, r) => {
    row.forEach((value, c) => {
      expect(Math.abs((actual[r]?.[c] as number) - value) / scale, `entry ${r}, ${c}`).toBeLessThan(tolerance);
    });
  });
}
