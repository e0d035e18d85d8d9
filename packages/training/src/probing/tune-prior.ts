import type { TrainingData } from '@kindred/domain';
import type { Cohort } from '@kindred/evaluation';
import type { ModelArtefact, ServingChoice } from '@kindred/models';
import { meanOf } from '../validator.js';
import { isBeyondChance } from './beyond-chance.js';
import { ndcgOfChoices, type RankingParts } from './ndcg-of-choices.js';

/** What the prior may be; the first of each is what a rule says. */
export interface PriorSpace {
  readonly priorWindowDays: readonly number[];
  readonly priorStrength: readonly number[];
}

export interface TunedServing {
  readonly choice: ServingChoice;
  /** [E]: NDCG@20 of each user of the cohort under the choice. */
  readonly perUser: Float64Array;
}

/**
 * The prior's window and weight that rank best on the cohort: score = trust cos(P, Q_j) / T + b log r_j(W). What the rules
 * say is kept unless another choice is better beyond chance.
 */
export async function tunePrior(
  artefact: ModelArtefact,
  data: TrainingData,
  cohort: Cohort,
  space: PriorSpace,
  shrinkage: number,
  parts: RankingParts,
): Promise<TunedServing> {
  const choices = space.priorWindowDays.flatMap((priorWindowDays) =>
    space.priorStrength.map((priorStrength) => ({ priorWindowDays, priorStrength, shrinkage })),
  );
  const found = await ndcgOfChoices(artefact, data, cohort, choices, parts);
  const tuned = choices.map((choice, k) => ({ choice, perUser: found[k] as Float64Array }));
  const [byRule] = tuned as [TunedServing, ...TunedServing[]];
  const best = tuned.reduce((a, b) => (meanOf(b.perUser) > meanOf(a.perUser) ? b : a));
  return isBeyondChance(best.perUser, byRule.perUser) ? best : byRule;
}
