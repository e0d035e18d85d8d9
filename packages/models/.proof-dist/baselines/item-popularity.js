import { columnDegrees, KindredError } from '@kindred/domain';
/** @throws KindredError DATA_EMPTY when there is no item or no interaction to learn from */
export function checkNotEmpty(method, data) {
  const { columnCount, columns } = data.positives;
  if (columnCount === 0) throw new KindredError('DATA_EMPTY', `${method}: the catalogue has no items`);
  if (columns.length === 0) throw new KindredError('DATA_EMPTY', `${method}: there are no train interactions`);
}
/** [I]: in (0, 1], distinct users of each item relative to the most popular: the answer for users without history. */
export function popularityScores(data) {
  const degrees = columnDegrees(data.positives);
  const most = degrees.reduce((max, count) => Math.max(max, count), 1);
  return Float32Array.from(degrees, (count) => count / most);
}
/** Writes the same scores for every user of the batch. */
export function fillRows(scores, row, rowCount) {
  for (let r = 0; r < rowCount; r++) scores.set(row, r * row.length);
}
//# sourceMappingURL=item-popularity.js.map
