import { expect } from 'vitest';
import type { Matrix } from './naive-losses.js';

/** Compares entry by entry, relative to the largest entry, or to `least` where all are smaller. */
export function expectClose(name: string, actual: Matrix, expected: Matrix, tolerance: number, least = 1e-2): void {
  const scale = Math.max(least, ...expected.flat().map(Math.abs));
  expect(actual.length, `rows of ${name}`).toBe(expected.length);
  expected.forEach((row, r) => {
    row.forEach((value, c) => {
      const given = actual[r]?.[c] as number;
      if (Math.abs(given - value) < tolerance * scale) return;
      expect.fail(`${name}, entry ${r}, ${c}: ${given} instead of ${value}`);
    });
  });
}
