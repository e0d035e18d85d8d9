import {
  emptyMatrix,
  type HeldOut,
  matrixFromTriples,
  type Recommender,
  type SparseMatrix,
  type TrainingData,
} from '@kindred/domain';

/** A matrix of ones from the columns of each row. */
function matrixOfRows(rows: readonly (readonly number[])[], columnCount: number): SparseMatrix {
  const rowIndex = rows.flatMap((columns, row) => columns.map(() => row));
  const columns = rows.flat();
  return matrixFromTriples(
    rows.length,
    columnCount,
    Uint32Array.from(rowIndex),
    Uint32Array.from(columns),
    new Float32Array(columns.length).fill(1),
  );
}

export function trainingOf(rows: readonly (readonly number[])[], itemCount: number): TrainingData {
  const positives = matrixOfRows(rows, itemCount);
  return {
    positives,
    weights: positives.values,
    times: undefined,
    negatives: emptyMatrix(rows.length, itemCount),
    endTimeMs: undefined,
  };
}

export function heldOutOf(
  rows: readonly (readonly number[])[],
  itemCount: number,
  unknown?: readonly number[],
): HeldOut {
  return { items: matrixOfRows(rows, itemCount), unknownItems: Uint32Array.from(unknown ?? rows.map(() => 0)) };
}

/** Returns given scores by the user's position in the training data. */
export function scoresOf(table: readonly (readonly number[])[], itemCount: number, name = 'table'): Recommender {
  return {
    name,
    itemCount,
    async score(batch, scores) {
      batch.users?.forEach((user, row) => {
        scores.set(table[user] ?? [], row * itemCount);
      });
    },
  };
}
