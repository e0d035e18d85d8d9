/**
 * Keeps the best (score, position) pairs that it is offered, in any order: a binary heap whose root is the worst one
 * kept. Equal scores go to the lower position, so that the same scores always give the same list.
 * O(log capacity) an offer that is kept; one instance serves any number of lists.
 */
export class TopK {
  readonly #scores: Float64Array;
  readonly #positions: Uint32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#scores = new Float64Array(capacity);
    this.#positions = new Uint32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** A score below this would not be kept; -Infinity while there is room. */
  get bar(): number {
    if (this.#size < this.#scores.length) return Number.NEGATIVE_INFINITY;
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#scores[0] as number);
  }

  clear(): void {
    this.#size = 0;
  }

  offer(score: number, position: number): void {
    if (this.#size < this.#scores.length) this.#siftUp(score, position);
    else if (this.#size > 0 && !this.#isWorse(score, position, 0)) this.#siftDown(score, position);
  }

  /**
   * Hands over what was kept, best first, and begins anew.
   * @param positions and scores: [at least size], written from the front
   * @returns how many were written
   */
  drain(positions: Uint32Array, scores: Float32Array): number {
    const count = this.#size;
    for (let rank = count - 1; rank >= 0; rank--) {
      positions[rank] = this.#positions[0] as number;
      scores[rank] = this.#scores[0] as number;
      this.#size = rank;
      if (rank > 0) this.#siftDown(this.#scores[rank] as number, this.#positions[rank] as number);
    }
    return count;
  }

  #siftUp(score: number, position: number): void {
    let place = this.#size++;
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (!this.#isWorse(score, position, parent)) break;
      this.#put(this.#scores[parent] as number, this.#positions[parent] as number, place);
      place = parent;
    }
    this.#put(score, position, place);
  }

  #siftDown(score: number, position: number): void {
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (right < this.#size && this.#isWorse(this.#scores[right] as number, this.#positions[right] as number, child)) {
        child = right;
      }
      if (this.#isWorse(score, position, child)) break;
      this.#put(this.#scores[child] as number, this.#positions[child] as number, place);
      place = child;
    }
    this.#put(score, position, place);
  }

  /** Whether the pair ranks after the one at the place of the heap. */
  #isWorse(score: number, position: number, place: number): boolean {
    const other = this.#scores[place] as number;
    return score < other || (score === other && position > (this.#positions[place] as number));
  }

  #put(score: number, position: number, place: number): void {
    this.#scores[place] = score;
    this.#positions[place] = position;
  }
}
