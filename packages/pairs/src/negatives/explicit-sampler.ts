import { hasEntry, type Random, type TrainingData } from '@kindred/domain';
import { type NegativeSampler, requireRoom } from './negative-sampler.js';

/**
 * The user's own negatives first (dislikes, returns, impressions without a click), each at most once a draw; what is
 * missing comes from the other sampler. A user with more of them than asked gets a sample without replacement,
 * heavier ones likelier (keys u^(1/w): Efraimidis and Spirakis, Information Processing Letters 97(5), 2006).
 */
export function createExplicitSampler(data: TrainingData, random: Random, topUp: NegativeSampler): NegativeSampler {
  const { positives, negatives } = data;

  function ownNegatives(user: number, count: number): Uint32Array {
    const start = negatives.offsets[user] as number;
    const end = negatives.offsets[user + 1] as number;
    const keyed: { item: number; key: number }[] = [];
    for (let k = start; k < end; k++) {
      const item = negatives.columns[k] as number;
      // The pair stage never puts a pair on both sides; other sources of training data may.
      if (hasEntry(positives, user, item)) continue;
      keyed.push({ item, key: Math.log(1 - random.next()) / (negatives.values[k] as number) });
    }
    keyed.sort((a, b) => b.key - a.key || a.item - b.item);
    return Uint32Array.from(keyed.slice(0, count), ({ item }) => item);
  }

  return {
    name: 'explicit',
    draw(users, count, out) {
      requireRoom(users, count, out);
      for (let b = 0; b < users.length; b++) {
        const row = out.subarray(b * count, (b + 1) * count);
        const own = ownNegatives(users[b] as number, count);
        row.set(own);
        if (own.length < count) topUp.draw(users.subarray(b, b + 1), count - own.length, row.subarray(own.length));
      }
    },
  };
}
