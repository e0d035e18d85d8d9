import type { SparseMatrix } from '@kindred/domain';
import { solveCholesky } from '../cholesky.js';
import type { SparsePattern } from '../sparse-rows.js';

/** The penalties of implicit least squares. */
export interface LeastSquaresPenalties {
  /** Weight of every pair, interactions or not. */
  readonly unobservedWeight: number;
  readonly regularisation: number;
  /** Power by which the regularisation grows with what a row weighs. */
  readonly scaling: number;
}

/**
 * One side of implicit alternating least squares: the other side's vectors v are fixed, and each row's vector w minimises
 *
 *   Σ_e (1 - w·v_e)² + a Σ_j (w·v_j)² + regularisation (n + a N)^scaling |w|²
 *
 * over its n interactions e and all N rows j of the other side. Blocks of `blockSize` coordinates are solved exactly one
 * after the other (iALS++, Rendle et al. 2021): one block of all coordinates is the closed form of the row.
 */
export class LeastSquaresSide {
  readonly #fixed: Float32Array;
  readonly #gram: Float64Array;
  readonly #width: number;
  readonly #penalties: LeastSquaresPenalties;
  readonly #hessian: Float64Array;
  readonly #step: Float64Array;
  /** Vectors of the interactions of a row, and how far w·v is from 1. */
  #near = new Float64Array(0);
  #misses = new Float64Array(0);

  /** @param fixed [N, width] @param gram fixedᵀ fixed, [width, width] */
  constructor(fixed: Float32Array, gram: Float64Array, width: number, penalties: LeastSquaresPenalties) {
    this.#fixed = fixed;
    this.#gram = gram;
    this.#width = width;
    this.#penalties = penalties;
    this.#hessian = new Float64Array(width * width);
    this.#step = new Float64Array(width);
  }

  /**
   * Improves the vectors of all rows, from where they are. Rows without interactions become zero, as they must.
   * @param pattern [R, N]
   * @param solved [R, width], updated
   */
  solve(pattern: SparsePattern & Pick<SparseMatrix, 'rowCount'>, solved: Float32Array, blockSize: number): void {
    const width = this.#width;
    for (let row = 0; row < pattern.rowCount; row++) {
      const start = pattern.offsets[row] as number;
      const columns = pattern.columns.subarray(start, pattern.offsets[row + 1]);
      const vector = solved.subarray(row * width, (row + 1) * width);
      if (columns.length === 0) vector.fill(0);
      else this.#solveRow(columns, vector, blockSize);
    }
  }

  #solveRow(columns: Uint32Array, vector: Float32Array, blockSize: number): void {
    const width = this.#width;
    const { unobservedWeight, regularisation, scaling } = this.#penalties;
    const all = this.#fixed.length / width;
    const penalty = regularisation * (columns.length + unobservedWeight * all) ** scaling;
    this.#read(columns, vector);
    for (let from = 0; from < width; from += blockSize) {
      const size = Math.min(blockSize, width - from);
      this.#expand(columns.length, from, size);
      this.#addShared(vector, from, size, penalty);
      solveCholesky(this.#hessian, this.#step, size);
      this.#move(columns.length, vector, from, size);
    }
  }

  /** Brings the vectors of the interactions together. */
  #read(columns: Uint32Array, vector: Float32Array): void {
    const width = this.#width;
    const count = columns.length;
    if (this.#misses.length < count) {
      this.#misses = new Float64Array(2 * count);
      this.#near = new Float64Array(2 * count * width);
    }
    const fixed = this.#fixed;
    const near = this.#near;
    const misses = this.#misses;
    for (let e = 0; e < count; e++) {
      const from = (columns[e] as number) * width;
      const to = e * width;
      let product = 0;
      for (let k = 0; k < width; k++) {
        const value = fixed[from + k] as number;
        near[to + k] = value;
        product += value * (vector[k] as number);
      }
      misses[e] = 1 - product;
    }
  }

  /** The interactions' part of the block's Hessian (lower triangle) and of the downhill direction. */
  #expand(count: number, from: number, size: number): void {
    const width = this.#width;
    const near = this.#near;
    const misses = this.#misses;
    const hessian = this.#hessian.fill(0, 0, size * size);
    const step = this.#step.fill(0, 0, size);
    let e = 0;
    // Four interactions at a time: a quarter of the loads and stores of the sums.
    for (; e + 3 < count; e += 4) {
      const a = e * width + from;
      const b = a + width;
      const c = b + width;
      const d = c + width;
      const missA = misses[e] as number;
      const missB = misses[e + 1] as number;
      const missC = misses[e + 2] as number;
      const missD = misses[e + 3] as number;
      for (let k = 0; k < size; k++) {
        const va = near[a + k] as number;
        const vb = near[b + k] as number;
        const vc = near[c + k] as number;
        const vd = near[d + k] as number;
        step[k] = (step[k] as number) + missA * va + missB * vb + missC * vc + missD * vd;
        const row = k * size;
        for (let l = 0; l <= k; l++) {
          hessian[row + l] =
            (hessian[row + l] as number) +
            va * (near[a + l] as number) +
            vb * (near[b + l] as number) +
            vc * (near[c + l] as number) +
            vd * (near[d + l] as number);
        }
      }
    }
    for (; e < count; e++) {
      const a = e * width + from;
      const miss = misses[e] as number;
      for (let k = 0; k < size; k++) {
        const va = near[a + k] as number;
        step[k] = (step[k] as number) + miss * va;
        const row = k * size;
        for (let l = 0; l <= k; l++) hessian[row + l] = (hessian[row + l] as number) + va * (near[a + l] as number);
      }
    }
  }

  /** What all rows share: a VᵀV, and the penalty. */
  #addShared(vector: Float32Array, from: number, size: number, penalty: number): void {
    const width = this.#width;
    const gram = this.#gram;
    const hessian = this.#hessian;
    const step = this.#step;
    const { unobservedWeight } = this.#penalties;
    for (let k = 0; k < size; k++) {
      const row = (from + k) * width;
      let pull = 0;
      for (let j = 0; j < width; j++) pull += (gram[row + j] as number) * (vector[j] as number);
      step[k] = (step[k] as number) - unobservedWeight * pull - penalty * (vector[from + k] as number);
      const to = k * size;
      for (let l = 0; l <= k; l++) {
        hessian[to + l] = (hessian[to + l] as number) + unobservedWeight * (gram[row + from + l] as number);
      }
      hessian[to + k] = (hessian[to + k] as number) + penalty;
    }
  }

  #move(count: number, vector: Float32Array, from: number, size: number): void {
    const width = this.#width;
    const near = this.#near;
    const step = this.#step;
    const misses = this.#misses;
    for (let k = 0; k < size; k++) vector[from + k] = (vector[from + k] as number) + (step[k] as number);
    if (from + size === width) return;
    for (let e = 0; e < count; e++) {
      const at = e * width + from;
      let product = 0;
      for (let k = 0; k < size; k++) product += (near[at + k] as number) * (step[k] as number);
      misses[e] = (misses[e] as number) - product;
    }
  }
}
