import { Random } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { bootstrapIntervals } from '../src/bootstrap.js';
import { compare } from '../src/index.js';

const options = { samples: 2000, seed: 1 };

function evaluationOf(model: string, values: number[]) {
  return { model, userRows: Uint32Array.from(values.keys()), perUser: { 'ndcg@20': Float64Array.from(values) } };
}

describe('bootstrap intervals', () => {
  it('agrees with the normal interval of a mean and narrows with the level', () => {
    const random = new Random(3, 'values');
    const values = Float64Array.from({ length: 2000 }, () => random.normal());
    const mean = values.reduce((a, b) => a + b, 0) / 2000;
    const interval = bootstrapIntervals({ 'ndcg@20': values }, { samples: 2000, seed: 1 })['ndcg@20'];
    const half = 1.96 / Math.sqrt(2000);
    expect(interval?.[0]).toBeCloseTo(mean - half, 2);
    expect(interval?.[1]).toBeCloseTo(mean + half, 2);
    const narrow = bootstrapIntervals({ 'ndcg@20': values }, { samples: 2000, seed: 1, level: 0.5 })['ndcg@20'];
    expect((narrow?.[1] ?? 9) - (narrow?.[0] ?? 0)).toBeCloseTo((2 * 0.6745) / Math.sqrt(2000), 2);
  });

  it('is the same for the same seed, a point for equal values, and refuses nonsense', () => {
    const same = { 'ndcg@20': Float64Array.of(0.5, 0.5, 0.5) };
    expect(bootstrapIntervals(same, options)['ndcg@20']).toEqual([0.5, 0.5]);
    const spread = { 'ndcg@20': Float64Array.of(0, 0.2, 1, 0.4) };
    expect(bootstrapIntervals(spread, options)).toEqual(bootstrapIntervals(spread, options));
    expect(() => bootstrapIntervals(spread, { samples: 3, seed: 1 })).toThrow(/from 100 up/);
    expect(() => bootstrapIntervals(spread, { samples: 100, seed: 1, level: 95 })).toThrow(/between 0 and 1/);
  });
});

describe('paired comparison', () => {
  it('three users, all better by the same: chance does that in 2 of 8 sign patterns', () => {
    const result = compare(evaluationOf('a', [0.3, 0.5, 0.9]), evaluationOf('b', [0.2, 0.4, 0.8]), 'ndcg@20', options);
    expect(result.difference).toBeCloseTo(0.1, 12);
    expect(result.pPermutation).toBeCloseTo(0.25, 1);
    expect([result.wins, result.losses, result.ties]).toEqual([3, 0, 0]);
  });

  it('agrees with all sign patterns counted, for users beyond half a word of random bits', () => {
    const random = new Random(21, 'exact');
    const values = Array.from({ length: 18 }, () => random.normal() + 0.3);
    const observed = Math.abs(values.reduce((a, b) => a + b, 0));
    let asLarge = 0;
    for (let pattern = 0; pattern < 2 ** 18; pattern++) {
      let sum = 0;
      for (let k = 0; k < 18; k++) sum += (pattern >>> k) & 1 ? (values[k] as number) : -(values[k] as number);
      if (Math.abs(sum) >= observed * (1 - 1e-12)) asLarge += 1;
    }
    const zeros = values.map(() => 0);
    const result = compare(evaluationOf('a', values), evaluationOf('b', zeros), 'ndcg@20', {
      samples: 20_000,
      seed: 3,
    });
    expect(Math.abs(result.pPermutation - asLarge / 2 ** 18)).toBeLessThan(0.012);
  });

  it('finds a small but steady gain, and none between a model and itself', () => {
    const random = new Random(9, 'gain');
    const base = Array.from({ length: 400 }, () => random.next());
    const better = base.map((value) => value + 0.01 + 0.02 * random.normal());
    const gain = compare(evaluationOf('better', better), evaluationOf('base', base), 'ndcg@20', options);
    expect(gain.interval[0]).toBeGreaterThan(0);
    expect(gain.pBootstrap).toBeLessThan(0.01);
    expect(gain.pPermutation).toBeLessThan(0.01);
    const none = compare(evaluationOf('a', base), evaluationOf('b', base), 'ndcg@20', options);
    expect(none).toMatchObject({ difference: 0, pBootstrap: 1, pPermutation: 1, ties: 400 });
  });

  it('rejects at the level it promises when the models are exchangeable', () => {
    const random = new Random(11, 'null');
    let rejected = 0;
    for (let trial = 0; trial < 200; trial++) {
      const a = Array.from({ length: 40 }, () => random.next());
      const b = Array.from({ length: 40 }, () => random.next());
      if (
        compare(evaluationOf('a', a), evaluationOf('b', b), 'ndcg@20', { samples: 200, seed: trial }).pPermutation <=
        0.1
      )
        rejected += 1;
    }
    expect(rejected).toBeGreaterThan(5);
    expect(rejected).toBeLessThan(38);
  });

  it('refuses different users and metrics that are not there', () => {
    const a = evaluationOf('a', [1, 2]);
    expect(() => compare(a, evaluationOf('b', [1]), 'ndcg@20', options)).toThrow(/different users/);
    expect(() => compare(a, { ...a, userRows: Uint32Array.of(0, 5) }, 'ndcg@20', options)).toThrow(/different users/);
    expect(() => compare(a, a, 'ndcg@7', options)).toThrow(/ndcg@7 was not computed/);
  });
});
