import { encodeHistoryInto } from './encode-history.js';
/**
 * An artefact under the recommender contract. Trained users take the vector of their table where the artefact keeps
 * one; all others are encoded from the history of the batch, by the same function that serving uses.
 */
export function artefactRecommender(artefact, options = {}) {
  const { dimensions } = artefact;
  const itemCount = artefact.items.length;
  const itemColumns = transposed(artefact.itemVectors, itemCount, dimensions); // [D, I]
  const matmul = options.matmul ?? plainMatmul;
  return {
    name: artefact.method,
    itemCount,
    async score(batch, scores) {
      const rows = batch.history.rowCount;
      const vectors = userVectors(artefact, batch); // [B, D]
      await matmul(vectors, [rows, dimensions], itemColumns, [dimensions, itemCount], { out: scores });
    },
  };
}
/** The vector of every user of a batch. [B, D] */
export function userVectors(artefact, batch) {
  const { dimensions } = artefact;
  const rows = batch.history.rowCount;
  const vectors = new Float32Array(rows * dimensions);
  for (let r = 0; r < rows; r++) {
    const place = vectors.subarray(r * dimensions, (r + 1) * dimensions);
    const trained = batch.users === undefined ? undefined : trainedVector(artefact, batch.users[r]);
    if (trained !== undefined) place.set(trained);
    else encodeHistoryInto(artefact, ...historyRow(batch.history, r), place);
  }
  return vectors;
}
function trainedVector({ users, dimensions }, user) {
  if (users === undefined || user >= users.ids.length) return undefined;
  return users.vectors.subarray(user * dimensions, (user + 1) * dimensions);
}
function historyRow(history, row) {
  const start = history.offsets[row];
  const end = history.offsets[row + 1];
  return [history.columns.subarray(start, end), history.values.subarray(start, end)];
}
function transposed(matrix, rows, columns) {
  const out = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[c * rows + r] = matrix[r * columns + c];
  }
  return out;
}
/** The product where no engine is at hand: row by row, the inner loop over contiguous columns. */
const plainMatmul = async (a, [m, k], b, [, n], { out }) => {
  out.fill(0, 0, m * n);
  for (let row = 0; row < m; row++) {
    const into = out.subarray(row * n, (row + 1) * n);
    for (let inner = 0; inner < k; inner++) {
      const factor = a[row * k + inner];
      const from = inner * n;
      for (let c = 0; c < n; c++) into[c] = into[c] + factor * b[from + c];
    }
  }
  return out;
};
//# sourceMappingURL=artefact-recommender.js.map
