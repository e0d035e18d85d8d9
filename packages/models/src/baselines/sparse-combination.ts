import type { SparseMatrix } from '@kindred/domain';

/**
 * Weighted sums of rows of a sparse matrix of positive values, one after the other: `sums` holds the result, `touched`
 * names the columns where it is not 0. Whoever has read a result calls `clear`, which costs as much as there was touched.
 * With the rows of Xᵀ for weights on the rows of X it walks through XᵀX without ever storing it.
 */
export class SparseCombination {
  readonly #matrix: SparseMatrix;
  readonly #touched: Uint32Array;
  #count = 0;
  /** [columns] */
  readonly sums: Float64Array;

  constructor(matrix: SparseMatrix) {
    this.#matrix = matrix;
    this.sums = new Float64Array(matrix.columnCount);
    this.#touched = new Uint32Array(matrix.columnCount);
  }

  /** In no order. */
  get touched(): Uint32Array {
    return this.#touched.subarray(0, this.#count);
  }

  /** @param weights > 0, one for each of the rows */
  combine(rows: Uint32Array, weights: ArrayLike<number>): void {
    const { offsets, columns, values } = this.#matrix;
    const { sums } = this;
    const touched = this.#touched;
    let count = this.#count;
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k] as number;
      const weight = weights[k] as number;
      const end = offsets[row + 1] as number;
      for (let e = offsets[row] as number; e < end; e++) {
        const column = columns[e] as number;
        const before = sums[column] as number;
        // Weights and values are above 0, so 0 means not touched yet.
        if (before === 0) touched[count++] = column;
        sums[column] = before + weight * (values[e] as number);
      }
    }
    this.#count = count;
  }

  clear(): void {
    for (const column of this.touched) this.sums[column] = 0;
    this.#count = 0;
  }
}

/** Euclidean length of each row. [rowCount] */
export function rowNorms(matrix: SparseMatrix): Float64Array {
  return Float64Array.from({ length: matrix.rowCount }, (_, r) =>
    norm(matrix.values.subarray(matrix.offsets[r], matrix.offsets[r + 1])),
  );
}

/** Euclidean length. */
export function norm(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
