import { entriesAt, type View } from './history.js';

/**
 * Hides floor(share * n) entries at random places, never all (Xie et al., ICDE 2022).
 * @param share in [0, 1]
 * @param maskItem what stands in their place, for models of sequences: an index outside of the catalogue. Absent: nothing
 */
export function mask(share: number, maskItem?: number): View {
  return (history, random) => {
    const { length } = history.items;
    const hidden = new Set(random.sample(length, Math.min(length - 1, Math.floor(share * length))));
    if (maskItem === undefined) {
      return entriesAt(
        history,
        Uint32Array.from(history.items.keys()).filter((k) => !hidden.has(k)),
      );
    }
    return {
      items: history.items.map((item, k) => (hidden.has(k) ? maskItem : item)),
      strengths: history.strengths.slice(),
    };
  };
}
