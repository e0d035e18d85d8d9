import type { ListSpread } from '../learned-method.js';

/** How far lists of distinct items, one of each user, spread over the items and over each other. Zeros where all are empty. */
export function listSpread(lists: readonly Uint32Array[]): ListSpread {
  const counts = new Map<number, number>();
  for (const list of lists) for (const item of list) counts.set(item, (counts.get(item) ?? 0) + 1);
  return { items: counts.size, gini: giniOf([...counts.values()]), overlap: meanJaccard(lists) };
}

/**
 * Share of the places of all lists whose item was not in the same user's list at the look before.
 * @param before by user, in the same order
 * @returns undefined where all lists are empty
 */
export function listTurnover(lists: readonly Uint32Array[], before: readonly Uint32Array[]): number | undefined {
  let [news, places] = [0, 0];
  lists.forEach((list, user) => {
    const known = new Set(before[user]);
    for (const item of list) if (!known.has(item)) news++;
    places += list.length;
  });
  return places === 0 ? undefined : news / places;
}

/** 0: all alike; towards 1: one has everything. */
function giniOf(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 0;
  const sorted = counts.toSorted((a, b) => a - b);
  const weighted = sorted.reduce((sum, count, k) => sum + (2 * (k + 1) - sorted.length - 1) * count, 0);
  return weighted / (sorted.length * total);
}

/** Over all pairs of lists that are not both empty. */
function meanJaccard(lists: readonly Uint32Array[]): number {
  const sets = lists.map((list) => new Set(list));
  let [sum, pairs] = [0, 0];
  sets.forEach((a, first) => {
    for (const b of sets.slice(first + 1)) {
      let shared = 0;
      for (const item of a) if (b.has(item)) shared++;
      const all = a.size + b.size - shared;
      if (all === 0) continue;
      sum += shared / all;
      pairs++;
    }
  });
  return pairs === 0 ? 0 : sum / pairs;
}
