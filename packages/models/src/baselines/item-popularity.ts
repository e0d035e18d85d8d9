import { columnDegrees, KindredError, type SparseMatrix, type TrainingData } from '@kindred/domain';

/** @throws KindredError DATA_EMPTY when there is no item or no interaction to learn from */
export function checkNotEmpty(method: string, data: TrainingData): void {
  const { columnCount, columns } = data.positives;
  if (columnCount === 0) throw new KindredError('DATA_EMPTY', `${method}: the catalogue has no items`);
  if (columns.length === 0) throw new KindredError('DATA_EMPTY', `${method}: there are no train interactions`);
}

/** [I]: in (0, 1], distinct users of each item relative to the most popular: the answer for users without history. */
export function popularityScores(data: TrainingData): Float32Array {
  const degrees = columnDegrees(data.positives);
  const most = degrees.reduce((max, count) => Math.max(max, count), 1);
  return Float32Array.from(degrees, (count) => count / most);
}

/** Writes the same scores for every user of the batch. */
export function fillRows(scores: Float32Array, row: Float32Array, rowCount: number): void {
  for (let r = 0; r < rowCount; r++) scores.set(row, r * row.length);
}

/**
 * The popularity order for users without history.
 * @param popularity [I] @param scores [B, I], rows of empty histories are overwritten
 */
export function scoreEmptyByPopularity(history: SparseMatrix, popularity: Float32Array, scores: Float32Array): void {
  for (let row = 0; row < history.rowCount; row++) {
    if (history.offsets[row] === history.offsets[row + 1]) scores.set(popularity, row * popularity.length);
  }
}
