import type { View } from './history.js';

/**
 * A contiguous part, at a random place: floor(share * n) entries, at least one (Xie et al., ICDE 2022).
 * @param share in [0, 1], of the history that is shown
 */
export function crop(share: number): View {
  return ({ items, strengths }, random) => {
    const length = Math.max(1, Math.floor(share * items.length));
    const start = random.below(items.length - length + 1);
    return { items: items.slice(start, start + length), strengths: strengths.slice(start, start + length) };
  };
}

/** The newest entries, at most `length` of them, >= 1: what a tower of bounded length can take. */
export function newest(length: number): View {
  return ({ items, strengths }) => ({ items: items.slice(-length), strengths: strengths.slice(-length) });
}
