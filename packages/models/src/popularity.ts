import { columnDegrees, rowDegrees, type TrainingData } from '@kindred/domain';
import { trustOf } from './artefact/index.js';
import { declareSetting } from './settings.js';

const DAY_MS = 86_400_000;
/** Window of the prior that means all of train. */
export const WHOLE_LOG = 0;

/** Distinct users of each item in train, at least 1. [I] */
export function itemPopularity(data: TrainingData): Float32Array {
  return Float32Array.from(columnDegrees(data.positives), (users) => Math.max(1, users));
}

/** 1 / sqrt(d_i), d_i the item's users in train; 1 for an item without any: what each item weighs in a history. [I] */
export function inverseRootPopularity(data: TrainingData): Float32Array {
  return itemPopularity(data).map((users) => 1 / Math.sqrt(users));
}

/**
 * The prior's popularity r of each item: its distinct users in the last days of train, plus .1 and a hundredth of all
 * its users, so that nothing is at zero; without times 1 + its users.
 * @returns [I], > 0
 */
export function priorPopularity(data: TrainingData, windowDays: number): Float32Array {
  const all = columnDegrees(data.positives);
  const { times, endTimeMs } = data;
  if (times === undefined || endTimeMs === undefined) return Float32Array.from(all, (users) => 1 + users);
  const recent = Float32Array.from(all, (users) => 0.1 + 0.01 * users);
  const after = windowDays === WHOLE_LOG ? Number.NEGATIVE_INFINITY : endTimeMs - windowDays * DAY_MS;
  times.forEach((time, entry) => {
    const item = data.positives.columns[entry] as number;
    if (time > after) recent[item] = (recent[item] as number) + 1;
  });
  return recent;
}

/**
 * b as it is served. A prior strength is meant for the typical user: where a history of n items counts sqrt(n / (n + k)), b
 * gives way as much as the cosines of a history of median length do, so that k moves longer and shorter ones only.
 *
 * @param typical of `typicalHistory`
 */
export function servedPriorWeight(typical: number, priorStrength: number, shrinkage: number): number {
  return typical > 0 ? priorStrength * trustOf(typical, shrinkage) : priorStrength;
}

/** Items in a history of median length among users with any; 0 where nobody has any. */
export function typicalHistory(data: TrainingData): number {
  const lengths = rowDegrees(data.positives)
    .filter((length) => length > 0)
    .sort();
  return lengths[lengths.length >> 1] ?? 0;
}

/** The setting that `priorWindowByRule` rules where it is open. */
export const PRIOR_WINDOW_DAYS = declareSetting(
  'priorWindowDays',
  'auto',
  [0, 36_500],
  'Days of recent popularity, 0 for all; auto: 7 or 28 if populated.',
  {
    why: 'Too short a window is noise and too long a one last season; the rule only counts, and probes of the default method sometimes choose another.',
  },
);

/**
 * The window by rule: the smaller of 7 and 28 days that is populated, that is, in which the items were taken once each
 * on average; the whole log where neither is, or where there are no times.
 */
export function priorWindowByRule(data: TrainingData): number {
  const { times, endTimeMs } = data;
  if (times === undefined || endTimeMs === undefined) return WHOLE_LOG;
  const seen = columnDegrees(data.positives).reduce((count, users) => count + (users > 0 ? 1 : 0), 0);
  for (const days of [7, 28]) {
    const after = endTimeMs - days * DAY_MS;
    const pairs = times.reduce((count, time) => count + (time > after ? 1 : 0), 0);
    if (pairs >= seen) return days;
  }
  return WHOLE_LOG;
}
