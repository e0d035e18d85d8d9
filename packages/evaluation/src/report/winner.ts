import type { Comparison } from '../compare.js';

/** Below it chance is no longer believed. */
const SIGNIFICANT = 0.05;

/** Which of the two is better beyond chance: interval and permutation test have to agree; undefined where neither is. */
export function winnerOf({ a, b, interval, pPermutation }: Comparison): string | undefined {
  if (pPermutation >= SIGNIFICANT) return undefined;
  if (interval[0] > 0) return a;
  return interval[1] < 0 ? b : undefined;
}
