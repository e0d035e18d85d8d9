import { columnDegrees, hasEntry, KindredError, type Random, type TrainingData } from '@kindred/domain';
import { AliasTable } from './alias-table.js';
import { drawUnowned, fillDraws, itemsWithout, type ProposalSampler, sumOf } from './negative-sampler.js';

/** Exponent of word2vec (Mikolov et al., NeurIPS 2013, §2.2). */
export const DEFAULT_POPULARITY_EXPONENT = 0.75;

/**
 * Items that the user does not have, in proportion to popularity^alpha (distinct users in training). 0 is uniform,
 * 1 is how often an item stands in the data.
 */
export function createPopularitySampler(
  data: TrainingData,
  random: Random,
  alpha: number = DEFAULT_POPULARITY_EXPONENT,
): ProposalSampler {
  if (!Number.isFinite(alpha)) {
    throw new KindredError('CONFIG_INVALID', `alpha must be a number, not ${alpha}`, { field: 'alpha' });
  }
  const { positives } = data;
  const popularity = columnDegrees(positives);
  // An item that nobody has counts as had once, like the offset of the recipe.
  const weights = Float64Array.from(popularity, (users) => Math.max(users, 1) ** alpha);
  const table = new AliasTable(weights);
  const propose = () => table.draw(random);
  const weightOf = (item: number) => weights[item] as number;
  const restMass = new Float64Array(positives.rowCount).fill(Number.NaN);

  /** Weight of what the user does not have; worked out at the first question about the user. */
  function massOfRest(user: number): number {
    // Summed, not taken from the total: for a user who has nearly everything the difference would be rounding.
    if (Number.isNaN(restMass[user])) restMass[user] = sumOf(itemsWithout(positives, user), weightOf);
    return restMass[user] as number;
  }

  return {
    name: 'popularity',
    draw(users, count, out) {
      fillDraws(users, count, out, (user) => drawUnowned(positives, user, propose, weightOf, random));
    },
    logProbability(user, item) {
      if (hasEntry(positives, user, item)) return Number.NEGATIVE_INFINITY;
      return Math.log(weightOf(item)) - Math.log(massOfRest(user));
    },
  };
}
