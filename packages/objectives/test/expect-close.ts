import { expect } from 'vitest';
import type { Matrix } from './naive-losses.js';

/** Compares entry by entry, relative to the largest entry, or to a hundredth where all are smaller. */
export function expectClose(name: string, actual: Matrix, expected: Matrix, tolerance: number): void {
  const scale = Math.max(1e-2, ...expected.flat().map(Math.abs));
  expect(actual.length, `rows of ${name}`).toBe(expected.length);
  expected.forEach((row, r) => {
    row.forEach((value, c) => {
      const given = actual[r]?.[c] as number;
      if (Math.abs(given - value) < tolerance * scale) return;
      expect.fail(`${name}, entry ${r}, ${c}: ${given} instead of ${value}`);
    });
  });
}
