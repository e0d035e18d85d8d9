import { type HeldOut, Random, type TrainingData } from '@kindred/domain';
import { type Cohort, type Mask, selectUsers, trainedCohort } from '@kindred/evaluation';

/** Validation users that a figure is a mean over, at most: a curve needs no more than some thousands. */
const DEFAULT_USERS = 2000;

/** Users times items, at most, where many ways to serve are tried on the same users: bounds what one of them costs. */
const SCORES = 5e7;
/** On fewer users than this, a choice between models is left to chance. */
export const FEWEST_USERS = 200;

/** How many users such a choice may rank a catalogue for. */
export function affordableUsers(itemCount: number): number {
  return Math.min(DEFAULT_USERS, Math.max(FEWEST_USERS, Math.floor(SCORES / itemCount)));
}

export interface ValidationRequest {
  readonly data: TrainingData;
  readonly seed: number;
  readonly validation?: HeldOut | undefined;
  /** What validation leaves out. Default `seen`. */
  readonly mask?: Mask | undefined;
  readonly validationUsers?: number | undefined;
}

/**
 * The users whom validation ranks for: a seeded sample of those with something to find. Undefined where there is no
 * held-out part, or nobody in it with something left to find.
 */
export function validationCohort(request: ValidationRequest): Cohort | undefined {
  const { data, seed, validation, mask = 'seen', validationUsers = DEFAULT_USERS } = request;
  if (validation === undefined) return undefined;
  const all = trainedCohort(data, validation, { mask });
  const users = all.histories.rowCount;
  if (users === 0) return undefined;
  if (users <= validationUsers) return all;
  return selectUsers(all, new Random(seed, 'validation users').sample(users, validationUsers).sort());
}
