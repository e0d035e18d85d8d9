import type { EventLog } from './event-log.js';

/** The events of a log by (user, item): group g holds the rows starts[g] .. starts[g + 1] - 1 of `rows`, in log order. */
export interface PairGroups {
  readonly count: number;
  /** [chosen events]: positions in the log. */
  readonly rows: Uint32Array;
  /** [count + 1] */
  readonly starts: Uint32Array;
}

/**
 * Groups the events of the chosen sets by pair; groups ascend by user, then by item. Linear time: two stable
 * counting sorts of rows that are in canonical order already.
 */
export function groupPairs(log: EventLog, chosen: (set: number) => boolean): PairGroups {
  const picked = pickRows(log, chosen);
  const byItem = stableSort(picked, log.item, log.items.length);
  const rows = stableSort(byItem, log.user, log.users.length);
  const starts = new Uint32Array(rows.length + 1);
  let count = 0;
  for (let k = 0; k < rows.length; k++) {
    if (k === 0 || !samePair(log, rows[k] as number, rows[k - 1] as number)) {
      starts[count] = k;
      count += 1;
    }
  }
  starts[count] = rows.length;
  return { count, rows, starts: starts.slice(0, count + 1) };
}

/** The rows whose set is chosen, in log order. */
export function pickRows(log: EventLog, chosen: (set: number) => boolean): Uint32Array {
  const picked = new Uint32Array(log.set.length);
  let count = 0;
  for (let row = 0; row < log.set.length; row++) {
    if (chosen(log.set[row] as number)) {
      picked[count] = row;
      count += 1;
    }
  }
  return picked.slice(0, count);
}

function samePair(log: EventLog, a: number, b: number): boolean {
  return log.user[a] === log.user[b] && log.item[a] === log.item[b];
}

function stableSort(rows: Uint32Array, keys: Uint32Array, keyCount: number): Uint32Array {
  const next = new Uint32Array(keyCount + 1);
  for (const row of rows) {
    const slot = (keys[row] as number) + 1;
    next[slot] = (next[slot] as number) + 1;
  }
  for (let k = 0; k < keyCount; k++) next[k + 1] = (next[k + 1] as number) + (next[k] as number);
  const sorted = new Uint32Array(rows.length);
  for (const row of rows) {
    const key = keys[row] as number;
    const slot = next[key] as number;
    sorted[slot] = row;
    next[key] = slot + 1;
  }
  return sorted;
}
