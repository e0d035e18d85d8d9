import { TopK } from '@kindred/domain';

/**
 * Picks the `width` best of a row of scores without sorting the row. Higher scores come first, equal scores by the
 * lower position. One instance is reused for any number of rows. O(n + hits · log width) a row.
 */
export class TopSelector {
  readonly #top: TopK;

  constructor(width: number) {
    this.#top = new TopK(width);
  }

  /**
   * Writes the best candidates of a row, best first. A score of -Infinity is no candidate.
   * @param row [I]
   * @param items receives at most `width` positions
   * @param scores receives their scores
   * @returns how many were written, or -1 when a score is NaN
   */
  select(row: Float32Array, items: Uint32Array, scores: Float32Array): number {
    const top = this.#top;
    top.clear();
    let { bar } = top;
    for (let item = 0; item < row.length; item++) {
      const score = row[item] as number;
      // Positions ascend, so an equal score comes later and loses: only a greater one (or NaN) goes on.
      if (score <= bar) continue;
      if (Number.isNaN(score)) return -1;
      top.offer(score, item);
      bar = top.bar;
    }
    return top.drain(items, scores);
  }
}
