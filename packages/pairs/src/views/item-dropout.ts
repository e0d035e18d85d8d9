import { entriesAt, type View } from './history.js';

/**
 * Leaves out each entry by itself with the chance given; where that leaves nothing, one entry stays. On the graph of
 * users and items this is edge dropout (Wu et al., SGL, SIGIR 2021).
 * @param chance in [0, 1]
 */
export function itemDropout(chance: number): View {
  return (history, random) => {
    const kept = Uint32Array.from(history.items.keys()).filter(() => random.next() >= chance);
    return entriesAt(history, kept.length > 0 ? kept : Uint32Array.of(random.below(history.items.length)));
  };
}
