import { type LogColumns, rowDegrees, type SparseMatrix } from '@kindred/domain';

/** What of a log is looked at: who, which item, and when. */
type EventColumns = Pick<LogColumns, 'user' | 'item' | 'time'>;

/** Simple signs of a user whom no person is behind. Each [U]; the larger, the stranger. */
export interface Behaviour {
  /** Most events within an hour; 0 without times. */
  readonly eventsPerHour: Float64Array;
  /** Share of the catalogue that the user has. */
  readonly catalogueShare: Float64Array;
  /** Longest run of equal gaps between one moment of events and the next, each gap counted; 0 without times. */
  readonly equalGaps: Float64Array;
  /** Share of events with an item that they had dealt with before. */
  readonly repeatShare: Float64Array;
}

const HOUR_MS = 3_600_000;
/** Gaps that differ by less are equal: clocks of logs tick in seconds. */
const SAME_GAP_MS = 500;

/**
 * @param rowOfUser [users of the log]: row of each in the history, -1 for those that have none
 * @param history [U, I]
 */
export function behaviourOf(log: EventColumns, rowOfUser: Int32Array, history: SparseMatrix): Behaviour {
  const users = history.rowCount;
  const eventsOf = groupByUser(log.user, rowOfUser, users);
  const measure = (of: (events: Uint32Array) => number) => Float64Array.from(eventsOf, of);
  return {
    eventsPerHour: measure((events) => mostWithinAnHour(timesOf(log, events))),
    catalogueShare: Float64Array.from(rowDegrees(history), (items) => items / history.columnCount),
    equalGaps: measure((events) => longestEqualGaps(timesOf(log, events))),
    repeatShare: measure((events) => shareOfRepeats(log, events)),
  };
}

/** [U]: places of each user's events in the log, in its order. */
function groupByUser(user: Uint32Array, rowOfUser: Int32Array, users: number): Uint32Array[] {
  const ends = new Uint32Array(users + 1);
  const rowOf = (at: number) => rowOfUser[user[at] as number] as number;
  for (let at = 0; at < user.length; at++) {
    const row = rowOf(at);
    if (row >= 0) ends[row + 1] = (ends[row + 1] as number) + 1;
  }
  for (let row = 0; row < users; row++) ends[row + 1] = (ends[row + 1] as number) + (ends[row] as number);
  const cursor = ends.slice(0, users);
  const places = new Uint32Array(ends[users] as number);
  for (let at = 0; at < user.length; at++) {
    const row = rowOf(at);
    if (row < 0) continue;
    places[cursor[row] as number] = at;
    cursor[row] = (cursor[row] as number) + 1;
  }
  return Array.from({ length: users }, (_, row) => places.subarray(ends[row], ends[row + 1]));
}

/** Those that are known, in order. */
function timesOf({ time }: EventColumns, events: Uint32Array): Float64Array {
  return Float64Array.from(events, (at) => time[at] as number).filter(Number.isFinite);
}

function mostWithinAnHour(times: Float64Array): number {
  let most = 0;
  let first = 0;
  for (let last = 0; last < times.length; last++) {
    while ((times[last] as number) - (times[first] as number) >= HOUR_MS) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** What happens at one moment (the lines of one basket) is one thing: no gap of zero counts. */
function longestEqualGaps(times: Float64Array): number {
  let longest = 0;
  let run = 0;
  let previous = Number.NaN;
  for (let k = 1; k < times.length; k++) {
    const gap = (times[k] as number) - (times[k - 1] as number);
    if (gap === 0) continue;
    run = Math.abs(gap - previous) < SAME_GAP_MS ? run + 1 : 1;
    previous = gap;
    longest = Math.max(longest, run);
  }
  return longest;
}

function shareOfRepeats({ item }: EventColumns, events: Uint32Array): number {
  const distinct = new Set<number>();
  for (const at of events) distinct.add(item[at] as number);
  return events.length === 0 ? 0 : 1 - distinct.size / events.length;
}
