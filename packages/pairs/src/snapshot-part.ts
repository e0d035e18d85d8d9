import {
  columnDegrees,
  emptyMatrix,
  type HeldOut,
  type ItemId,
  KindredError,
  rowDegrees,
  type SparseMatrix,
  type TrainingData,
  type UserId,
} from '@kindred/domain';
import { type EventLog, TEST, TRAIN, UNTIMED, VALIDATION } from './event-log.js';
import { assembleHeldOut, type HeldOutPairs, type NewUser } from './held-out.js';
import { type Interactions, interactionsOf, LEAST_STRENGTH, RatingMeans } from './interactions.js';
import { groupPairs, type PairGroups } from './pair-groups.js';
import type { PairSettings } from './settings.js';
import { isTimed } from './split.js';

/**
 * - `select`: train | held out: validation. Choose epochs and settings here.
 * - `evaluate`: train and validation | held out: test. The reported numbers.
 * - `serve`: everything | nothing held out. What is put into service.
 */
export type PartName = 'select' | 'evaluate' | 'serve';
export const PART_NAMES = ['select', 'evaluate', 'serve'] as const satisfies readonly PartName[];

/** Counts of the part's training, and of nothing else. */
export interface PartStatistics {
  /** Training events, of whatever type. */
  readonly eventCount: number;
  /** [I]: distinct users with a positive; at least 1. */
  readonly itemPopularity: Uint32Array;
  /** [U]: distinct items with a positive; at least 1. */
  readonly userActivity: Uint32Array;
  /** Unix milliseconds of the oldest training event; undefined where the log has no times. */
  readonly startTimeMs: number | undefined;
}

/**
 * One division of the log into what may be learned and what is asked. The vocabularies hold the users and items
 * with at least one training positive, ascending by UTF-16 code unit: no row or column of the positives is empty.
 */
export interface SnapshotPart {
  readonly name: PartName;
  /** [U]: id of each row. */
  readonly users: readonly UserId[];
  /** [I]: id of each column. */
  readonly items: readonly ItemId[];
  readonly data: TrainingData;
  readonly statistics: PartStatistics;
  /** Held-out items of the users in `users`; undefined when nothing was held out. */
  readonly heldOut: HeldOut | undefined;
  /** Users with held-out items whom training does not know, ascending by id: to be evaluated as cold users. */
  readonly newUsers: readonly NewUser[];
}

/** The part, and its held-out pairs as positions in the log, for the files. */
export interface BuiltPart {
  readonly part: SnapshotPart;
  readonly heldOutPairs: HeldOutPairs | undefined;
}

const TRAINING_SETS: Readonly<Record<PartName, readonly number[]>> = {
  select: [TRAIN],
  evaluate: [TRAIN, VALIDATION],
  serve: [TRAIN, VALIDATION, TEST],
};
const HELD_OUT_SET: Readonly<Record<PartName, number | undefined>> = {
  select: VALIDATION,
  evaluate: TEST,
  serve: undefined,
};

const DAY_MS = 86_400_000;
const UNKNOWN = -1;

/** Whether events of the set belong to the training of the part. */
export function trainsOn(name: PartName, set: number): boolean {
  return TRAINING_SETS[name].includes(set);
}

/** Whether events of the set are held out of the part. */
function holdsOut(name: PartName, set: number): boolean {
  return HELD_OUT_SET[name] === set;
}

/**
 * Builds a part of a divided log. Training and held-out interactions come from their own events alone; the
 * vocabularies, statistics, end time and rating means come from training events alone.
 * @throws KindredError DATA_EMPTY when training holds no positive
 */
export function buildPart(log: EventLog, settings: PairSettings, name: PartName): BuiltPart {
  const groups = groupPairs(log, (set) => trainsOn(name, set));
  const means = settings.rating.rule === 'user-mean' ? new RatingMeans(log, groups) : undefined;
  const interactions = interactionsOf(log, groups, settings, means);
  const users = vocabularyOf(interactions, interactions.user, log.users);
  const items = vocabularyOf(interactions, interactions.item, log.items);
  if (users.names.length === 0) {
    throw new KindredError('DATA_EMPTY', whyEmpty(log, groups.rows));
  }
  const timed = isTimed(log, (set) => trainsOn(name, set));
  const span = timeSpan(log, groups, timed);
  const data = trainingDataOf(interactions, users.position, items.position, settings, span.end, [
    users.names.length,
    items.names.length,
  ]);
  const heldOutPairs = heldOutPairsOf(log, settings, name, means);
  const held = heldOutPairs && assembleHeldOut(heldOutPairs, users, items, log.users);
  const part: SnapshotPart = {
    name,
    users: users.names,
    items: items.names,
    data,
    statistics: statisticsOf(data.positives, groups.rows.length, span.start),
    heldOut: held?.heldOut,
    newUsers: held?.newUsers ?? [],
  };
  return { part, heldOutPairs };
}

