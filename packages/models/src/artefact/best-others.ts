import { TopK } from '@kindred/domain';

/**
 * Positions of the highest scores, best first, without those of the history and without what has no chance (-Infinity).
 * @param scores [I]
 * @param owned [n] positions that are left out
 */
export function bestOthers(scores: ArrayLike<number>, owned: Uint32Array, count: number): Uint32Array {
  const left = new Set(owned);
  const best = new TopK(count);
  for (let item = 0; item < scores.length; item++) {
    const score = scores[item] as number;
    if (score > Number.NEGATIVE_INFINITY && score >= best.bar && !left.has(item)) best.offer(score, item);
  }
  const positions = new Uint32Array(best.size);
  best.drain(positions, new Float32Array(best.size));
  return positions;
}
