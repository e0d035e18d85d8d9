import { rowEntries, type SparseMatrix } from '@kindred/domain';

/** Passes over the candidates after which a regression is left as it is. */
const MOST_PASSES = 100;
/** A pass that moves the fit by less than this share of the target's length is the last. */
const TOLERANCE = 1e-4;

/**
 * Regressions with the elastic net and weights ≥ 0 by cyclic coordinate descent on the Gram matrix G = XᵀX (Friedman,
 * Hastie and Tibshirani, 2010, "covariance updates"): for target j and candidates C,
 *
 *   min over w ≥ 0 of 1/2 |x_j - X_C w|² + l2/2 |w|² + l1 Σ w
 *   w_k <- max(0, g_k + G_kk w_k - l1) / (G_kk + l2)        g = G_Cj - G_CC w
 *
 * A row of G_CC is read from G when its candidate first gets a weight, so that the many that never do cost nothing.
 */
export class ElasticNet {
  readonly #gram: SparseMatrix;
  /** [I] */
  readonly #diagonal: Float64Array;
  readonly #l1: number;
  readonly #l2: number;
  /** [I]: 1 + place among the candidates, 0 for the others. */
  readonly #places: Uint32Array;
  /** [C, C]: rows of G_CC, valid where `#isRead`. */
  readonly #block: Float64Array;
  readonly #isRead: Uint8Array;
  readonly #gradient: Float64Array;
  readonly #weights: Float64Array;

  /** @param gram [I, I] @param diagonal [I] @param most candidates at once */
  constructor(gram: SparseMatrix, diagonal: Float64Array, most: number, { l1, l2 }: { l1: number; l2: number }) {
    this.#gram = gram;
    this.#diagonal = diagonal;
    this.#l1 = l1;
    this.#l2 = l2;
    this.#places = new Uint32Array(gram.rowCount);
    this.#block = new Float64Array(most * most);
    this.#isRead = new Uint8Array(most);
    this.#gradient = new Float64Array(most);
    this.#weights = new Float64Array(most);
  }

  /**
   * @param products of the target with each candidate, [C]
   * @returns [C], valid until the next call
   */
  solve(target: number, candidates: Uint32Array, products: ArrayLike<number>): Float64Array {
    const count = candidates.length;
    const weights = this.#weights.subarray(0, count).fill(0);
    this.#isRead.fill(0, 0, count);
    for (let k = 0; k < count; k++) {
      this.#places[candidates[k] as number] = k + 1;
      this.#gradient[k] = products[k] as number;
    }
    const enough = TOLERANCE ** 2 * (this.#diagonal[target] as number);
    for (let pass = 0; pass < MOST_PASSES && this.#pass(candidates, weights) > enough; pass++);
    for (const candidate of candidates) this.#places[candidate] = 0;
    return weights;
  }

  /** @returns the largest |change of the fit|² by one candidate */
  #pass(candidates: Uint32Array, weights: Float64Array): number {
    const gradient = this.#gradient;
    let largest = 0;
    for (let k = 0; k < candidates.length; k++) {
      const square = this.#diagonal[candidates[k] as number] as number;
      const before = weights[k] as number;
      const after = Math.max(0, (gradient[k] as number) + square * before - this.#l1) / (square + this.#l2);
      if (after === before) continue;
      const change = after - before;
      weights[k] = after;
      const row = this.#row(candidates, k);
      for (let c = 0; c < row.length; c++) gradient[c] = (gradient[c] as number) - change * (row[c] as number);
      largest = Math.max(largest, change * change * square);
    }
    return largest;
  }

  /** Row k of G_CC. [C] */
  #row(candidates: Uint32Array, k: number): Float64Array {
    const row = this.#block.subarray(k * candidates.length, (k + 1) * candidates.length);
    if (this.#isRead[k] === 1) return row;
    this.#isRead[k] = 1;
    row.fill(0);
    const [columns, values] = rowEntries(this.#gram, candidates[k] as number);
    for (let e = 0; e < columns.length; e++) {
      const place = this.#places[columns[e] as number] as number;
      if (place > 0) row[place - 1] = values[e] as number;
    }
    return row;
  }
}
