import { Random } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { holmAdjusted } from '../src/index.js';

describe('holmAdjusted', () => {
  it('is the hand-worked example, in the order given', () => {
    // Sorted .005 .01 .03 .04, times 4 3 2 1: .02 .03 .06 .04, never falling.
    const adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((p, k) => {
      expect(adjusted[k]).toBeCloseTo(p, 12);
    });
  });

  it('leaves one test alone, keeps to 1, and takes none', () => {
    expect(holmAdjusted([0.2])).toEqual([0.2]);
    expect(holmAdjusted([0.9, 0.8])).toEqual([1, 1]);
    expect(holmAdjusted([])).toEqual([]);
  });

  it('keeps the chance of any false finding near the level, where unadjusted values do not', () => {
    const random = new Random(1, 'holm');
    let findings = 0;
    let unadjusted = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const pValues = Array.from({ length: 10 }, () => random.next());
      if (holmAdjusted(pValues).some((p) => p < 0.05)) findings += 1;
      if (pValues.some((p) => p < 0.05)) unadjusted += 1;
    }
    expect(findings / 2000).toBeLessThan(0.065);
    expect(unadjusted / 2000).toBeGreaterThan(0.35);
  });
});
