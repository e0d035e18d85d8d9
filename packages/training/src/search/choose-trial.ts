import type { Measured, Trial } from './trial.js';

/** A trial that was trained with all epochs. */
export interface Finalist {
  readonly trial: Trial;
  readonly measured: Measured;
}

export interface Choice {
  readonly kept: Finalist;
  /** Why, as one sentence. */
  readonly verdict: string;
}

/** How often a search among settings that are no better than the defaults may say that one is. */
const FALSE_ALARMS = 0.05;

/**
 * The best trial that is better than the defaults by more than chance, else the defaults. Chance is the standard error
 * of the difference over the users, who are the same for both (a paired test, one-sided), and the luck of the best of
 * many draws: the level is divided by their number (Bonferroni).
 * @param tried how many trials the finalists come from, the defaults not counted
 */
export function chooseTrial(defaults: Finalist, finalists: readonly Finalist[], tried: number): Choice {
  const byNdcg = [...finalists].sort((a, b) => b.measured.ndcg - a.measured.ndcg || a.trial.number - b.trial.number);
  const [best] = byNdcg;
  if (best === undefined) return { kept: defaults, verdict: 'the defaults are kept: nothing else led to a model' };
  const bar = upperQuantile(FALSE_ALARMS / Math.max(1, tried));
  const better = byNdcg.find((finalist) => {
    const { difference, error } = pairedDifference(finalist.measured, defaults.measured);
    return difference > 0 && difference > bar * error;
  });
  const chance = `up to ${bar.toFixed(1)} standard errors may be the luck of the best of ${tried}`;
  if (better !== undefined) {
    return { kept: better, verdict: `trial ${better.trial.number} is kept: ${inWords(better, defaults)}; ${chance}` };
  }
  if (best.measured.ndcg <= defaults.measured.ndcg) {
    return { kept: defaults, verdict: 'the defaults are kept: no other trial is above them on validation' };
  }
  return {
    kept: defaults,
    verdict: `the defaults are kept: trial ${best.trial.number} is only ${inWords(best, defaults)}; ${chance}`,
  };
}

function inWords(finalist: Finalist, defaults: Finalist): string {
  const { difference, error } = pairedDifference(finalist.measured, defaults.measured);
  const spread = Number.isFinite(error) ? ` ± ${error.toFixed(4)}` : '';
  const doubt = spread === '' ? ', where a single user says nothing about others' : '';
  return `${difference.toFixed(4)}${spread} above the defaults in NDCG@20 on validation${doubt}`;
}

/** Mean of a - b over the users, and its standard error; one user says nothing of others. */
export function pairedDifference(a: Measured, b: Measured): { difference: number; error: number } {
  const differences = a.perUser.map((value, user) => value - (b.perUser[user] as number));
  const count = differences.length;
  const difference = differences.reduce((sum, value) => sum + value, 0) / count;
  const squares = differences.reduce((sum, value) => sum + (value - difference) ** 2, 0);
  return { difference, error: count > 1 ? Math.sqrt(squares / (count - 1) / count) : Number.POSITIVE_INFINITY };
}

/** z with P(Z > z) = p, for p <= .5, to within .0005 (Abramowitz and Stegun, 1964, 26.2.23). */
export function upperQuantile(p: number): number {
  const t = Math.sqrt(-2 * Math.log(p));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  const below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  return t - above / below;
}
