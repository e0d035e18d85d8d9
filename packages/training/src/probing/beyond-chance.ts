import { meanOf, standardError } from '../validator.js';

/**
 * Whether the challenger does better on the same users by more than so many standard errors of the paired difference:
 * one is what a choice made on validation has to show before it replaces what a rule says.
 */
export function isBeyondChance(challenger: Float64Array, reference: Float64Array, errors = 1): boolean {
  const differences = challenger.map((value, user) => value - (reference[user] as number));
  return meanOf(differences) > errors * standardError(differences);
}
