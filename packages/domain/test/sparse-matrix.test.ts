import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  columnDegrees,
  hasEntry,
  matrixFromTriples,
  rowDegrees,
  rowEntries,
  transpose,
  withEmptyRows,
} from '../src/index.js';

const cells = fc.uniqueArray(fc.tuple(fc.nat(6), fc.nat(8)), { selector: ([r, c]) => `${r},${c}`, maxLength: 40 });

function matrixOf(entries: readonly (readonly [number, number])[]) {
  const rows = Uint32Array.from(entries, ([r]) => r);
  const columns = Uint32Array.from(entries, ([, c]) => c);
  const values = Float32Array.from(entries, (_, k) => k + 1);
  const order = new Uint32Array(entries.length);
  return { matrix: matrixFromTriples(7, 9, rows, columns, values, order), order };
}

describe('sparse matrix', () => {
  it('holds just the given entries, columns ascending, and says where each came from', () => {
    fc.assert(
      fc.property(cells, (entries) => {
        const { matrix, order } = matrixOf(entries);
        for (let r = 0; r < 7; r++) {
          for (let c = 0; c < 9; c++) expect(hasEntry(matrix, r, c)).toBe(entries.some(([a, b]) => a === r && b === c));
          const row = matrix.columns.subarray(matrix.offsets[r], matrix.offsets[r + 1]);
          expect([...row]).toEqual([...row].sort((a, b) => a - b));
        }
        for (let k = 0; k < entries.length; k++) expect(matrix.values[k]).toBe((order[k] as number) + 1);
      }),
      { seed: 1 },
    );
  });

  it('is itself when transposed twice, and degrees swap', () => {
    fc.assert(
      fc.property(cells, (entries) => {
        const { matrix } = matrixOf(entries);
        expect(transpose(transpose(matrix))).toEqual(matrix);
        expect(rowDegrees(transpose(matrix))).toEqual(columnDegrees(matrix));
      }),
      { seed: 2 },
    );
  });

  it('hands out its rows, and takes empty ones at its end', () => {
    const { matrix } = matrixOf([
      [0, 3],
      [2, 1],
      [2, 5],
    ]);
    expect(rowEntries(matrix, 2)).toEqual([Uint32Array.of(1, 5), Float32Array.of(2, 3)]);
    const longer = withEmptyRows(matrix, 9);
    expect(rowEntries(longer, 2)).toEqual(rowEntries(matrix, 2));
    expect([7, 8].map((row) => rowEntries(longer, row)[0].length)).toEqual([0, 0]);
  });

  it('refuses the same cell twice', () => {
    const twice = () => matrixFromTriples(1, 2, Uint32Array.of(0, 0), Uint32Array.of(1, 1), new Float32Array(2));
    expect(twice).toThrow(expect.objectContaining({ code: 'PAIR_DUPLICATE' }));
  });
});
