import {
  emptyMatrix,
  matrixFromTriples,
  Random,
  type Recommender,
  type SparseMatrix,
  type TrainingData,
  type UserBatch,
} from '@kindred/domain';

/** A matrix from the columns of each row; strengths 1 unless given by (row, column). */
export function matrixOfRows(
  rows: readonly (readonly number[])[],
  columnCount: number,
  strengthOf: (row: number, column: number) => number = () => 1,
): SparseMatrix {
  const rowIndex = rows.flatMap((columns, row) => columns.map(() => row));
  const columns = rows.flat();
  const values = Float32Array.from(columns, (column, k) => strengthOf(rowIndex[k] as number, column));
  return matrixFromTriples(rows.length, columnCount, Uint32Array.from(rowIndex), Uint32Array.from(columns), values);
}

export function trainingOf(positives: SparseMatrix): TrainingData {
  return {
    positives,
    weights: positives.values,
    times: undefined,
    negatives: emptyMatrix(positives.rowCount, positives.columnCount),
    endTimeMs: undefined,
  };
}

/** Scores of each row of histories. */
export async function scoreHistories(recommender: Recommender, history: SparseMatrix): Promise<number[][]> {
  const batch: UserBatch = { history, times: undefined, users: undefined };
  const scores = new Float32Array(history.rowCount * recommender.itemCount).fill(Number.NaN);
  await recommender.score(batch, scores);
  return Array.from({ length: history.rowCount }, (_, row) => [
    ...scores.subarray(row * recommender.itemCount, (row + 1) * recommender.itemCount),
  ]);
}

/** Best item that the user does not have; ties to the lower one. */
export function bestUnseen(scores: readonly number[], seen: readonly number[]): number {
  let best = -1;
  scores.forEach((score, item) => {
    if (!seen.includes(item) && (best < 0 || score > (scores[best] as number))) best = item;
  });
  return best;
}

/**
 * A checkerboard: user u has every item of the same parity but item u itself. What is missing is the answer.
 */
export function checkerboard(size: number): number[][] {
  return Array.from({ length: size }, (_, user) =>
    Array.from({ length: size }, (_, item) => item).filter((item) => item % 2 === user % 2 && item !== user),
  );
}

/**
 * Three clusters of eight items; each of thirty users has five or six of their cluster, and what is left of it is the answer.
 */
export function plantedClusters() {
  const random = new Random(13, 'planted clusters');
  const [clusters, perCluster] = [3, 8];
  const users = Array.from({ length: 30 }, (_, user) => {
    const own = random.shuffle(Uint32Array.from({ length: perCluster }, (_, k) => (user % clusters) * perCluster + k));
    const count = 5 + random.below(2);
    return { has: [...own.subarray(0, count)], held: [...own.subarray(count)] };
  });
  return {
    has: users.map(({ has }) => has),
    held: users.map(({ held }) => held),
    items: clusters * perCluster,
    perCluster,
  };
}

/** Random histories of 1 to `most` items, with strengths 1 to 5. */
export function randomHistories(users: number, items: number, most: number, label: string): SparseMatrix {
  const random = new Random(8, label);
  const rows = Array.from({ length: users }, () => [...random.sample(items, 1 + random.below(most))]);
  return matrixOfRows(rows, items, (row, item) => 1 + ((row * 7 + item * 3) % 5));
}

/** The matrix with 1 for every entry. */
export function binary(matrix: SparseMatrix): SparseMatrix {
  return { ...matrix, values: new Float32Array(matrix.values.length).fill(1) };
}
