import type { Random, TrainingData } from '@kindred/domain';

/** What somebody did, oldest first where times are known. A view of a history is again a history. */
export interface History {
  /** [n] item indexes, n >= 1 */
  readonly items: Uint32Array;
  /** [n], > 0, in the same order. */
  readonly strengths: Float32Array;
}

/**
 * Another look at the same history: a pure function of it and of the state of a stream of random numbers. It sees a
 * train history and nothing else, is never empty, and never longer than what it was made from.
 */
export type View = (history: History, random: Random) => History;

/** A user's train history in the order of time; in the order of items where there are no times, or at equal times. */
export function trainHistory({ positives, times }: TrainingData, user: number): History {
  const start = positives.offsets[user] as number;
  const end = positives.offsets[user + 1] as number;
  const history = { items: positives.columns.subarray(start, end), strengths: positives.values.subarray(start, end) };
  if (times === undefined) return history;
  const at = (position: number) => times[start + position] as number;
  return entriesAt(
    history,
    Uint32Array.from(history.items.keys()).sort((a, b) => at(a) - at(b) || a - b),
  );
}

/** The entries at the positions given, in their order. */
export function entriesAt({ items, strengths }: History, positions: Uint32Array): History {
  return {
    items: positions.map((position) => items[position] as number),
    strengths: Float32Array.from(positions, (position) => strengths[position] as number),
  };
}

/** What of a history a view does not show; undefined where it shows all of it. */
export function remainder(history: History, view: History): History | undefined {
  const shown = new Set(view.items);
  const rest = Uint32Array.from(history.items.keys()).filter((k) => !shown.has(history.items[k] as number));
  return rest.length === 0 ? undefined : entriesAt(history, rest);
}
