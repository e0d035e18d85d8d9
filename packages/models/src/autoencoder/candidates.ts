import type { Random } from '@kindred/domain';
import { sharedNegatives } from '@kindred/pairs';

/** The items that a step's softmax is taken over. */
export interface Candidates {
  /** [K], distinct */
  readonly items: Uint32Array;
  /** [K]: log of how many items of the catalogue each stands for. */
  readonly logCounts: Float32Array;
}

/**
 * The whole catalogue where the step has room for it. Else all items that the batch has, each for itself, and a random
 * sample of the others, each for as many as there are others for one of the sample: the sum over the candidates is an
 * unbiased estimate of the sum over the catalogue, and no positive is ever missing in it.
 * @param touched [n]: the items of the batch, distinct
 * @param count how many the step has room for beside them
 */
export function candidatesOf(touched: Uint32Array, itemCount: number, count: number, random: Random): Candidates {
  if (count >= itemCount) {
    return {
      items: Uint32Array.from({ length: itemCount }, (_, item) => item),
      logCounts: new Float32Array(itemCount),
    };
  }
  const own = new Set(touched);
  const others = sharedNegatives(itemCount, count, random).filter((item) => !own.has(item));
  const items = new Uint32Array(touched.length + others.length);
  items.set(touched);
  items.set(others, touched.length);
  const logCounts = new Float32Array(items.length);
  logCounts.fill(Math.log((itemCount - touched.length) / others.length), touched.length);
  return { items, logCounts };
}
