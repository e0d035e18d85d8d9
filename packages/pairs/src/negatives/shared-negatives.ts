import type { Random } from '@kindred/domain';

/**
 * Negatives of the default model's softmax: distinct items, uniform over the catalogue, one set for the whole batch
 * (all items where there are no more than asked). THE ONE EXCEPTION to the rule of the samplers: an item may be a
 * positive of some user of the batch. Positives stay in the sum on purpose.
 * @returns [min(count, itemCount)]
 */
export function sharedNegatives(itemCount: number, count: number, random: Random): Uint32Array {
  if (count >= itemCount) return new Uint32Array(itemCount).map((_, item) => item);
  return random.sample(itemCount, count);
}
