import type { SparseMatrix } from '@kindred/domain';
import { gatherRowSums } from '../sparse-rows.js';
import { type Matmul, transposed } from './matmul.js';

/** Scalings of items before and after a projection; absent: none. */
export interface ProjectionScales {
  /** [I], applied to a history */
  readonly before?: Float32Array | undefined;
  /** [I], applied to the result */
  readonly after?: Float32Array | undefined;
}

/** scores = h diag(before) V Vᵀ diag(after) for histories h: two thin products, never a matrix of items by items. */
export class HistoryProjection {
  readonly #matmul: Matmul;
  readonly #vectors: Float32Array;
  readonly #back: Float32Array;
  readonly #before: Float32Array | undefined;
  readonly #itemCount: number;
  readonly #width: number;

  /** @param vectors V, [I, K] */
  constructor(matmul: Matmul, vectors: Float32Array, itemCount: number, { before, after }: ProjectionScales = {}) {
    this.#matmul = matmul;
    this.#vectors = vectors;
    this.#before = before;
    this.#itemCount = itemCount;
    this.#width = vectors.length / itemCount;
    this.#back = transposed(vectors, [itemCount, this.#width]); // [K, I]
    if (after !== undefined) {
      for (let k = 0; k < this.#back.length; k++) {
        this.#back[k] = (this.#back[k] as number) * (after[k % itemCount] as number);
      }
    }
  }

  /**
   * @param values what each entry of the histories counts
   * @param scores [B, I], overwritten
   */
  async project(history: SparseMatrix, values: Float32Array, scores: Float32Array): Promise<void> {
    const { rowCount } = history;
    const rows = Uint32Array.from({ length: rowCount }, (_, row) => row);
    const folded = new Float32Array(rowCount * this.#width); // [B, K]
    gatherRowSums(history, values, rows, this.#vectors, this.#width, folded, this.#before);
    await this.#matmul(folded, [rowCount, this.#width], this.#back, [this.#width, this.#itemCount], {
      out: scores.subarray(0, rowCount * this.#itemCount),
    });
  }
}
