import { columnDegrees, type Random, type TrainingData } from '@kindred/domain';
import { AliasTable } from './alias-table.js';
import { DEFAULT_POPULARITY_EXPONENT } from './popularity-sampler.js';
import { sharedNegatives } from './shared-negatives.js';

/** Where the negatives that a whole batch shares come from. No user is asked: mask what each has (`ownedItems`). */
export interface SharedProposal {
  /** Uniform ones are distinct and at most all items; others are drawn independently. */
  draw(count: number): Uint32Array;
  /** [I]: ln of the probability that one draw gives the item. */
  readonly logQ: Float32Array;
}

/**
 * Draws in proportion to popularity^.75 with the probability given, else uniformly over the catalogue; half and half
 * is mixed negative sampling (Yang et al., WWW 2020 Companion). Its distribution is known, so that a loss can correct
 * for it.
 * @param popularShare 0 to 1
 */
export function createSharedProposal(data: TrainingData, random: Random, popularShare: number): SharedProposal {
  const items = data.positives.columnCount;
  const weights = Float64Array.from(
    columnDegrees(data.positives),
    (users) => Math.max(users, 1) ** DEFAULT_POPULARITY_EXPONENT,
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mixed = weights.map((weight) => (popularShare * weight) / total + (1 - popularShare) / items);
  const table = new AliasTable(mixed);
  return {
    draw: (count) =>
      popularShare === 0
        ? sharedNegatives(items, count, random)
        : Uint32Array.from({ length: count }, () => table.draw(random)),
    logQ: Float32Array.from(mixed, Math.log),
  };
}
