import { entriesAt, type View } from './history.js';

/**
 * Shuffles a contiguous part of floor(share * n) entries at a random place (Xie et al., ICDE 2022). For models of
 * sequences: a tower that sums its history does not see it.
 * @param share in [0, 1]
 */
export function reorder(share: number): View {
  return (history, random) => {
    const { length } = history.items;
    const count = Math.floor(share * length);
    const start = random.below(length - count + 1);
    const positions = Uint32Array.from({ length }, (_, k) => k);
    random.shuffle(positions.subarray(start, start + count));
    return entriesAt(history, positions);
  };
}
