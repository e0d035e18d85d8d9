/** Up to one row in so many, collecting and sorting costs less than looking at all. */
const SPARSE = 8;

/** Distinct rows in order of first appearance, collected anew for every step without a new array. */
export class RowSet {
  readonly #rows: Uint32Array;
  /** [R]: the collection in which a row was last met. */
  readonly #met: Uint32Array;
  #collection = 0;
  #count = 0;

  /** @param rowCount R */
  constructor(rowCount: number) {
    this.#rows = new Uint32Array(rowCount);
    this.#met = new Uint32Array(rowCount);
  }

  /** Begins anew. */
  clear(): this {
    this.#collection++;
    this.#count = 0;
    return this;
  }

  /** Takes in rows[start .. end - 1]. */
  add(rows: Uint32Array, start = 0, end = rows.length): this {
    for (let k = start; k < end; k++) {
      const row = rows[k] as number;
      if (this.#met[row] === this.#collection) continue;
      this.#met[row] = this.#collection;
      this.#rows[this.#count++] = row;
    }
    return this;
  }

  /** [n]: a view that stands until the next change. */
  get rows(): Uint32Array {
    return this.#rows.subarray(0, this.#count);
  }

  /**
   * The same rows from the smallest on, which stay in that order: loops over the rows of a large table then go through
   * memory in one direction, in half the time. [n], a view that stands until the next change
   */
  ascending(): Uint32Array {
    if (this.#count * SPARSE < this.#met.length) return this.rows.sort();
    let count = 0;
    for (let row = 0; row < this.#met.length; row++) {
      if (this.#met[row] === this.#collection) this.#rows[count++] = row;
    }
    return this.rows;
  }
}
