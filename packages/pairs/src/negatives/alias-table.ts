import { KindredError, type Random } from '@kindred/domain';

/**
 * Draws from a discrete distribution in constant time (A. J. Walker's alias method; built in linear time as by
 * M. D. Vose, IEEE Transactions on Software Engineering 17(9), 1991).
 */
export class AliasTable {
  /** [n]: probability that a column keeps its own number. */
  readonly #keep: Float64Array;
  /** [n]: the number that it gives otherwise. */
  readonly #alias: Uint32Array;

  /** @param weights [n], finite, >= 0, with a sum above 0 */
  constructor(weights: ArrayLike<number>) {
    const n = weights.length;
    let sum = 0;
    for (let k = 0; k < n; k++) sum += weights[k] as number;
    if (!(sum > 0 && Number.isFinite(sum))) {
      throw new KindredError('CONFIG_INVALID', `sampling weights must sum to a positive number, not ${sum}`);
    }
    this.#keep = new Float64Array(n).fill(1);
    this.#alias = Uint32Array.from({ length: n }, (_, k) => k);
    const scaled = Float64Array.from({ length: n }, (_, k) => ((weights[k] as number) * n) / sum);
    const poor: number[] = [];
    const rich: number[] = [];
    for (let k = 0; k < n; k++) ((scaled[k] as number) < 1 ? poor : rich).push(k);
    while (poor.length > 0 && rich.length > 0) {
      const low = poor.pop() as number;
      const high = rich.at(-1) as number;
      this.#keep[low] = scaled[low] as number;
      this.#alias[low] = high;
      scaled[high] = (scaled[high] as number) - (1 - (scaled[low] as number));
      if ((scaled[high] as number) < 1) poor.push(rich.pop() as number);
    }
    // What is left is 1 but for rounding: it keeps its own number, as filled in above.
  }

  draw(random: Random): number {
    const column = random.below(this.#keep.length);
    return random.next() < (this.#keep[column] as number) ? column : (this.#alias[column] as number);
  }
}
