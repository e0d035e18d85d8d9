import { Random, type TrainingData } from '@kindred/domain';
import type { HistoryCritic } from '@kindred/models';

/** What a critic makes of a history and a few of its items depends on which: the mean of so many draws. */
const DRAWS = 8;

/**
 * How little each history looks like one that people have, to a critic that was not trained on it: the mean of its scores,
 * turned round. No unit: only scores of the same critic compare.
 * @param histories over the critic's items
 * @param seed of the draws
 * @returns [U]; NaN for an empty history
 */
export async function implausibilities(
  critic: HistoryCritic,
  histories: TrainingData,
  seed: number,
): Promise<Float64Array> {
  const random = new Random(seed, 'critic');
  const draws = critic.conditional ? DRAWS : 1;
  const sums = new Float64Array(histories.positives.rowCount);
  for (let draw = 0; draw < draws; draw++) {
    (await critic.score(histories, random)).forEach((score, user) => {
      sums[user] = (sums[user] as number) - score / draws;
    });
  }
  return sums;
}
