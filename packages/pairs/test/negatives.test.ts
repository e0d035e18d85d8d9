import { hasEntry, matrixFromTriples, Random, type TrainingData } from '@kindred/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createExplicitSampler,
  createInBatchSampler,
  createMixtureSampler,
  createPopularitySampler,
  createSharedProposal,
  createUniformSampler,
  falseNegatives,
  hasNegatives,
  logBatchFrequency,
  type NegativeSampler,
  ownedItems,
  type ProposalSampler,
  sharedNegatives,
} from '../src/index.js';

/** Training data from pairs [user, item] and negatives [user, item, weight]. */
function dataOf(
  userCount: number,
  itemCount: number,
  pairs: readonly (readonly [number, number])[],
  disliked: readonly (readonly [number, number, number])[] = [],
): TrainingData {
  const column = (k: 0 | 1, rows: readonly (readonly number[])[]) => Uint32Array.from(rows, (row) => row[k] as number);
  const ones = new Float32Array(pairs.length).fill(1);
  const positives = matrixFromTriples(userCount, itemCount, column(0, pairs), column(1, pairs), ones);
  const weights = Float32Array.from(disliked, ([, , weight]) => weight);
  const negatives = matrixFromTriples(userCount, itemCount, column(0, disliked), column(1, disliked), weights);
  return { positives, weights: ones, times: undefined, negatives, endTimeMs: undefined };
}

/** Pearson's statistic of counts against probabilities. */
function chiSquare(counts: ArrayLike<number>, probabilities: readonly number[], draws: number): number {
  return probabilities.reduce(
    (sum, p, k) => sum + (p === 0 ? 0 : ((counts[k] as number) - draws * p) ** 2 / (draws * p)),
    0,
  );
}

/** A bound that chance passes once in about 30,000: mean plus four standard deviations of chi-square. */
function chiSquareBound(freedom: number): number {
  return freedom + 4 * Math.sqrt(2 * freedom);
}

const DRAWS = 60_000;
/** Six items with popularity 1 to 5 (item 5 has 5, items 0 to 4 one more each), user 0 has items 1 and 4. */
const SKEWED = dataOf(6, 6, [
  ...[1, 4].map((item) => [0, item] as const),
  ...[0, 1, 2, 3, 4].flatMap((user) => Array.from({ length: user + 1 }, (_, item) => [user + 1, item] as const)),
  [5, 5],
]);

function countDraws(sampler: NegativeSampler, user: number): Float64Array {
  const out = new Uint32Array(DRAWS);
  sampler.draw(Uint32Array.of(user), DRAWS, out);
  const counts = new Float64Array(SKEWED.positives.columnCount);
  for (const item of out) counts[item] = (counts[item] as number) + 1;
  return counts;
}

describe('distributions', () => {
  const random = new Random(5, 'negatives');
  const uniform = createUniformSampler(SKEWED, random);
  const popular = createPopularitySampler(SKEWED, random, 1);
  const proposals: [string, ProposalSampler][] = [
    ['uniform', uniform],
    ['popularity', popular],
    ['popularity^0.75', createPopularitySampler(SKEWED, random)],
    ['popularity^-1', createPopularitySampler(SKEWED, random, -1)],
    [
      'mixture',
      createMixtureSampler(
        [
          { sampler: uniform, weight: 1 },
          { sampler: popular, weight: 3 },
        ],
        random,
      ),
    ],
  ];

  it.each(proposals)('%s draws as often as it says', (_, sampler) => {
    const stated = Array.from({ length: 6 }, (_, item) => Math.exp(sampler.logProbability(0, item)));
    expect(stated[1]).toBe(0);
    expect(stated[4]).toBe(0);
    expect(stated.reduce((a, b) => a + b)).toBeCloseTo(1, 10);
    expect(chiSquare(countDraws(sampler, 0), stated, DRAWS)).toBeLessThan(chiSquareBound(3));
  });

  it('popularity follows count^alpha, worked by hand', () => {
    // Users per item: 5, 5, 3, 2, 2, 1 (item 1 and 4 with user 0). Left for user 0: items 0, 2, 3, 5.
    const sampler = createPopularitySampler(SKEWED, random, 2);
    const masses = [5, 3, 2, 1].map((count) => count ** 2);
    expect(Math.exp(sampler.logProbability(0, 2))).toBeCloseTo(9 / masses.reduce((a, b) => a + b), 12);
  });

  it('chi-square does catch a wrong distribution', () => {
    const wrong = [0.25, 0, 0.25, 0.25, 0, 0.25];
    expect(chiSquare(countDraws(popular, 0), wrong, DRAWS)).toBeGreaterThan(chiSquareBound(3));
  });

  it('of a user who has nearly all stays exact: what is left is listed', () => {
    const items = 2_000;
    const pairs = Array.from({ length: items - 2 }, (_, k) => [0, k + 2] as const);
    const data = dataOf(3, items, [...pairs, [1, 0], [1, 1], [2, 1]]);
    const out = new Uint32Array(3_000);
    createPopularitySampler(data, random, 1).draw(Uint32Array.of(0), out.length, out);
    const ones = out.reduce((sum, item) => sum + item, 0);
    expect(out.every((item) => item < 2)).toBe(true);
    // Items 0 and 1 have 1 and 2 users: 2,000 expected, standard deviation 25.8.
    expect(Math.abs(ones - 2_000)).toBeLessThan(104);
  });
});

