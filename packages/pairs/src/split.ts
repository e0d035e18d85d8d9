import { KindredError, Random, type SplitKind } from '@kindred/domain';
import { type EventLog, TEST, TRAIN, UNTIMED, VALIDATION } from './event-log.js';
import { groupPairs, type PairGroups, pickRows } from './pair-groups.js';
import { judgeRating } from './rating-rule.js';
import { type Extent, type PairSettings, strengthOf } from './settings.js';

/** How a log was divided, as it stands in the manifest. */
export interface SplitSummary {
  readonly kind: SplitKind;
  /** Of a time split: events at or after this instant are not in train. */
  readonly validationFrom: string | undefined;
  /** Of a time split: events at or after this instant are in test. */
  readonly testFrom: string | undefined;
  /** Of a given split without a validation set: how validation was carved out of train. */
  readonly carved: 'time' | 'last' | 'random' | undefined;
}

const DAY_MS = 86_400_000;

/** Whether every event of the chosen sets has a time. */
export function isTimed(log: EventLog, chosen: (set: number) => boolean = () => true): boolean {
  for (let row = 0; row < log.time.length; row++) {
    if (log.time[row] === UNTIMED && chosen(log.set[row] as number)) return false;
  }
  return true;
}

/**
 * Whether time passes between the first event and the last: an export may bear its own date on every line.
 * @param time ascending
 */
function hasDuration(time: Float64Array): boolean {
  return time.length > 0 && (time[0] as number) < (time[time.length - 1] as number);
}

/**
 * Puts each event into train, validation or test (writes log.set), before anything is computed from them.
 * @param given whether the sets were handed in
 * @throws KindredError SPLIT_INVALID when the log does not have what the split needs
 */
export function divideLog(log: EventLog, settings: PairSettings, given: boolean): SplitSummary {
  const { split } = settings;
  if (given !== (split.kind === 'given')) {
    const problem = given
      ? `train and test were handed in, but the split is ${split.kind}`
      : 'no test set was handed in';
    throw new KindredError('SPLIT_INVALID', `${problem}; a given split needs both`, { field: 'split.kind' });
  }
  const timed = isTimed(log);
  if (split.kind === 'given') return carveValidation(log, settings, split.validation);
  if (split.kind === 'last') {
    requireTimes(timed, 'last');
    divideByLast(log, settings);
    return summary('last');
  }
  if (split.kind === 'time' || (split.kind === 'auto' && timed && hasDuration(log.time))) {
    requireTimes(timed, 'time');
    return divideByTime(log, split.validation, split.test);
  }
  if (!('fraction' in split.validation) || !('fraction' in split.test)) {
    throw new KindredError(
      'SPLIT_INVALID',
      'the events have no times, or all the same one, so they can not be divided by days',
      {
        field: 'split',
      },
    );
  }
  divideRandomly(log, split.validation.fraction, split.test.fraction, settings.seed);
  return summary('random');
}

function summary(kind: SplitKind, extra: Partial<SplitSummary> = {}): SplitSummary {
  return { kind, validationFrom: undefined, testFrom: undefined, carved: undefined, ...extra };
}

function requireTimes(timed: boolean, kind: string): void {
  if (timed) return;
  throw new KindredError('SPLIT_INVALID', `a ${kind} split needs times and the events have none; use random`, {
    field: 'split.kind',
  });
}

/**
 * One boundary in time for everybody. A fraction cuts before the row floor((1 - fraction) n) of the log in time order;
 * the boundary is the time of that row, so all events of one instant fall on the same side (the later one).
 */
function divideByTime(log: EventLog, validation: Extent, test: Extent): SplitSummary {
  const { time, set } = log;
  const n = time.length;
  const newest = time[n - 1] as number;
  const testFrom = 'days' in test ? newest - test.days * DAY_MS : timeOfRow(time, (1 - test.fraction) * n);
  const empty = 'days' in test ? test.days === 0 : test.fraction === 0;
  const testFromMs = empty ? UNTIMED : Math.floor(testFrom);
  const validationFromMs = validationBoundary(time, validation, test, testFromMs);
  for (let row = 0; row < n; row++) {
    const at = time[row] as number;
    set[row] = at >= testFromMs ? TEST : at >= validationFromMs ? VALIDATION : TRAIN;
  }
  return summary('time', { validationFrom: isoOf(validationFromMs), testFrom: isoOf(testFromMs) });
}

