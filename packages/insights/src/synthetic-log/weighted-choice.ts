import { type Random, TopK } from '@kindred/domain';

/** Draws positions with chances in proportion to weights, by their running sums. */
export class WeightedChoice {
  readonly #sums: Float64Array;

  /** @param weights [n], none below 0, their sum above 0 */
  constructor(weights: ArrayLike<number>) {
    let sum = 0;
    this.#sums = Float64Array.from(weights, (weight) => {
      sum += weight;
      return sum;
    });
  }

  draw(random: Random): number {
    const mark = random.next() * (this.#sums.at(-1) ?? 0);
    let [low, high] = [0, this.#sums.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sums[middle] as number) > mark) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/**
 * Draws so many different positions with chances in proportion to weights, by the smallest of exponential times
 * (Efraimidis and Spirakis, 2006). Fewer where fewer have a weight above 0.
 */
export function drawSeveral(weights: ArrayLike<number>, count: number, random: Random): number[] {
  const first = new TopK(count);
  for (let position = 0; position < weights.length; position++) {
    const weight = weights[position] as number;
    if (weight > 0) first.offer(Math.log(1 - random.next()) / weight, position);
  }
  const positions = new Uint32Array(first.size);
  first.drain(positions, new Float32Array(first.size));
  return [...positions];
}
