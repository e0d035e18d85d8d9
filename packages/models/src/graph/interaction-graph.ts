import { type SparseMatrix, transpose } from '@kindred/domain';
import { gatherRowSums } from '../sparse-rows.js';

/** A row for every user and every item: the nodes of the graph. */
export interface NodeRows {
  readonly users: Float32Array; // [U, d]
  readonly items: Float32Array; // [I, d]
}

/**
 * Users and items as one graph, an edge for each positive, normalised on both sides:
 *   A_ui = A_iu = h_ui / sqrt(D_u) / sqrt(D_i),   D the sum of a node's strengths h
 * With strengths of 1 it is D^-1/2 A D^-1/2 of LightGCN. It is symmetric: what carries vectors forward carries
 * gradients back.
 */
export class InteractionGraph {
  readonly width: number;
  /** [I]: 1 / sqrt(D_i); 1 for an item without any user. */
  readonly itemScale: Float32Array;
  readonly #toUsers: SparseMatrix; // [U, I]
  readonly #toItems: SparseMatrix; // [I, U]
  readonly #allUsers: Uint32Array;
  readonly #allItems: Uint32Array;

  constructor(positives: SparseMatrix, width: number) {
    this.width = width;
    const back = transpose(positives);
    const userScale = inverseRoots(rowSums(positives));
    this.itemScale = inverseRoots(rowSums(back));
    this.#toUsers = scaled(positives, userScale, this.itemScale);
    this.#toItems = scaled(back, this.itemScale, userScale);
    this.#allUsers = Uint32Array.from({ length: positives.rowCount }, (_, user) => user);
    this.#allItems = Uint32Array.from({ length: positives.columnCount }, (_, item) => item);
  }

  /** Zeros for every node. */
  rows(): NodeRows {
    return {
      users: new Float32Array(this.#allUsers.length * this.width),
      items: new Float32Array(this.#allItems.length * this.width),
    };
  }

  /** to = A from: every node becomes the weighted sum of its neighbours. @param to overwritten */
  hop(from: NodeRows, to: NodeRows): void {
    gatherRowSums(this.#toUsers, this.#toUsers.values, this.#allUsers, from.items, this.width, to.users);
    gatherRowSums(this.#toItems, this.#toItems.values, this.#allItems, from.users, this.width, to.items);
  }
}

function scaled(matrix: SparseMatrix, rowScale: Float32Array, columnScale: Float32Array): SparseMatrix {
  const values = matrix.values.slice();
  for (let row = 0; row < matrix.rowCount; row++) {
    for (let e = matrix.offsets[row] as number; e < (matrix.offsets[row + 1] as number); e++) {
      values[e] =
        (values[e] as number) * (rowScale[row] as number) * (columnScale[matrix.columns[e] as number] as number);
    }
  }
  return { ...matrix, values };
}

function rowSums({ rowCount, offsets, values }: SparseMatrix): Float64Array {
  return Float64Array.from({ length: rowCount }, (_, row) =>
    values.subarray(offsets[row], offsets[row + 1]).reduce((sum, value) => sum + value, 0),
  );
}

function inverseRoots(sums: Float64Array): Float32Array {
  return Float32Array.from(sums, (sum) => (sum > 0 ? 1 / Math.sqrt(sum) : 1));
}
