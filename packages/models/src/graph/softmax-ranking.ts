import { historySoftmaxLoss } from '@kindred/objectives';
import { sharedNegatives } from '@kindred/pairs';
import { HistoryPairs } from '../history-pairs.js';
import type { MethodContext } from '../learned-method.js';
import { itemPopularity } from '../popularity.js';
import type { RunState } from '../run-state.js';
import { addRows, inverseNorms, takeRows } from '../sparse-rows.js';
import type { GraphSettings } from './graph-settings.js';
import type { RankingLoss } from './ranking-loss.js';

/**
 * Softmax over shared negatives on the cosines of the readout, one row a user with all of their positives, as the
 * default method has it. `negativeWeight` above 1 is the bilateral softmax of BSL (Wu et al., ICDE 2024).
 */
export function createSoftmaxRanking(
  { data, engine }: MethodContext,
  settings: GraphSettings,
  state: RunState,
): RankingLoss {
  const { dimensions, negatives: count, temperature, negativeWeight, offsetStrength } = settings;
  const { tf } = engine;
  const random = state.random('negatives');
  const pairs = new HistoryPairs(data, dimensions, settings.batchSize, state.arena);
  const offsets = itemPopularity(data).map((users) => offsetStrength * Math.log(users));
  const norms = state.arena.floats(offsets.length); // [I]: 1 / |row| of this step's readout
  return async (users, readout, gradient) => {
    const negatives = sharedNegatives(offsets.length, count, random);
    inverseNorms(readout.items, dimensions, norms);
    const result = await engine.scope(async () => {
      const { loss, gradients } = historySoftmaxLoss(tf, {
        users: tf.tensor2d(takeRows(readout.users, dimensions, users), [users.length, dimensions]),
        targets: tf.tensor2d(pairs.sumTargets(users, readout.items, norms), [users.length, dimensions]),
        negatives: tf.tensor2d(takeRows(readout.items, dimensions, negatives), [negatives.length, dimensions]),
        positiveWeights: pairs.positiveWeights(users),
        offsets: takeRows(offsets, 1, negatives),
        temperature,
        negativeWeight,
      });
      return {
        users: await engine.read(gradients.users),
        targets: await engine.read(gradients.targets),
        negatives: await engine.read(gradients.negatives),
        loss: (await engine.read(loss))[0] as number,
      };
    });
    // The targets first: their way back through the norms takes rows that hold nothing else yet.
    pairs.scatterTargets(users, pairs.itemsOf(users), result.targets, readout.items, norms, gradient.items);
    addRows(result.negatives, negatives, dimensions, gradient.items);
    addRows(result.users, users, dimensions, gradient.users);
    return result.loss;
  };
}
