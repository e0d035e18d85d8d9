import { KindredError } from '@kindred/domain';
import { type EventLog, TEST, TRAIN, UNTIMED, VALIDATION } from './event-log.js';
import { groupPairs } from './pair-groups.js';
import type { PairSettings } from './settings.js';
import { canBePositive, type SplitSummary } from './split.js';

/**
 * Looks at the divided events alone and checks what the kind of split promises:
 * - time: no set holds an event older than one of the set before it;
 * - last: a user's sets follow each other in time;
 * - random (and a validation carved at random, or by the last item of each user): no pair stands in two sets;
 * - last: what can be positive of a held-out pair has nothing of that pair before it in another set (later words that
 *   can't be positive, a return say, may stand apart from what they are about, as in a time split);
 * - always, where there are times: no (user, item, time) stands in two sets.
 * @throws KindredError SPLIT_LEAK
 */
export function assertSplitSound(log: EventLog, split: SplitSummary, settings: PairSettings): void {
  if (split.kind === 'time') assertSetsFollow(log, [TRAIN, VALIDATION, TEST]);
  if (split.carved === 'time') assertSetsFollow(log, [TRAIN, VALIDATION]);
  if (split.kind === 'last') assertUsersFollow(log);
  if (split.kind === 'last')
    assertPairsApart(log, [TRAIN, VALIDATION, TEST], (row) => canBePositive(log, row, settings));
  if (split.kind === 'random') assertPairsApart(log, [TRAIN, VALIDATION, TEST]);
  if (split.carved === 'random' || split.carved === 'last') assertPairsApart(log, [TRAIN, VALIDATION]);
  assertInstantsApart(log);
}

function leak(log: EventLog, row: number, why: string): KindredError {
  const time = log.time[row] as number;
  const at = time === UNTIMED ? '' : ` at ${new Date(time).toISOString()}`;
  const who = log.users[log.user[row] as number];
  return new KindredError('SPLIT_LEAK', `user ${who}, item ${log.items[log.item[row] as number]}${at}: ${why}`);
}

/** Rows are in time order: sets may change only forwards, and only when the time changes. */
function assertSetsFollow(log: EventLog, sets: readonly number[]): void {
  let reached: number = TRAIN;
  let reachedAt = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < log.set.length; row++) {
    const set = log.set[row] as number;
    if (!sets.includes(set)) continue;
    const time = log.time[row] as number;
    if (set < reached) throw leak(log, row, 'an earlier set holds an event that a later set has reached in time');
    if (set > reached && time === reachedAt) throw leak(log, row, 'one instant stands in two sets');
    reached = set;
    reachedAt = time;
  }
}

/** Earlier events of a held-out item travel with it, so it is the newest event of each set that must follow. */
function assertUsersFollow(log: EventLog): void {
  const newest = [TRAIN, VALIDATION, TEST].map(() => new Int32Array(log.users.length).fill(-1));
  for (let row = 0; row < log.set.length; row++) {
    (newest[log.set[row] as number] as Int32Array)[log.user[row] as number] = row;
  }
  for (let user = 0; user < log.users.length; user++) {
    const rows = newest.map((rowOf) => rowOf[user] as number).filter((row) => row >= 0);
    for (let k = 1; k < rows.length; k++) {
      const earlier = rows[k - 1] as number;
      if ((log.time[earlier] as number) > (log.time[rows[k] as number] as number)) {
        throw leak(log, earlier, 'the training of this user goes on after their held-out item');
      }
    }
  }
}

/** No counting event of a pair stands in a later set than another event of the pair. */
function assertPairsApart(log: EventLog, sets: readonly number[], counts: (row: number) => boolean = () => true): void {
  const groups = groupPairs(log, (set) => sets.includes(set));
  for (let g = 0; g < groups.count; g++) {
    const rows = groups.rows.subarray(groups.starts[g], groups.starts[g + 1]);
    const first = rows.reduce((least, row) => Math.min(least, log.set[row] as number), TEST);
    for (const row of rows) {
      if ((log.set[row] as number) > first && counts(row)) throw leak(log, row, 'the pair stands in two sets');
    }
  }
}

/** Groups keep time order, so events of one pair and instant are neighbours. */
function assertInstantsApart(log: EventLog): void {
  const groups = groupPairs(log, () => true);
  for (let k = 1; k < groups.rows.length; k++) {
    const row = groups.rows[k] as number;
    const before = groups.rows[k - 1] as number;
    const sameEvent =
      log.time[row] !== UNTIMED &&
      log.time[row] === log.time[before] &&
      log.user[row] === log.user[before] &&
      log.item[row] === log.item[before];
    if (sameEvent && log.set[row] !== log.set[before]) throw leak(log, row, 'the event stands in two sets');
  }
}
