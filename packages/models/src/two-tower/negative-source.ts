import type { Random, TrainingData } from '@kindred/domain';
import { MASKED } from '@kindred/objectives';
import {
  createMixtureSampler,
  createPopularitySampler,
  createSharedProposal,
  createUniformSampler,
  falseNegatives,
  logBatchFrequency,
  type NegativeSampler,
  ownedItems,
} from '@kindred/pairs';
import { getChoice, getSetting, type Settings } from '../settings.js';
import type { NegativeKind } from './objectives.js';

/** The samplers that `negativeSampler` chooses among, and how often each asks for popular items. */
const POPULAR_SHARES = { uniform: 0, popularity: 1, mixture: 0.5 };
export const NEGATIVE_SAMPLERS = Object.keys(POPULAR_SHARES) as ['uniform', 'popularity', 'mixture'];

/** Draws the negatives of each batch. */
export interface NegativeSource {
  /** [I]: log of the probability with which an item is drawn; zero where the objective doesn't correct for it. */
  readonly logQ: Float32Array;
  /** @param users [B] @param items [B], the pairs of the batch */
  draw(users: Uint32Array, items: Uint32Array): DrawnNegatives;
}

export interface DrawnNegatives {
  /** [B N], [K], or none. */
  readonly items: Uint32Array;
  /** [B, columns]: MASKED where the user of the row has the item of the column in train. */
  readonly mask?: Float32Array | undefined;
}

/**
 * No positive of train ever serves as a negative: negatives of a pair are drawn from what its user does not have, and
 * those that a batch shares, or that stand in it, are masked for the users who have them.
 */
export function createNegativeSource(
  kind: NegativeKind,
  data: TrainingData,
  settings: Settings,
  random: () => Random,
): NegativeSource {
  const { positives } = data;
  const none = new Uint32Array(0);
  const unknown = new Float32Array(positives.columnCount);
  if (kind === 'none') return { logQ: unknown, draw: () => ({ items: none }) };
  if (kind === 'in-batch') {
    const mask = (users: Uint32Array, items: Uint32Array) => falseNegatives(positives, users, items, MASKED);
    return {
      logQ: corrected(logBatchFrequency(data), settings),
      draw: (users, items) => ({ items: none, mask: mask(users, items) }),
    };
  }
  const count = getSetting(settings, 'negatives');
  const popularShare = POPULAR_SHARES[getChoice(settings, 'negativeSampler') as keyof typeof POPULAR_SHARES];
  if (kind === 'shared') {
    const proposal = createSharedProposal(data, random(), popularShare);
    return {
      logQ: corrected(proposal.logQ, settings),
      draw(users) {
        const items = proposal.draw(count);
        return { items, mask: ownedItems(positives, users, items, MASKED) };
      },
    };
  }
  const sampler = createOwnSampler(data, random(), popularShare);
  return {
    logQ: unknown,
    draw(users) {
      const items = new Uint32Array(users.length * count);
      sampler.draw(users, count, items);
      return { items };
    },
  };
}

function createOwnSampler(data: TrainingData, random: Random, popularShare: number): NegativeSampler {
  if (popularShare === 0) return createUniformSampler(data, random);
  const popular = createPopularitySampler(data, random);
  if (popularShare === 1) return popular;
  const components = [
    { sampler: popular, weight: popularShare },
    { sampler: createUniformSampler(data, random), weight: 1 - popularShare },
  ];
  return createMixtureSampler(components, random);
}

function corrected(logQ: Float32Array, { logQ: strength }: Settings): Float32Array {
  return typeof strength === 'number' && strength > 0 ? logQ.map((value) => strength * value) : logQ.map(() => 0);
}
