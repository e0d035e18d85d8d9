import { hasEntry, type Random, type TrainingData } from '@kindred/domain';
import { degreeOf, drawUnowned, fillDraws, type ProposalSampler } from './negative-sampler.js';

/** Every item that the user does not have, with the same probability. */
export function createUniformSampler(data: TrainingData, random: Random): ProposalSampler {
  const { positives } = data;
  const propose = () => random.below(positives.columnCount);
  return {
    name: 'uniform',
    draw(users, count, out) {
      fillDraws(users, count, out, (user) => drawUnowned(positives, user, propose, () => 1, random));
    },
    logProbability(user, item) {
      if (hasEntry(positives, user, item)) return Number.NEGATIVE_INFINITY;
      return -Math.log(positives.columnCount - degreeOf(positives, user));
    },
  };
}
