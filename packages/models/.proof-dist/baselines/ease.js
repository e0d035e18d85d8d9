import { KindredError } from '@kindred/domain';
import { invertSymmetric } from './invert-symmetric.js';
import { checkNotEmpty, popularityScores } from './item-popularity.js';
import { checkSettingNames, numberSetting, strengthsSetting } from './settings.js';
/** Largest catalogue: the dense item-by-item matrix of 10,000 items takes 400 MB and n³ operations. */
export const EASE_MAX_ITEMS = 10_000;
/**
 * EASE^R, "Embarrassingly Shallow Autoencoders for Sparse Data" (Steck, WWW 2019): the linear item-to-item
 * model with zero diagonal that best rebuilds the histories, in closed form,
 *
 *   P = (XᵀX + lambda I)^-1      B = I - P diag(1 / diag P)      scores = x B
 *
 * Settings: lambda (default 200), strengths (`binary`, as published, or `given`). A user without history gets
 * the popularity order.
 */
export function createEase(given = {}, parts = {}) {
  checkSettingNames('ease', given, ['lambda', 'strengths']);
  const lambda = numberSetting(given, 'lambda', 200, 'a number above 0', (value) => value > 0);
  const strengths = strengthsSetting(given);
  return {
    name: 'ease',
    settings: { lambda, strengths },
    async fit(data) {
      checkNotEmpty('ease', data);
      checkSize(data.positives.columnCount);
      const itemCount = data.positives.columnCount;
      const matrix = gramMatrix(data.positives, strengths, lambda);
      await invertSymmetric(matrix, itemCount, parts.matmul);
      toWeights(matrix, itemCount);
      return linearRecommender(matrix, popularityScores(data), strengths);
    },
  };
}
function checkSize(itemCount) {
  if (itemCount <= EASE_MAX_ITEMS) return;
  const gigabytes = ((itemCount * itemCount * 4) / 1e9).toFixed(1);
  throw new KindredError(
    'CATALOGUE_TOO_LARGE',
    `ease inverts a dense matrix of items by items: ${itemCount} items would take ${gigabytes} GB; the limit is ${EASE_MAX_ITEMS} items`,
  );
}
/** Lower triangle of XᵀX + lambda I. [I, I] */
function gramMatrix(positives, strengths, lambda) {
  const { columnCount: n, offsets, columns, values } = positives;
  const matrix = new Float32Array(n * n);
  for (let row = 0; row < positives.rowCount; row++) {
    const start = offsets[row];
    for (let k = start; k < offsets[row + 1]; k++) {
      const from = columns[k] * n;
      const strength = strengths === 'given' ? values[k] : 1;
      // Columns ascend within a row, so entries up to k lie in the lower triangle.
      for (let e = start; e <= k; e++) {
        const place = from + columns[e];
        matrix[place] = matrix[place] + (strengths === 'given' ? strength * values[e] : 1);
      }
    }
  }
  for (let i = 0; i < n; i++) matrix[i * n + i] = matrix[i * n + i] + lambda;
  return matrix;
}
/** Turns the lower triangle of -P into the full B: B_ij = -P_ij / P_jj off the diagonal, 0 on it. */
function toWeights(matrix, n) {
  const diagonal = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const value = matrix[i * n + j];
      matrix[i * n + j] = -value / diagonal[j];
      matrix[j * n + i] = -value / diagonal[i];
    }
    matrix[i * n + i] = 0;
  }
}
function linearRecommender(weights, popularity, strengths) {
  const itemCount = popularity.length;
  const sums = new Float64Array(itemCount);
  return {
    name: 'ease',
    itemCount,
    async score({ history }, scores) {
      for (let row = 0; row < history.rowCount; row++) {
        const start = history.offsets[row];
        const end = history.offsets[row + 1];
        sums.fill(0);
        for (let k = start; k < end; k++) {
          const item = history.columns[k];
          const strength = strengths === 'given' ? history.values[k] : 1;
          addScaled(sums, weights, item * itemCount, strength);
        }
        scores.set(start === end ? popularity : sums, row * itemCount);
      }
    },
  };
}
function addScaled(sums, weights, from, scale) {
  for (let j = 0; j < sums.length; j++) sums[j] = sums[j] + scale * weights[from + j];
}
//# sourceMappingURL=ease.js.map
