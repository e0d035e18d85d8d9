import { KindredError, type TrainingData } from '@kindred/domain';
import { newestKept } from '../artefact/index.js';

/** The histories of all users in order of time: row u holds items[offsets[u]] .. items[offsets[u + 1] - 1]. */
export interface Sequences {
  readonly offsets: Uint32Array;
  readonly items: Uint32Array;
}

/**
 * Every user's newest `longest` items, oldest first; items of one instant in order of their index.
 * @throws KindredError ORDER_UNKNOWN when the log has no times
 */
export function sequencesOf({ positives, times }: TrainingData, longest: number): Sequences {
  if (times === undefined) {
    throw new KindredError('ORDER_UNKNOWN', 'the events have no times: nothing says what came after what');
  }
  const offsets = new Uint32Array(positives.rowCount + 1);
  const items: number[] = [];
  for (let user = 0; user < positives.rowCount; user++) {
    const start = positives.offsets[user] as number;
    const end = positives.offsets[user + 1] as number;
    const columns = positives.columns.subarray(start, end);
    const places = Uint32Array.from({ length: end - start }, (_, place) => place);
    const order = newestKept(places, columns, times.subarray(start, end), longest);
    for (const place of order) items.push(columns[place] as number);
    offsets[user + 1] = items.length;
  }
  return { offsets, items: Uint32Array.from(items) };
}

/** One user's items, oldest first, sharing memory. */
export function sequenceOf({ offsets, items }: Sequences, user: number): Uint32Array {
  return items.subarray(offsets[user], offsets[user + 1]);
}
