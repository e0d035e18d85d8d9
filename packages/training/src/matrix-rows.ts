import type { SparseMatrix } from '@kindred/domain';

/** Positions of the entries of the rows, one row after the other. */
export function entriesOfRows(matrix: SparseMatrix, rows: ArrayLike<number>): Uint32Array {
  return Uint32Array.from(Array.from(rows, (row) => [...entriesOfRow(matrix, row)]).flat());
}

/** A matrix whose rows have those entries of another. @param rows the places of each row's entries, ascending */
export function matrixOfEntries(
  { columnCount, columns, values }: SparseMatrix,
  rows: readonly Uint32Array[],
): SparseMatrix {
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((entries, row) => {
    offsets[row + 1] = (offsets[row] as number) + entries.length;
  });
  const of = <Values extends Uint32Array | Float32Array>(from: Values, to: Values): Values => {
    rows.forEach((entries, row) => {
      const start = offsets[row] as number;
      entries.forEach((entry, k) => {
        to[start + k] = from[entry] as number;
      });
    });
    return to;
  };
  const count = offsets[rows.length] as number;
  return {
    rowCount: rows.length,
    columnCount,
    offsets,
    columns: of(columns, new Uint32Array(count)),
    values: of(values, new Float32Array(count)),
  };
}

/** Positions of the entries of a row. */
export function entriesOfRow({ offsets }: SparseMatrix, row: number): Uint32Array {
  const start = offsets[row] as number;
  return Uint32Array.from({ length: (offsets[row + 1] as number) - start }, (_, k) => start + k);
}