/** What a training without positives holds instead, as a person can act on it. */
function whyEmpty(log: EventLog, rows: Uint32Array): string {
  if (rows.length === 0) {
    return `validation and test take all ${log.user.length} events, none is left to learn from; give more events, or a smaller test (the setting split.test of pair)`;
  }
  const counts = new Map<string, number>();
  for (const row of rows) {
    const type = log.types[log.type[row] as number] as string;
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  const types = [...counts].sort(([, a], [, b]) => b - a).map(([type, count]) => `${count} ${type}`);
  return `none of the ${rows.length} events to learn from says that somebody wants something: ${types.join(', ')}; what a rating says is the setting rating.rule of pair, what a type counts is strengths`;
}

/** Statistics of a part's positives. */
export function statisticsOf(
  positives: SparseMatrix,
  eventCount: number,
  startTimeMs: number | undefined,
): PartStatistics {
  return { eventCount, itemPopularity: columnDegrees(positives), userActivity: rowDegrees(positives), startTimeMs };
}

function timeSpan(log: EventLog, groups: PairGroups, timed: boolean): { start?: number; end?: number } {
  if (!timed) return {};
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const row of groups.rows) {
    start = Math.min(start, log.time[row] as number);
    end = Math.max(end, log.time[row] as number);
  }
  return { start, end };
}

/** Names with a positive interaction, and the position of each position of the log among them (or UNKNOWN). */
function vocabularyOf<T extends string>(
  interactions: Interactions,
  column: Uint32Array,
  names: readonly T[],
): { names: T[]; position: Int32Array } {
  const position = new Int32Array(names.length).fill(UNKNOWN);
  for (let k = 0; k < interactions.count; k++) {
    if ((interactions.signedStrength[k] as number) > 0) position[column[k] as number] = 0;
  }
  const kept: T[] = [];
  for (let k = 0; k < names.length; k++) {
    if (position[k] === UNKNOWN) continue;
    position[k] = kept.length;
    kept.push(names[k] as T);
  }
  return { names: kept, position };
}

function trainingDataOf(
  interactions: Interactions,
  userPosition: Int32Array,
  itemPosition: Int32Array,
  settings: PairSettings,
  endTimeMs: number | undefined,
  [userCount, itemCount]: readonly [number, number],
): TrainingData {
  const chosen = (sign: number) => (k: number) =>
    Math.sign(interactions.signedStrength[k] as number) === sign &&
    userPosition[interactions.user[k] as number] !== UNKNOWN &&
    itemPosition[interactions.item[k] as number] !== UNKNOWN;
  const positiveRows = filterRows(interactions.count, chosen(1));
  const negativeRows = filterRows(interactions.count, chosen(-1));
  const matrix = (rows: Uint32Array) =>
    matrixOfSorted(interactions, rows, userPosition, itemPosition, userCount, itemCount);
  const positives = matrix(positiveRows);
  const times =
    endTimeMs === undefined ? undefined : Float64Array.from(positiveRows, (k) => interactions.time[k] as number);
  return {
    positives,
    weights: decayedWeights(positives.values, times, endTimeMs, settings.halfLifeDays),
    times,
    negatives: matrix(negativeRows),
    endTimeMs,
  };
}

function filterRows(count: number, keep: (k: number) => boolean): Uint32Array {
  const rows = new Uint32Array(count);
  let kept = 0;
  for (let k = 0; k < count; k++) {
    if (!keep(k)) continue;
    rows[kept] = k;
    kept += 1;
  }
  return rows.slice(0, kept);
}

/** Interactions ascend by user and item, and so do positions: the rows are in matrix order already. */
function matrixOfSorted(
  interactions: Interactions,
  rows: Uint32Array,
  userPosition: Int32Array,
  itemPosition: Int32Array,
  userCount: number,
  itemCount: number,
): SparseMatrix {
  if (rows.length === 0) return emptyMatrix(userCount, itemCount);
  const offsets = new Uint32Array(userCount + 1);
  const columns = new Uint32Array(rows.length);
  const values = new Float32Array(rows.length);
  rows.forEach((row, k) => {
    const next = (userPosition[interactions.user[row] as number] as number) + 1;
    offsets[next] = (offsets[next] as number) + 1;
    columns[k] = itemPosition[interactions.item[row] as number] as number;
    values[k] = Math.abs(interactions.signedStrength[row] as number);
  });
  for (let u = 0; u < userCount; u++) offsets[u + 1] = (offsets[u + 1] as number) + (offsets[u] as number);
  return { rowCount: userCount, columnCount: itemCount, offsets, columns, values };
}

/** strength x 2^(-age / half-life), age counted back from the newest training event. [entries] */
function decayedWeights(
  strengths: Float32Array,
  times: Float64Array | undefined,
  endTimeMs: number | undefined,
  halfLifeDays: number | null,
): Float32Array {
  if (times === undefined || endTimeMs === undefined || halfLifeDays === null) return strengths.slice();
  const halfLifeMs = halfLifeDays * DAY_MS;
  return strengths.map((strength, k) =>
    Math.max(strength * 2 ** (((times[k] as number) - endTimeMs) / halfLifeMs), LEAST_STRENGTH),
  );
}

/** Positive pairs of the held-out events; undefined when the part holds nothing out. */
function heldOutPairsOf(
  log: EventLog,
  settings: PairSettings,
  name: PartName,
  means: RatingMeans | undefined,
): HeldOutPairs | undefined {
  if (!log.set.some((set) => holdsOut(name, set))) return undefined;
  const groups = groupPairs(log, (set) => holdsOut(name, set));
  const interactions = interactionsOf(log, groups, settings, means);
  const rows = filterRows(interactions.count, (k) => (interactions.signedStrength[k] as number) > 0);
  return {
    user: rows.map((k) => interactions.user[k] as number),
    item: rows.map((k) => interactions.item[k] as number),
  };
}

/** Time of an event, or undefined where it has none. */
export function timeOrUndefined(time: number): number | undefined {
  return time === UNTIMED ? undefined : time;
}
