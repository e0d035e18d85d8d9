import type { TrainingData } from '@kindred/domain';
import type { Cohort } from '@kindred/evaluation';
import type { ModelArtefact, ServingChoice } from '@kindred/models';
import { shortCohort } from '../short-cohort.js';
import { meanOf, standardError } from '../validator.js';
import { isBeyondChance } from './beyond-chance.js';
import { ndcgOfChoices, type RankingParts } from './ndcg-of-choices.js';

/** One shrinkage, measured on validation. */
interface ShrinkageCandidate {
  readonly shrinkage: number;
  /** NDCG@20, mean over users of the mean over their histories: all of it, and its short versions. */
  readonly ndcg: number;
  /** Standard error of the mean. */
  readonly error: number;
}

export interface ChosenShrinkage {
  readonly shrinkage: number;
  readonly candidates: readonly ShrinkageCandidate[];
  /** Why, in one sentence without its full stop. */
  readonly because: string;
}

interface Measured extends ShrinkageCandidate {
  /** [E]: of the mean over each user's histories. */
  readonly perUser: Float64Array;
  /** [E]: with the whole history known. */
  readonly whole: Float64Array;
}

/** Items known of the short versions. */
const SHORT_HISTORIES = [1, 2, 3, 5, 10];
/** Standard errors by which whole histories may not lose. */
const BEYOND_DOUBT = 2;

/**
 * How much a short history is trusted: users of validation are ranked for with all of their items known and with no more
 * than 1, 2, 3, 5 and 10 of them (the newest; drawn where there are no times), as somebody new would be. What they have
 * beside those stays left out of the ranking. The shrinkage that is best over all of these is taken if it is better than
 * the rule's beyond chance, and not beyond doubt worse for whole histories.
 *
 * @param values the first is what a rule says
 */
export async function tuneShrinkage(
  artefact: ModelArtefact,
  data: TrainingData,
  cohort: Cohort,
  prior: ServingChoice,
  values: readonly number[],
  parts: RankingParts & { readonly seed: number },
): Promise<ChosenShrinkage> {
  const choices = values.map((shrinkage) => ({ ...prior, shrinkage }));
  const whole = await ndcgOfChoices(artefact, data, cohort, choices, parts);
  const sums = whole.map((perUser) => perUser.slice());
  const counts = new Float64Array(cohort.histories.rowCount).fill(1);
  for (const known of SHORT_HISTORIES) {
    const { rows, short } = shortCohort(cohort, known, parts.mask, parts.seed);
    if (rows.length === 0) continue;
    const found = await ndcgOfChoices(artefact, data, short, choices, parts);
    rows.forEach((user, row) => {
      counts[user] = (counts[user] as number) + 1;
      found.forEach((perUser, k) => {
        const sum = sums[k] as Float64Array;
        sum[user] = (sum[user] as number) + (perUser[row] as number);
      });
    });
  }
  const measured = values.map((shrinkage, k): Measured => {
    const perUser = (sums[k] as Float64Array).map((sum, user) => sum / (counts[user] as number));
    const figures = { ndcg: meanOf(perUser), error: standardError(perUser) };
    return { shrinkage, ...figures, perUser, whole: whole[k] as Float64Array };
  });
  const [byRule] = measured as [Measured, ...Measured[]];
  const harmless = measured.filter((other) => !isBeyondChance(byRule.whole, other.whole, BEYOND_DOUBT));
  const best = harmless.reduce((a, b) => (b.ndcg > a.ndcg ? b : a), byRule);
  const taken = isBeyondChance(best.perUser, byRule.perUser) ? best : byRule;
  return {
    shrinkage: taken.shrinkage,
    candidates: measured.map(({ shrinkage, ndcg, error }) => ({ shrinkage, ndcg, error })),
    because: sentence(taken, byRule, best),
  };
}

function sentence(taken: Measured, byRule: Measured, best: Measured): string {
  const said = `with ${SHORT_HISTORIES.join(', ')} or all items known NDCG@20 is ${taken.ndcg.toFixed(4)} on average`;
  const other = taken === byRule ? best : byRule;
  const beside = other === taken ? '' : `, by ${other.shrinkage} ${other.ndcg.toFixed(4)}`;
  return `histories are shrunk by ${taken.shrinkage}: ${said}${beside}`;
}
