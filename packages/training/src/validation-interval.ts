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

/** Validation may take this part of the time of training. */
const SHARE = 1 / 10;
/** A curve of fewer points than this can not tell where it turned: then validation costs what it costs. */
const FEWEST_POINTS = 6;

// All in multiplications of a matrix product, by the ratios that were measured (docs/log.md, 2026-11-26).
/** Masking a score and holding it against the best so far. */
const SELECTION = 64;
/** Bringing a number of the tables into the form that is ranked with. */
const COPY = 16;
/** Of a step whatever its size: the calls into the engine, its small tensors. */
const STEP = 10_000_000;
/** Reading the rows of a pair, taking its gradient back, moving the rows. */
const PAIR = 4096;
/** Items that each user is held against in an epoch, at most; forward, and in the gradients of both sides. */
const COMPARED = 4096;
const PASSES = 3;

/**
 * After how many epochs each validation is due, so that all of them cost no more than a tenth of the training. An epoch
 * is taken for what the cheapest methods do in it, so a costly one (graphs, transformers) stays well below the tenth.
 * Spacing is what gives way, not the number of users: with half the users the standard error, by which epochs are told
 * apart, grows by 1.4, while neighbouring epochs say nearly the same.
 */
export function validationInterval(counts: WorkCounts): number {
  const { users, items, pairs, width, stepsPerEpoch, plannedEpochs, validationUsers } = counts;
  const validation = validationUsers * items * (width + SELECTION) + COPY * (users + items) * width;
  const epoch = stepsPerEpoch * STEP + pairs * PAIR + PASSES * users * Math.min(items, COMPARED) * width;
  const affordable = (SHARE * plannedEpochs * epoch) / validation;
  const widest = Math.max(1, Math.floor(plannedEpochs / FEWEST_POINTS));
  let interval = 1;
  while (interval < widest && validationsAt(interval, plannedEpochs) > affordable) interval++;
  return interval;
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