describe('in-batch', () => {
  it('logQ is the frequency with which batches hold the item', () => {
    const random = new Random(7, 'batches');
    const logQ = logBatchFrequency(SKEWED);
    const { columns } = SKEWED.positives;
    const counts = new Float64Array(6);
    for (let k = 0; k < DRAWS; k++) {
      const item = columns[random.below(columns.length)] as number;
      counts[item] = (counts[item] as number) + 1;
    }
    expect(chiSquare(counts, Array.from(logQ, Math.exp), DRAWS)).toBeLessThan(chiSquareBound(5));
  });

  it('draws from the batch in proportion to its rows, and falls back where the batch has nothing', () => {
    const random = new Random(8, 'in-batch');
    const sampler = createInBatchSampler(SKEWED, random, createUniformSampler(SKEWED, random));
    sampler.useBatch(Uint32Array.of(0, 0, 0, 1, 2, 4));
    expect(chiSquare(countDraws(sampler, 0), [0.75, 0, 0.25, 0, 0, 0], DRAWS)).toBeLessThan(chiSquareBound(1));
    sampler.useBatch(Uint32Array.of(1, 4));
    expect(chiSquare(countDraws(sampler, 0), [0.25, 0, 0.25, 0.25, 0, 0.25], DRAWS)).toBeLessThan(chiSquareBound(3));
  });

  it('masks the other items that the user of a row has', () => {
    const mask = falseNegatives(SKEWED.positives, Uint32Array.of(0, 1, 0), Uint32Array.of(1, 0, 4), 1);
    expect([...mask]).toEqual([0, 0, 1, 0, 0, 0, 1, 0, 0]);
  });
});

describe('explicit', () => {
  const data = dataOf(
    2,
    8,
    [
      [0, 0],
      [1, 1],
    ],
    [
      [0, 3, 1],
      [0, 5, 0.1],
      [0, 6, 1],
    ],
  );

  it('takes the user’s own first, each once, then tops up', () => {
    const random = new Random(1, 'explicit');
    const sampler = createExplicitSampler(data, random, createUniformSampler(data, random));
    const out = new Uint32Array(10);
    sampler.draw(Uint32Array.of(0, 1), 5, out);
    expect([...out.subarray(0, 3)].sort()).toEqual([3, 5, 6]);
    expect(out.subarray(3, 5).every((item) => item !== 0)).toBe(true);
    expect(out.subarray(5).every((item) => item !== 1)).toBe(true);
  });

  it('prefers heavier ones in proportion to their weight', () => {
    const random = new Random(2, 'explicit');
    const sampler = createExplicitSampler(data, random, createUniformSampler(data, random));
    const counts = new Float64Array(8);
    const one = new Uint32Array(1);
    for (let k = 0; k < 20_000; k++) {
      sampler.draw(Uint32Array.of(0), 1, one);
      counts[one[0] as number] = (counts[one[0] as number] as number) + 1;
    }
    const expected = [0, 0, 0, 1 / 2.1, 0, 0.1 / 2.1, 1 / 2.1, 0];
    expect(chiSquare(counts, expected, 20_000)).toBeLessThan(chiSquareBound(2));
  });
});

