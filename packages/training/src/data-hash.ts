import { createHash, type Hash } from 'node:crypto';
import type { HeldOut, TrainingData } from '@kindred/domain';
import type { Mask } from '@kindred/evaluation';

/** What validation asks, and of whom. */
interface ValidationChoice {
  readonly validation?: HeldOut | undefined;
  readonly mask?: Mask | undefined;
  readonly validationUsers?: number | undefined;
}

/** Two trainings with the same hash learn from the same data. */
export function hashTrainingData(
  { positives, weights, times, negatives, endTimeMs }: TrainingData,
  itemTexts?: readonly (string | undefined)[],
): string {
  const hash = createHash('sha256').update(`${positives.rowCount} ${positives.columnCount} ${endTimeMs}`);
  for (const array of [positives.offsets, positives.columns, positives.values, weights, times]) addArray(hash, array);
  for (const array of [negatives.offsets, negatives.columns, negatives.values]) addArray(hash, array);
  if (itemTexts !== undefined) hash.update(JSON.stringify(itemTexts));
  return hash.digest('hex');
}

/** Of the validation part and of how it is asked, or `none`. */
export function hashValidation({ validation, mask, validationUsers }: ValidationChoice): string {
  if (validation === undefined) return 'none';
  const { items, unknownItems } = validation;
  const hash = createHash('sha256').update(`${mask ?? 'default'} ${validationUsers ?? 'default'}`);
  for (const array of [items.offsets, items.columns, unknownItems]) addArray(hash, array);
  return hash.digest('hex');
}

/** Its bytes, and how many, so that two arrays in a row are not one. */
export function addArray(hash: Hash, array: ArrayBufferView | undefined): void {
  hash.update(`|${array?.byteLength ?? 'none'}|`);
  if (array !== undefined) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
}
