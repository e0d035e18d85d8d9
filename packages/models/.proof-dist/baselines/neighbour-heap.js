/**
 * Keeps the most similar items of those offered, in any order; equal similarities by the lower item.
 * A binary heap whose root is the worst one kept.
 */
export class NeighbourHeap {
  #similarities;
  #items;
  #size = 0;
  constructor(capacity) {
    this.#similarities = new Float64Array(capacity);
    this.#items = new Uint32Array(capacity);
  }
  clear() {
    this.#size = 0;
  }
  offer(similarity, item) {
    if (this.#size < this.#items.length) this.#siftUp(similarity, item);
    else if (!this.#isWorse(similarity, item, 0)) this.#siftDown(similarity, item);
  }
  /** The kept items in ascending order of item. */
  take() {
    const order = Uint32Array.from({ length: this.#size }, (_, place) => place);
    order.sort((a, b) => this.#items[a] - this.#items[b]);
    return {
      items: order.map((place) => this.#items[place]),
      similarities: Float32Array.from(order, (place) => this.#similarities[place]),
    };
  }
  #siftUp(similarity, item) {
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.#isWorse(similarity, item, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(similarity, item, at);
  }
  #siftDown(similarity, item) {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (right < this.#size && this.#isWorse(this.#similarities[right], this.#items[right], child)) child = right;
      if (this.#isWorse(similarity, item, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(similarity, item, at);
  }
  #isWorse(similarity, item, place) {
    const other = this.#similarities[place];
    return similarity < other || (similarity === other && item > this.#items[place]);
  }
  #move(from, to) {
    this.#put(this.#similarities[from], this.#items[from], to);
  }
  #put(similarity, item, place) {
    this.#similarities[place] = similarity;
    this.#items[place] = item;
  }
}
//# sourceMappingURL=neighbour-heap.js.map
