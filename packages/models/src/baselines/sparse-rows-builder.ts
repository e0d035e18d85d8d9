import type { SparseMatrix, TopK } from '@kindred/domain';

const FIRST_CAPACITY = 1024;

/** Builds a sparse matrix row by row where it isn't known beforehand how many entries there will be. */
export class SparseRowsBuilder {
  readonly #columnCount: number;
  readonly #offsets: number[] = [0];
  #columns = new Uint32Array(FIRST_CAPACITY);
  #values = new Float32Array(FIRST_CAPACITY);
  #length = 0;

  constructor(columnCount: number) {
    this.#columnCount = columnCount;
  }

  /** How many entries there are so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * The next row.
   * @param columns distinct, in any order; sorted in place
   */
  push(columns: Uint32Array, valueAt: (column: number) => number): void {
    this.#reserve(columns.length);
    for (const column of columns.sort()) {
      this.#columns[this.#length] = column;
      this.#values[this.#length] = valueAt(column);
      this.#length += 1;
    }
    this.#offsets.push(this.#length);
  }

  build(): SparseMatrix {
    return {
      rowCount: this.#offsets.length - 1,
      columnCount: this.#columnCount,
      offsets: Uint32Array.from(this.#offsets),
      columns: this.#columns.slice(0, this.#length),
      values: this.#values.slice(0, this.#length),
    };
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#columns.length) return;
    const capacity = Math.max(this.#length + more, 2 * this.#columns.length);
    const [columns, values] = [this.#columns, this.#values];
    this.#columns = new Uint32Array(capacity);
    this.#values = new Float32Array(capacity);
    this.#columns.set(columns);
    this.#values.set(values);
  }
}

/** The positions that a heap kept, best first. It begins anew. */
export function drainPositions(heap: TopK): Uint32Array {
  const positions = new Uint32Array(heap.size);
  heap.drain(positions, new Float32Array(positions.length));
  return positions;
}
