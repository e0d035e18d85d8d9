/**
 * Keeps the most similar items of those offered, in any order; equal similarities by the lower item.
 * A binary heap whose root is the worst one kept.
 */
export class NeighbourHeap {
  readonly #similarities: Float64Array;
  readonly #items: Uint32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#similarities = new Float64Array(capacity);
    this.#items = new Uint32Array(capacity);
  }

  clear(): void {
    this.#size = 0;
  }

  offer(similarity: number, item: number): void {
    if (this.#size < this.#items.length) this.#siftUp(similarity, item);
    else if (!this.#isWorse(similarity, item, 0)) this.#siftDown(similarity, item);
  }

  /** The kept items in ascending order of item. */
  take(): { items: Uint32Array; similarities: Float32Array } {
    const order = Uint32Array.from({ length: this.#size }, (_, place) => place);
    order.sort((a, b) => (this.#items[a] as number) - (this.#items[b] as number));
    return {
      items: order.map((place) => this.#items[place] as number),
      similarities: Float32Array.from(order, (place) => this.#similarities[place] as number),
    };
  }

  #siftUp(similarity: number, item: number): void {
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.#isWorse(similarity, item, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(similarity, item, at);
  }

  #siftDown(similarity: number, item: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (right < this.#size && this.#isWorse(this.#similarities[right] as number, this.#items[right] as number, child))
        child = right;
      if (this.#isWorse(similarity, item, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(similarity, item, at);
  }

  #isWorse(similarity: number, item: number, place: number): boolean {
    const other = this.#similarities[place] as number;
    return similarity < other || (similarity === other && item > (this.#items[place] as number));
  }

  #move(from: number, to: number): void {
    this.#put(this.#similarities[from] as number, this.#items[from] as number, to);
  }

  #put(similarity: number, item: number, place: number): void {
    this.#similarities[place] = similarity;
    this.#items[place] = item;
  }
}