/** The validation part ends where test begins (or at the newest event). */
function validationBoundary(time: Float64Array, validation: Extent, test: Extent, testFromMs: number): number {
  const n = time.length;
  if ('days' in validation) {
    if (validation.days === 0) return testFromMs;
    const end = testFromMs === UNTIMED ? (time[n - 1] as number) : testFromMs;
    return Math.floor(end - validation.days * DAY_MS);
  }
  if (validation.fraction === 0) return testFromMs;
  if ('fraction' in test) return timeOfRow(time, (1 - test.fraction - validation.fraction) * n);
  let testRow = time.findIndex((at) => at >= testFromMs);
  if (testRow < 0) testRow = n;
  return timeOfRow(time, testRow - validation.fraction * n);
}

/** Time of the row at floor(position), tolerant of 0.8 x 10 coming out as 7.999999. */
function timeOfRow(time: Float64Array, position: number): number {
  const row = Math.floor(position + 1e-6);
  return time[Math.max(0, Math.min(row, time.length - 1))] as number;
}

function isoOf(timeMs: number): string | undefined {
  return timeMs === UNTIMED ? undefined : new Date(timeMs).toISOString();
}

/**
 * Leave-last-out. An item counts for the user by their newest positive event with it; the item with the newest is
 * test, the one before it validation. All events of the user with a held-out item travel with it, and so do the
 * user's other events after that instant (none of which can be positive): training never holds a held-out pair nor
 * anything later of that user.
 * A user with two items gives test only, a user with one gives nothing.
 */
function divideByLast(log: EventLog, settings: PairSettings): void {
  const groups = groupPairs(log, () => true);
  for (let g = 0; g < groups.count; ) {
    const end = endOfUser(log, groups, g);
    divideUserByLast(log, groups, g, end, settings);
    g = end;
  }
}

function divideUserByLast(log: EventLog, groups: PairGroups, from: number, to: number, settings: PairSettings): void {
  const ranked = newestFirst(log, groups, from, to, settings);
  const test = ranked.length >= 2 ? ranked[0] : undefined;
  const validation = ranked.length >= 3 ? ranked[1] : undefined;
  for (let group = from; group < to; group++) {
    for (let k = groups.starts[group] as number; k < (groups.starts[group + 1] as number); k++) {
      const row = groups.rows[k] as number;
      const at = log.time[row] as number;
      if (test !== undefined && (group === test.group || at > test.at)) log.set[row] = TEST;
      else if (validation !== undefined && (group === validation.group || at > validation.at))
        log.set[row] = VALIDATION;
      else log.set[row] = TRAIN;
    }
  }
}

/** A user's items that can be positive, by their newest such event. */
function newestFirst(
  log: EventLog,
  groups: PairGroups,
  from: number,
  to: number,
  settings: PairSettings,
): { group: number; at: number }[] {
  const ranked: { group: number; at: number }[] = [];
  for (let group = from; group < to; group++) {
    const at = newestPositiveTime(log, groups, group, settings);
    if (at !== undefined) ranked.push({ group, at });
  }
  return ranked.sort((a, b) => b.at - a.at || b.group - a.group);
}

/** Time of the newest event of the group that can be positive. */
function newestPositiveTime(
  log: EventLog,
  groups: PairGroups,
  group: number,
  settings: PairSettings,
): number | undefined {
  for (let k = (groups.starts[group + 1] as number) - 1; k >= (groups.starts[group] as number); k--) {
    const row = groups.rows[k] as number;
    if (canBePositive(log, row, settings)) return log.time[row] as number;
  }
  return undefined;
}

/** Whether the event can make a positive, by its own type and value alone. */
export function canBePositive(log: EventLog, row: number, settings: PairSettings): boolean {
  const type = log.types[log.type[row] as number] as string;
  if (type === 'dislike' || type === 'return' || type === 'impression') return false;
  if (strengthOf(settings, type) === 0) return false;
  // The mean of a user is not known before the split is made: under `user-mean` any rating is a candidate.
  if (type !== 'rating' || settings.rating.rule === 'user-mean') return true;
  return judgeRating(log.value[row] as number, settings.rating, undefined) === 'positive';
}

/**
 * Of each user a share of their distinct items, all events of a pair together. Shares that are no whole number are
 * rounded up or down by lot, so that the total comes out right for users of few items too; one item always stays
 * in train. Each user has a stream of their own: a new user changes nobody else's lot.
 */
