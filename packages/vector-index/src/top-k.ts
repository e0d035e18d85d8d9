/**
 * Keeps the k best (score, position) pairs that it is shown: a binary heap with the worst kept pair at its
 * root. Ties go to the lower position, so that the same scores always give the same list.
 */
export class TopK {
  readonly #scores: Float32Array;
  readonly #positions: Uint32Array;
  readonly #capacity: number;
  #count = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#scores = new Float32Array(capacity);
    this.#positions = new Uint32Array(capacity);
  }

  offer(position: number, score: number): void {
    // Kept scores have 32 bits: compared with 64, a tie would count as better and the later position would win.
    score = Math.fround(score);
    if (this.#count < this.#capacity) {
      this.#siftUp(this.#count++, position, score);
    } else if (this.#capacity > 0 && this.#isWorse(0, position, score)) {
      this.#siftDown(position, score);
    }
  }

  /** The kept pairs, best first. */
  sorted(): { positions: Uint32Array; scores: Float32Array } {
    const order = Array.from({ length: this.#count }, (_, k) => k).sort(
      (a, b) =>
        (this.#scores[b] as number) - (this.#scores[a] as number) ||
        (this.#positions[a] as number) - (this.#positions[b] as number),
    );
    return {
      positions: Uint32Array.from(order, (k) => this.#positions[k] as number),
      scores: Float32Array.from(order, (k) => this.#scores[k] as number),
    };
  }

  /** Whether the pair in the slot ranks after the given pair. */
  #isWorse(slot: number, position: number, score: number): boolean {
    const kept = this.#scores[slot] as number;
    return kept < score || (kept === score && (this.#positions[slot] as number) > position);
  }

  #siftUp(slot: number, position: number, score: number): void {
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      if (this.#isWorse(parent, position, score)) break;
      this.#move(parent, slot);
      slot = parent;
    }
    this.#scores[slot] = score;
    this.#positions[slot] = position;
  }

  #siftDown(position: number, score: number): void {
    let slot = 0;
    for (;;) {
      let child = 2 * slot + 1;
      if (child >= this.#count) break;
      const right = child + 1;
      if (
        right < this.#count &&
        this.#isWorse(right, this.#positions[child] as number, this.#scores[child] as number)
      ) {
        child = right;
      }
      if (!this.#isWorse(child, position, score)) break;
      this.#move(child, slot);
      slot = child;
    }
    this.#scores[slot] = score;
    this.#positions[slot] = position;
  }

  #move(from: number, to: number): void {
    this.#scores[to] = this.#scores[from] as number;
    this.#positions[to] = this.#positions[from] as number;
  }
}
