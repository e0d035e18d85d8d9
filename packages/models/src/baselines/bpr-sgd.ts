import { hasEntry, type Random, type SparseMatrix } from '@kindred/domain';

export interface BprRates {
  readonly learningRate: number;
  readonly regularisation: number;
}

/**
 * One step of stochastic gradient descent on the loss of Bayesian personalised ranking for the triple (u, i, j),
 *
 *   L = -ln σ(w_u·h_i - w_u·h_j) + regularisation/2 (|w_u|² + |h_i|² + |h_j|²)
 *
 * @param user w_u, [D], updated @param items [I, D], rows i and j updated
 * @returns σ(-margin): how wrong the order was
 */
export function bprStep(
  user: Float32Array,
  items: Float32Array,
  liked: number,
  other: number,
  { learningRate, regularisation }: BprRates,
): number {
  const width = user.length;
  const i = liked * width;
  const j = other * width;
  let margin = 0;
  for (let k = 0; k < width; k++) {
    margin += (user[k] as number) * ((items[i + k] as number) - (items[j + k] as number));
  }
  const wrong = 1 / (1 + Math.exp(margin));
  for (let k = 0; k < width; k++) {
    const w = user[k] as number;
    const hi = items[i + k] as number;
    const hj = items[j + k] as number;
    user[k] = w + learningRate * (wrong * (hi - hj) - regularisation * w);
    items[i + k] = hi + learningRate * (wrong * w - regularisation * hi);
    items[j + k] = hj + learningRate * (-wrong * w - regularisation * hj);
  }
  return wrong;
}

/** An item that the row does not have, uniformly; undefined when it has them all. */
export function drawOther(matrix: SparseMatrix, row: number, random: Random): number | undefined {
  const { columnCount, offsets } = matrix;
  if ((offsets[row + 1] as number) - (offsets[row] as number) >= columnCount) return undefined;
  let item = random.below(columnCount);
  while (hasEntry(matrix, row, item)) item = random.below(columnCount);
  return item;
}
