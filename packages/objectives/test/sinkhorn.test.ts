import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sinkhornCodes } from '../src/index.js';
import { randomMatrix } from './random-matrix.js';

describe('sinkhornCodes', () => {
  const rowsOf = (codes: Float32Array, segments: number) =>
    Array.from({ length: codes.length / segments }, (_, b) => [...codes.subarray(b * segments, (b + 1) * segments)]);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

  it('is the hand-worked code of two views and two prototypes after one turn', () => {
    // exp(scores / 1) is [[4, 1], [2, 1]]; columns to 1: [[2/3, 1/2], [1/3, 1/2]]; rows to 1: [4/7, 3/7], [2/5, 3/5]
    const codes = sinkhornCodes(Float32Array.of(Math.log(4), 0, Math.log(2), 0), 2, 1, 1);
    [4 / 7, 3 / 7, 2 / 5, 3 / 5].forEach((value, k) => {
      expect(codes[k]).toBeCloseTo(value, 6);
    });
  });

  it('gives rows that sum to one after three turns, and columns that sum to B / S after many', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 23 }), fc.integer({ min: 1, max: 7 }), fc.nat(99), (batch, segments, n) => {
        const scores = Float32Array.from(randomMatrix(batch, segments, `scores ${n}`).flat(), Math.tanh);
        for (const row of rowsOf(sinkhornCodes(scores, segments, 0.05, 3), segments))
          expect(sum(row)).toBeCloseTo(1, 6);
        const settled = rowsOf(sinkhornCodes(scores, segments, 0.5, 300), segments);
        for (let s = 0; s < segments; s++) {
          expect(sum(settled.map((row) => row[s] as number))).toBeCloseTo(batch / segments, 4);
        }
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  it('uses every prototype where all views prefer one', () => {
    const scores = Float32Array.from({ length: 40 }, (_, k) => (k % 4 === 0 ? 0.9 : 0.001 * ((k * 7) % 5)));
    const rows = rowsOf(sinkhornCodes(scores, 4, 0.05, 3), 4);
    for (let s = 0; s < 4; s++) expect(sum(rows.map((row) => row[s] as number))).toBeGreaterThan(1.5);
  });

  it('stays finite at the smallest epsilon', () => {
    const codes = sinkhornCodes(Float32Array.of(1, -1, -1, -1, 1, 1), 2, 0.005, 3);
    expect([...codes].every(Number.isFinite)).toBe(true);
  });
});
