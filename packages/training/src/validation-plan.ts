import { FEWEST_USERS } from './validation-cohort.js';

/** What the cost of validation and of training follows from: counts alone, no clock, so that every machine plans alike. */
export interface WorkCounts {
  /** In train. */
  readonly users: number;
  readonly items: number;
  readonly pairs: number;
  /** Length of a learned vector. */
  readonly width: number;
  readonly stepsPerEpoch: number;
  readonly plannedEpochs: number;
  /** Users whom a validation ranks the catalogue for. */
  readonly validationUsers: number;
}

/** When validation is due, and for how many users it ranks. */
export interface ValidationPlan {
  /** In epochs. */
  readonly interval: number;
  readonly users: number;
}

/** Validation may take this part of the time of training. */
const SHARE = 1 / 10;
/** A curve of fewer points than this can not tell where it turned: then fewer users are ranked for. */
const FEWEST_POINTS = 6;

// All in multiplications of a matrix product, by the ratios that were measured (docs/log.md, 2026-11-26).
/** Masking a score and holding it against the best so far. */
const SELECTION = 64;
/** Reading a number of a history into the vector of its user. */
const READ = 16;
/** Bringing a number of the tables into the form that is ranked with. */
const COPY = 16;
/** The first validations, whose code is not compiled yet. */
const WARM_UP = 600_000_000;
/** Of a step whatever its size: the calls into the engine, its small tensors. */
const STEP = 10_000_000;
/** Reading the rows of a pair, taking its gradient back, moving the rows. */
const PAIR = 2048;
/** Items that each user is held against in an epoch, at most; forward, and in the gradients of both sides. */
const COMPARED = 4096;
const PASSES = 2;

/**
 * How validation costs no more than a tenth of the training. An epoch is taken for what the cheapest methods do in it, so
 * a costly one (graphs, transformers) stays well below the tenth. Spacing gives way first, until six points are left:
 * neighbouring epochs say nearly the same, while with half the users the standard error, by which epochs are told apart,
 * grows by 1.4. Then users do, down to the fewest that such a choice is made on.
 */
export function planValidation(counts: WorkCounts): ValidationPlan {
  const { users, items, pairs, width, stepsPerEpoch, plannedEpochs, validationUsers } = counts;
  const perUser = items * (width + SELECTION) + READ * (pairs / Math.max(1, users)) * width;
  const perModel = COPY * (users + items) * width;
  const epoch = stepsPerEpoch * STEP + pairs * PAIR + PASSES * users * Math.min(items, COMPARED) * width;
  const affordable = SHARE * plannedEpochs * epoch - WARM_UP;
  const pointsOf = (interval: number) => validationsAt(interval, plannedEpochs);
  const isTooMuch = (interval: number) => pointsOf(interval) * (validationUsers * perUser + perModel) > affordable;
  let interval = 1;
  for (let wider = 2; isTooMuch(interval) && pointsOf(wider) >= FEWEST_POINTS; wider++) {
    if (pointsOf(wider) < pointsOf(interval)) interval = wider;
  }
  if (!isTooMuch(interval)) return { interval, users: validationUsers };
  const affordableUsers = Math.floor((affordable / pointsOf(interval) - perModel) / perUser);
  return { interval, users: Math.min(validationUsers, Math.max(FEWEST_USERS, affordableUsers)) };
}

/** Whether an epoch is validated: the first, so that there is a model from then on, each at the interval, and the last. */
export function isValidationDue(epoch: number, interval: number, lastEpoch: number): boolean {
  return epoch === 1 || epoch % interval === 0 || epoch === lastEpoch;
}

function validationsAt(interval: number, epochs: number): number {
  let count = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) if (isValidationDue(epoch, interval, epochs)) count++;
  return count;
}
