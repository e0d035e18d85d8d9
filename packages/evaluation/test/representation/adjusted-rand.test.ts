import { kMeans, Random } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { adjustedRandIndex, reseedStability } from '../../src/index.js';

/** From the definition: every pair of things, together or apart. */
function naive(first: readonly number[], second: readonly number[]): number {
  let [both, inFirst, inSecond, pairs] = [0, 0, 0, 0];
  for (let i = 0; i < first.length; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [first[i] === first[j], second[i] === second[j]];
      both += a && b ? 1 : 0;
      inFirst += a ? 1 : 0;
      inSecond += b ? 1 : 0;
      pairs += 1;
    }
  }
  const expected = (inFirst * inSecond) / pairs;
  return (both - expected) / ((inFirst + inSecond) / 2 - expected);
}

describe('adjustedRandIndex', () => {
  it('has the known values', () => {
    expect(adjustedRandIndex([0, 0, 1, 1], [1, 1, 0, 0])).toBe(1); // the same but for the names
    expect(adjustedRandIndex([0, 0, 1, 2], [0, 0, 1, 1])).toBeCloseTo(4 / 7, 12);
    expect(adjustedRandIndex([0, 0, 0, 0], [0, 1, 2, 3])).toBe(0);
    expect(adjustedRandIndex([0, 0, 1, 1], [0, 1, 0, 1])).toBeCloseTo(-0.5, 12);
    // Hubert and Arabie's form on the table (1 1 0 / 1 2 1 / 0 0 4).
    const first = [0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
    const second = [0, 1, 0, 1, 1, 2, 2, 2, 2, 2];
    expect(adjustedRandIndex(first, second)).toBeCloseTo((7 - (13 * 14) / 45) / ((13 + 14) / 2 - (13 * 14) / 45), 12);
    for (const nothingToTell of [[], [5], [3, 3, 3], [0, 1, 2]]) {
      expect(adjustedRandIndex(nothingToTell, nothingToTell)).toBe(1);
    }
    expect(() => adjustedRandIndex([0], [0, 1])).toThrow(RangeError);
  });

  it('is what the definition says of pairs, in either order', () => {
    const random = new Random(7);
    for (const size of [2, 3, 17, 64]) {
      const first = [0, 1, ...Array.from({ length: size }, () => random.below(4))];
      const second = first.map((group) => (random.below(3) === 0 ? random.below(5) : group));
      expect(adjustedRandIndex(first, second)).toBeCloseTo(naive(first, second), 12);
      expect(adjustedRandIndex(second, first)).toBeCloseTo(naive(first, second), 12);
    }
  });

  it('is about zero of divisions that know nothing of each other, whatever the sizes of the groups', () => {
    const random = new Random(8);
    const draw = (groups: number) => Array.from({ length: 4000 }, () => Math.min(random.below(groups), 2));
    expect(Math.abs(adjustedRandIndex(draw(9), draw(4)))).toBeLessThan(0.02);
  });
});

describe('reseedStability', () => {
  const width = 6;
  /** Rows about so many axes, or anywhere. */
  function rows(count: number, axes: number) {
    const random = new Random(5, 'rows');
    const values = Float32Array.from({ length: count * width }, (_, k) => {
      const [row, column] = [Math.floor(k / width), k % width];
      return 0.15 * random.normal() + (axes > 0 ? (row % axes === column ? 1 : 0) : random.normal());
    });
    for (let at = 0; at < values.length; at += width) {
      const length = Math.hypot(...values.subarray(at, at + width));
      for (let c = at; c < at + width; c++) values[c] = (values[c] as number) / length;
    }
    return { values, width };
  }
  const stabilityOf = async (data: ReturnType<typeof rows>, count: number) => {
    const options = { seed: 1, restarts: 4 };
    return reseedStability(data, await kMeans(data, count, options), options);
  };

  it('is one where there are clusters, and less where there are none or too many are asked for', async () => {
    expect(await stabilityOf(rows(300, 4), 4)).toBe(1);
    expect(await stabilityOf(rows(300, 4), 7)).toBeLessThan(0.95);
    expect(await stabilityOf(rows(300, 0), 4)).toBeLessThan(0.9);
  });
});
