import { columnDegrees, rowDegrees, type TrainingData } from '@kindred/domain';
import { trustOf } from './artefact/index.js';

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
 */
export function servedPriorWeight(data: TrainingData, priorStrength: number, shrinkage: number): number {
  const lengths = rowDegrees(data.positives)
    .filter((length) => length > 0)
    .sort();
  const median = lengths[lengths.length >> 1];
  return median === undefined ? priorStrength : priorStrength * trustOf(median, shrinkage);
}

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