describe('shared negatives', () => {
  it('are distinct and uniform, or all items', () => {
    const random = new Random(3, 'shared');
    const counts = new Float64Array(40);
    for (let k = 0; k < 5_000; k++) {
      const drawn = sharedNegatives(40, 10, random);
      expect(new Set(drawn).size).toBe(10);
      for (const item of drawn) counts[item] = (counts[item] as number) + 1;
    }
    // Without replacement the variance is lower than multinomial, so the bound holds a fortiori.
    expect(chiSquare(counts, new Array(40).fill(1 / 40), 50_000)).toBeLessThan(chiSquareBound(39));
    expect([...sharedNegatives(4, 10, random)]).toEqual([0, 1, 2, 3]);
  });
});

describe('shared proposals', () => {
  it.each([0.5, 1])('draw as often as they say, %f of them popular', (popularShare) => {
    const proposal = createSharedProposal(SKEWED, new Random(9, 'proposal'), popularShare);
    const stated = Array.from(proposal.logQ, Math.exp);
    expect(stated.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    const counts = new Float64Array(6);
    for (const item of proposal.draw(DRAWS)) counts[item] = (counts[item] as number) + 1;
    expect(chiSquare(counts, stated, DRAWS)).toBeLessThan(chiSquareBound(5));
    expect(chiSquare(counts, new Array(6).fill(1 / 6), DRAWS)).toBeGreaterThan(chiSquareBound(5));
  });

  it('without popular ones are distinct and uniform', () => {
    const proposal = createSharedProposal(SKEWED, new Random(9, 'proposal'), 0);
    expect(new Set(proposal.draw(4)).size).toBe(4);
    for (const value of proposal.logQ) expect(value).toBeCloseTo(Math.log(1 / 6), 6);
  });

  it('are marked for the users who have them, an item drawn twice at both places', () => {
    const mask = ownedItems(SKEWED.positives, Uint32Array.of(0, 1), Uint32Array.of(4, 0, 2, 4), 1);
    expect([...mask]).toEqual([1, 0, 0, 1, 0, 1, 0, 0]);
  });
});

describe('over random logs', () => {
  const logs = fc
    .record({ users: fc.integer({ min: 1, max: 6 }), items: fc.integer({ min: 1, max: 9 }), seed: fc.nat() })
    .chain(({ users, items, seed }) =>
      fc
        .uniqueArray(fc.tuple(fc.nat(users - 1), fc.nat(items - 1), fc.nat(3)), { selector: ([u, i]) => u * 100 + i })
        .map((cells) => ({
          users,
          seed,
          data: dataOf(
            users,
            items,
            cells.filter(([, , kind]) => kind > 0).map(([u, i]) => [u, i] as const),
            cells.filter(([, , kind]) => kind === 0).map(([u, i]) => [u, i, 1] as const),
          ),
          batch: Uint32Array.from(
            cells.filter(([, , kind]) => kind > 0),
            ([, item]) => item,
          ),
        })),
    );

  function samplersOf(data: TrainingData, batch: Uint32Array, seed: number): NegativeSampler[] {
    const random = new Random(seed, 'property');
    const uniform = createUniformSampler(data, random);
    const popular = createPopularitySampler(data, random);
    const inBatch = createInBatchSampler(data, random, uniform);
    inBatch.useBatch(batch);
    const explicit = createExplicitSampler(data, random, popular);
    const all = [uniform, popular, inBatch, explicit];
    return [
      ...all,
      createMixtureSampler(
        all.map((sampler, k) => ({ sampler, weight: k + 1 })),
        random,
      ),
    ];
  }

  it('no sampler ever draws what the user has; a user who has everything is an error', () => {
    fc.assert(
      fc.property(logs, ({ users, data, batch, seed }) => {
        for (const sampler of samplersOf(data, batch, seed)) {
          for (let user = 0; user < users; user++) {
            const out = new Uint32Array(12);
            const draw = () => sampler.draw(Uint32Array.of(user, user), 6, out);
            if (!hasNegatives(data.positives, user)) expect(draw).toThrow(/has all/);
            else {
              draw();
              for (const item of out) expect(hasEntry(data.positives, user, item)).toBe(false);
            }
          }
        }
      }),
      { numRuns: 150, seed: 11 },
    );
  });
});
