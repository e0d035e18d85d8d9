import { describe, expect, it } from 'vitest';
import { METRIC_KINDS, writeListMetrics } from '../src/ranking-metrics.js';

function metricsAt(
  isHit: number[],
  relevantCount: number,
  cutoff: number,
  count = isHit.length,
): Record<string, number> {
  const out = new Float64Array(METRIC_KINDS.length);
  writeListMetrics(Uint8Array.from(isHit), count, relevantCount, [cutoff], out);
  return Object.fromEntries(METRIC_KINDS.map((kind, at) => [kind, out[at] as number]));
}

describe('the metrics of one list, worked by hand', () => {
  it('hits at ranks 1 and 3 of 5, three relevant', () => {
    const found = metricsAt([1, 0, 1, 0, 0], 3, 5);
    expect(found.precision).toBeCloseTo(0.4, 12);
    expect(found.recall).toBeCloseTo(2 / 3, 12);
    // gains 1 + 1/log2(4) = 1.5; ideal 1 + .63093 + .5 = 2.13093
    expect(found.ndcg).toBeCloseTo(1.5 / 2.1309297535714578, 12);
    expect(found.hitRate).toBe(1);
    // (1/1 + 2/3) / min(5, 3)
    expect(found.map).toBeCloseTo(5 / 9, 12);
    expect(found.mrr).toBe(1);
  });

  it('more relevant items than places: the ideal and MAP are over the k places, recall over all', () => {
    const found = metricsAt([0, 1], 10, 2);
    expect(found.precision).toBe(0.5);
    expect(found.recall).toBe(0.1);
    expect(found.ndcg).toBeCloseTo(0.6309297535714575 / 1.6309297535714575, 12);
    expect(found.map).toBeCloseTo(0.5 / 2, 12);
    expect(found.mrr).toBe(0.5);
  });

  it('a perfect list is 1 in NDCG and MAP at every cutoff', () => {
    for (const cutoff of [1, 2, 3]) {
      const found = metricsAt([1, 1, 1], 3, cutoff);
      expect(found.ndcg).toBeCloseTo(1, 12);
      expect(found.map).toBeCloseTo(1, 12);
    }
  });

  it('no hit is 0 everywhere', () => {
    expect(Object.values(metricsAt([0, 0, 0], 2, 3))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('a list shorter than k still divides precision by k, and stale marks beyond its end do not count', () => {
    const found = metricsAt([1, 1, 1], 2, 10, 1);
    expect(found.precision).toBe(0.1);
    expect(found.recall).toBe(0.5);
  });
});
