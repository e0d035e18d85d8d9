/**
 * Picks the `width` best of a row of scores without sorting the row: a min-heap of the best so far whose
 * root is the bar that a score must pass. Higher scores come first, equal scores by the lower position.
 * One instance is reused for any number of rows. O(n + hits · log width) a row.
 */
export class TopSelector {
  readonly #scores: Float32Array;
  readonly #items: Uint32Array;
  readonly #width: number;
  #size = 0;

  constructor(width: number) {
    this.#width = width;
    this.#scores = new Float32Array(width);
    this.#items = new Uint32Array(width);
  }

  /**
   * Writes the best candidates of a row, best first. A score of -Infinity is no candidate.
   * @param row [I]
   * @param items receives at most `width` positions
   * @param scores receives their scores
   * @returns how many were written, or -1 when a score is NaN
   */
  select(row: Float32Array, items: Uint32Array, scores: Float32Array): number {
    this.#size = 0;
    let bar = Number.NEGATIVE_INFINITY;
    for (let item = 0; item < row.length; item++) {
      const score = row[item] as number;
      // Positions ascend, so an equal score comes later and loses: only a greater one (or NaN) goes on.
      if (score <= bar) continue;
      if (Number.isNaN(score)) return -1;
      if (this.#size < this.#width) this.#push(score, item);
      else this.#replaceRoot(score, item);
      if (this.#size === this.#width) bar = this.#scores[0] as number;
    }
    return this.#drain(items, scores);
  }

  #push(score: number, item: number): void {
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.#isWorse(score, item, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#scores[at] = score;
    this.#items[at] = item;
  }

  #replaceRoot(score: number, item: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (right < this.#size && this.#isWorse(this.#scores[right] as number, this.#items[right] as number, child))
        child = right;
      if (this.#isWorse(score, item, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#scores[at] = score;
    this.#items[at] = item;
  }

  #drain(items: Uint32Array, scores: Float32Array): number {
    const count = this.#size;
    for (let rank = count - 1; rank >= 0; rank--) {
      items[rank] = this.#items[0] as number;
      scores[rank] = this.#scores[0] as number;
      this.#size = rank;
      if (rank > 0) this.#replaceRoot(this.#scores[rank] as number, this.#items[rank] as number);
    }
    return count;
  }

  /** Whether (score, item) ranks after what stands at the place of the heap. */
  #isWorse(score: number, item: number, place: number): boolean {
    const other = this.#scores[place] as number;
    return score < other || (score === other && item > (this.#items[place] as number));
  }

  #move(from: number, to: number): void {
    this.#scores[to] = this.#scores[from] as number;
    this.#items[to] = this.#items[from] as number;
  }
}
