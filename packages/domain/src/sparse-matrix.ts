import { KindredError } from './errors.js';

/**
 * Compressed sparse rows: row r holds the entries offsets[r] .. offsets[r + 1] - 1 of
 * `columns` and `values`; columns ascend strictly within a row.
 */
export interface SparseMatrix {
  readonly rowCount: number;
  readonly columnCount: number;
  /** [rowCount + 1] */
  readonly offsets: Uint32Array;
  /** [entries] */
  readonly columns: Uint32Array;
  /** [entries] */
  readonly values: Float32Array;
}

/** A matrix with no entries. */
export function emptyMatrix(rowCount: number, columnCount: number): SparseMatrix {
  return {
    rowCount,
    columnCount,
    offsets: new Uint32Array(rowCount + 1),
    columns: new Uint32Array(0),
    values: new Float32Array(0),
  };
}

/**
 * Builds rows from triples in any order. A (row, column) given twice is an error: what to do with
 * repeats is the caller's rule, not this function's.
 * @param order when given, receives for each entry of the result its position in the input, so that
 *   a further column (times, say) can be brought into the same order
 */
export function matrixFromTriples(
  rowCount: number,
  columnCount: number,
  rows: Uint32Array,
  columns: Uint32Array,
  values: Float32Array,
  order?: Uint32Array,
): SparseMatrix {
  const offsets = new Uint32Array(rowCount + 1);
  for (const row of rows) offsets[row + 1] = (offsets[row + 1] as number) + 1;
  for (let r = 0; r < rowCount; r++) offsets[r + 1] = (offsets[r + 1] as number) + (offsets[r] as number);
  const cursor = offsets.slice(0, rowCount);
  const position = order ?? new Uint32Array(rows.length);
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k] as number;
    const slot = cursor[row] as number;
    position[slot] = k;
    cursor[row] = slot + 1;
  }
  const outColumns = new Uint32Array(rows.length);
  const outValues = new Float32Array(rows.length);
  for (let r = 0; r < rowCount; r++) {
    const start = offsets[r] as number;
    const end = offsets[r + 1] as number;
    const row = position.subarray(start, end);
    row.sort((a, b) => (columns[a] as number) - (columns[b] as number));
    for (let k = start; k < end; k++) {
      const from = position[k] as number;
      outColumns[k] = columns[from] as number;
      outValues[k] = values[from] as number;
      if (k > start && outColumns[k] === outColumns[k - 1]) {
        throw new KindredError('PAIR_DUPLICATE', `row ${r} holds column ${outColumns[k]} twice`);
      }
    }
  }
  return { rowCount, columnCount, offsets, columns: outColumns, values: outValues };
}

/** The transposed matrix: columns become rows. Linear time. */
export function transpose(matrix: SparseMatrix): SparseMatrix {
  const { rowCount, columnCount, columns, values } = matrix;
  const offsets = new Uint32Array(columnCount + 1);
  for (const column of columns) offsets[column + 1] = (offsets[column + 1] as number) + 1;
  for (let c = 0; c < columnCount; c++) offsets[c + 1] = (offsets[c + 1] as number) + (offsets[c] as number);
  const cursor = offsets.slice(0, columnCount);
  const outColumns = new Uint32Array(columns.length);
  const outValues = new Float32Array(columns.length);
  for (let r = 0; r < rowCount; r++) {
    for (let k = matrix.offsets[r] as number; k < (matrix.offsets[r + 1] as number); k++) {
      const column = columns[k] as number;
      const slot = cursor[column] as number;
      outColumns[slot] = r;
      outValues[slot] = values[k] as number;
      cursor[column] = slot + 1;
    }
  }
  return { rowCount: columnCount, columnCount: rowCount, offsets, columns: outColumns, values: outValues };
}

/** The entries of a row, sharing memory with the matrix. */
export function rowEntries(matrix: SparseMatrix, row: number): [columns: Uint32Array, values: Float32Array] {
  const start = matrix.offsets[row] as number;
  const end = matrix.offsets[row + 1] as number;
  return [matrix.columns.subarray(start, end), matrix.values.subarray(start, end)];
}

/** The same matrix with empty rows added at its end, up to `rowCount`. Entries are shared. */
export function withEmptyRows(matrix: SparseMatrix, rowCount: number): SparseMatrix {
  const offsets = new Uint32Array(rowCount + 1).fill(matrix.columns.length);
  offsets.set(matrix.offsets);
  return { ...matrix, rowCount, offsets };
}

/** Those rows, in the order given, as a matrix of their own. */
export function selectRows(matrix: SparseMatrix, rows: Uint32Array): SparseMatrix {
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((row, at) => {
    offsets[at + 1] = (offsets[at] as number) + (matrix.offsets[row + 1] as number) - (matrix.offsets[row] as number);
  });
  const columns = new Uint32Array(offsets[rows.length] as number);
  const values = new Float32Array(columns.length);
  rows.forEach((row, at) => {
    const start = matrix.offsets[row] as number;
    const end = matrix.offsets[row + 1] as number;
    columns.set(matrix.columns.subarray(start, end), offsets[at] as number);
    values.set(matrix.values.subarray(start, end), offsets[at] as number);
  });
  return { rowCount: rows.length, columnCount: matrix.columnCount, offsets, columns, values };
}

/**
 * What stands beside the entries of a matrix (times, say), for those rows.
 * @param entries [entries of the matrix] @param selected `selectRows` of the same rows @returns [entries of selected]
 */
export function selectEntries(
  matrix: SparseMatrix,
  entries: Float64Array,
  rows: Uint32Array,
  selected: SparseMatrix,
): Float64Array {
  const out = new Float64Array(selected.columns.length);
  rows.forEach((row, at) => {
    const part = entries.subarray(matrix.offsets[row] as number, matrix.offsets[row + 1] as number);
    out.set(part, selected.offsets[at] as number);
  });
  return out;
}

/** How many entries each row has. [rowCount] */
export function rowDegrees(matrix: SparseMatrix): Uint32Array {
  const degrees = new Uint32Array(matrix.rowCount);
  for (let r = 0; r < matrix.rowCount; r++) {
    degrees[r] = (matrix.offsets[r + 1] as number) - (matrix.offsets[r] as number);
  }
  return degrees;
}

/** How many entries each column has. [columnCount] */
export function columnDegrees(matrix: SparseMatrix): Uint32Array {
  const degrees = new Uint32Array(matrix.columnCount);
  for (const column of matrix.columns) degrees[column] = (degrees[column] as number) + 1;
  return degrees;
}

/** Whether row r has an entry in the column. O(log row length). */
export function hasEntry(matrix: SparseMatrix, row: number, column: number): boolean {
  let low = matrix.offsets[row] as number;
  let high = (matrix.offsets[row + 1] as number) - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = matrix.columns[middle] as number;
    if (found === column) return true;
    if (found < column) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}
