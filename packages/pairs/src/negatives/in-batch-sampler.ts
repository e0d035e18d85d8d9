import { columnDegrees, hasEntry, type Random, type SparseMatrix, type TrainingData } from '@kindred/domain';
import { hasNegatives, type NegativeSampler, requireRoom } from './negative-sampler.js';

/** Negatives out of the batch itself. */
export interface InBatchSampler extends NegativeSampler {
  /** The items of the batch that the next draws come from. [B] */
  useBatch(items: Uint32Array): void;
}

/**
 * Draws uniformly over the batch's rows whose item the user does not have. Where the batch has none for a user, the
 * other sampler fills in. Popular items come more often than rare ones: correct for it by logBatchFrequency.
 */
export function createInBatchSampler(data: TrainingData, random: Random, fallback: NegativeSampler): InBatchSampler {
  let batch: Uint32Array = new Uint32Array(0);
  return {
    name: 'in-batch',
    useBatch(items) {
      batch = items;
    },
    draw(users, count, out) {
      requireRoom(users, count, out);
      for (let b = 0; b < users.length; b++) {
        const user = users[b] as number;
        const row = out.subarray(b * count, (b + 1) * count);
        const allowed = hasNegatives(data.positives, user)
          ? batch.filter((item) => !hasEntry(data.positives, user, item))
          : new Uint32Array(0);
        if (allowed.length === 0) fallback.draw(users.subarray(b, b + 1), count, row);
        else for (let k = 0; k < count; k++) row[k] = allowed[random.below(allowed.length)] as number;
      }
    },
  };
}

/**
 * ln of the probability that a given place of a batch of training pairs, drawn uniformly, holds the item: its share of
 * the pairs. Subtracted from the logits it makes in-batch softmax an estimate of the full one (Bengio and Senécal,
 * IEEE Transactions on Neural Networks 19(4), 2008; Yi et al., RecSys 2019, "Sampling-bias-corrected neural modeling").
 * An item without pairs is never in a batch: -Infinity.
 * @returns [I]
 */
export function logBatchFrequency(data: TrainingData): Float32Array {
  const total = data.positives.columns.length;
  return Float32Array.from(columnDegrees(data.positives), (count) => Math.log(count / total));
}

/**
 * Which other items of the batch a row's user has in training: they must not be taken for negatives.
 * @param users [B]
 * @param items [B]: item of each row's own pair
 * @param mark what marks them: to be added to logits, a large negative number
 * @returns [B, B] row-major: the mark where the user of the row has the item of the column; 0 elsewhere and on the
 *   diagonal, where the positive stands
 */
export function falseNegatives(
  positives: SparseMatrix,
  users: Uint32Array,
  items: Uint32Array,
  mark: number,
): Float32Array {
  const mask = ownedItems(positives, users, items, mark);
  for (let row = 0; row < users.length; row++) mask[row * users.length + row] = 0;
  return mask;
}

/**
 * Which of the items each user has in training: negatives that a batch shares must not serve the users who have them.
 * @param users [B]
 * @param items [K]
 * @param mark what marks them: to be added to logits, a large negative number
 * @returns [B, K] row-major: the mark where the user of the row has the item of the column, else 0
 */
export function ownedItems(
  positives: SparseMatrix,
  users: Uint32Array,
  items: Uint32Array,
  mark: number,
): Float32Array {
  const mask = new Float32Array(users.length * items.length);
  const placesOf = placesByItem(items);
  users.forEach((user, row) => {
    for (let k = positives.offsets[user] as number; k < (positives.offsets[user + 1] as number); k++) {
      const places = placesOf.get(positives.columns[k] as number) ?? [];
      for (const place of places) mask[row * items.length + place] = mark;
    }
  });
  return mask;
}

function placesByItem(items: Uint32Array): Map<number, number[]> {
  const placesOf = new Map<number, number[]>();
  items.forEach((item, place) => {
    const known = placesOf.get(item);
    if (known === undefined) placesOf.set(item, [place]);
    else known.push(place);
  });
  return placesOf;
}