function divideRandomly(log: EventLog, validation: number, test: number, seed: number, source: number = TRAIN): void {
  const groups = groupPairs(log, (set) => set === source);
  for (let g = 0; g < groups.count; ) {
    const end = endOfUser(log, groups, g);
    const user = log.user[groups.rows[groups.starts[g] as number] as number] as number;
    const random = new Random(seed, `split:${log.users[user]}`);
    const order = random.shuffle(Uint32Array.from({ length: end - g }, (_, k) => g + k));
    const testCount = Math.min(rounded(order.length * test, random), order.length - 1);
    const validationCount = Math.min(rounded(order.length * validation, random), order.length - 1 - testCount);
    order.forEach((group, k) => {
      const set = k < testCount ? TEST : k < testCount + validationCount ? VALIDATION : source;
      if (set !== source) moveGroup(log, groups, group, set);
    });
    g = end;
  }
}

function rounded(share: number, random: Random): number {
  return Math.floor(share + random.next());
}

function moveGroup(log: EventLog, groups: PairGroups, group: number, set: number): void {
  for (let k = groups.starts[group] as number; k < (groups.starts[group + 1] as number); k++) {
    log.set[groups.rows[k] as number] = set;
  }
}

function endOfUser(log: EventLog, groups: PairGroups, from: number): number {
  const userOf = (g: number) => log.user[groups.rows[groups.starts[g] as number] as number];
  let end = from + 1;
  while (end < groups.count && userOf(end) === userOf(from)) end += 1;
  return end;
}

/**
 * Where no validation set was handed in: a part of train that is like the test. One item of each user where the test
 * holds one item of each user and does not lie after train; else the end of train; a share of each user where no time
 * passes in train.
 */
function carveValidation(log: EventLog, settings: PairSettings, extent: Extent): SplitSummary {
  const isEmpty = 'days' in extent ? extent.days === 0 : extent.fraction === 0;
  if (isEmpty || log.set.includes(VALIDATION)) return summary('given');
  const rows = pickRows(log, (set) => set === TRAIN);
  const time = Float64Array.from(rows, (row) => log.time[row] as number);
  if (isTimed(log, (set) => set === TRAIN) && hasDuration(time)) {
    if (testIsOneItemEach(log, time[time.length - 1] as number)) {
      carveLast(log, settings);
      return summary('given', { carved: 'last' });
    }
    const fromMs = validationBoundary(time, extent, { days: 0 }, UNTIMED);
    for (const row of rows) if ((log.time[row] as number) >= fromMs) log.set[row] = VALIDATION;
    return summary('given', { carved: 'time', validationFrom: isoOf(fromMs) });
  }
  if (!('fraction' in extent)) {
    throw new KindredError(
      'SPLIT_INVALID',
      'train has no times, or all the same one, so validation can not be its last days',
      {
        field: 'split.validation',
      },
    );
  }
  divideRandomly(log, extent.fraction, 0, settings.seed);
  return summary('given', { carved: 'random' });
}

/** Whether the test is a leave-one-out one: a single item of each user, not all of it later than train. */
function testIsOneItemEach(log: EventLog, trainEndMs: number): boolean {
  const rows = pickRows(log, (set) => set === TEST);
  const users = new Set(rows.map((row) => log.user[row] as number));
  if (users.size < 2 || users.size < groupPairs(log, (set) => set === TEST).count) return false;
  // Rows without a time (UNTIMED) can not be told to be later.
  return !rows.every((row) => log.time[row] !== UNTIMED && (log.time[row] as number) > trainEndMs);
}

/**
 * Of each user with two items or more the one they came to last, with all its events, among those of their strongest
 * kind: the last purchase of somebody who bought something. What else they did later stays in train, as it does
 * beside a test of this kind.
 */
function carveLast(log: EventLog, settings: PairSettings): void {
  const groups = groupPairs(log, (set) => set === TRAIN);
  for (let g = 0; g < groups.count; ) {
    const end = endOfUser(log, groups, g);
    const ranked = newestFirst(log, groups, g, end, settings);
    const strengths = ranked.map(({ group }) => strongestEvent(log, groups, group, settings));
    const last = ranked[strengths.indexOf(Math.max(...strengths))];
    if (ranked.length >= 2 && last !== undefined) moveGroup(log, groups, last.group, VALIDATION);
    g = end;
  }
}

/** Strength of the strongest single event of the group that can be positive. */
function strongestEvent(log: EventLog, groups: PairGroups, group: number, settings: PairSettings): number {
  let strongest = 0;
  for (let k = groups.starts[group] as number; k < (groups.starts[group + 1] as number); k++) {
    const row = groups.rows[k] as number;
    if (!canBePositive(log, row, settings)) continue;
    strongest = Math.max(strongest, strengthOf(settings, log.types[log.type[row] as number] as string));
  }
  return strongest;
}
