/** A round of successive halving: so many trials with so many epochs each. */
export interface Rung {
  readonly trials: number;
  readonly epochs: number;
}

/** One in so many trials goes on to the next round, with so many times the epochs. */
const ETA = 3;
/** A training shorter than this says nothing of a longer one. */
const LEAST_EPOCHS = 3;

/**
 * Successive halving (Jamieson and Talwalkar, 2016; a bracket of Hyperband, Li et al., 2018): all trials with few
 * epochs, the best third of them with three times as many, and so on; the last round has all epochs. As many rounds as
 * leave a trial for the last one and three epochs for the first. No round costs more than the first one, up to rounding.
 * @param trials from 0 @param epochs of a whole training, from 1
 */
export function halvingSchedule(trials: number, epochs: number): readonly Rung[] {
  if (trials === 0) return [];
  const rungs: Rung[] = [{ trials, epochs }];
  for (let share = ETA; Math.floor(trials / share) >= 1 && Math.floor(epochs / share) >= LEAST_EPOCHS; share *= ETA) {
    rungs.unshift({ trials, epochs: Math.floor(epochs / share) });
  }
  return rungs.map((rung, round) => ({ ...rung, trials: Math.floor(trials / ETA ** round) }));
}
