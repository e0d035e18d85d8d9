import { type HeldOut, Random, type SparseMatrix, type TrainingData } from '@kindred/domain';

/** A part of the users, with the items' positions left as they are. */
export interface SampledUsers {
  readonly data: TrainingData;
  readonly heldOut: HeldOut;
  /** Positions of the kept users, ascending. */
  readonly users: Uint32Array;
}

/** A seeded sample of whole users with about so many pairs together; all of them where there are no more. */
export function sampleUsers(data: TrainingData, heldOut: HeldOut, pairs: number, seed: number): SampledUsers {
  const { rowCount, columns } = data.positives;
  const share = Math.min(1, pairs / Math.max(1, columns.length));
  if (share === 1) return { data, heldOut, users: Uint32Array.from({ length: rowCount }, (_, k) => k) };
  const users = new Random(seed, 'probe users').sample(rowCount, Math.max(1, Math.round(share * rowCount))).sort();
  const kept = entriesOf(data.positives, users);
  return {
    users,
    data: {
      positives: rowsOf(data.positives, users),
      weights: Float32Array.from(kept, (e) => data.weights[e] as number),
      times: data.times && Float64Array.from(kept, (e) => data.times?.[e] as number),
      negatives: rowsOf(data.negatives, users),
      endTimeMs: data.endTimeMs,
    },
    heldOut: {
      items: rowsOf(heldOut.items, users),
      unknownItems: Uint32Array.from(users, (user) => heldOut.unknownItems[user] as number),
    },
  };
}

/** Positions of the entries of the rows, one row after the other. */
function entriesOf({ offsets }: SparseMatrix, rows: Uint32Array): Uint32Array {
  const entries: number[] = [];
  for (const row of rows) {
    for (let e = offsets[row] as number; e < (offsets[row + 1] as number); e++) entries.push(e);
  }
  return Uint32Array.from(entries);
}

function rowsOf(matrix: SparseMatrix, rows: Uint32Array): SparseMatrix {
  const entries = entriesOf(matrix, rows);
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((row, k) => {
    const length = (matrix.offsets[row + 1] as number) - (matrix.offsets[row] as number);
    offsets[k + 1] = (offsets[k] as number) + length;
  });
  return {
    rowCount: rows.length,
    columnCount: matrix.columnCount,
    offsets,
    columns: Uint32Array.from(entries, (e) => matrix.columns[e] as number),
    values: Float32Array.from(entries, (e) => matrix.values[e] as number),
  };
}
