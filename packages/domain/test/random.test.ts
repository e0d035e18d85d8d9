import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../src/index.js';

describe('Random', () => {
  it('gives the same stream for the same seed and label, another for another', () => {
    const draw = (seed: number, label: string) => {
      const random = new Random(seed, label);
      return Array.from({ length: 5 }, () => random.uint32());
    };
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
  });

  it('continues a saved stream', () => {
    const random = new Random(3);
    random.next();
    const saved = random.save();
    const expected = [random.next(), random.next()];
    const continued = new Random(99);
    continued.restore(saved);
    expect([continued.next(), continued.next()]).toEqual(expected);
  });

  it('is uniform: chi-square over 16 cells stays below the .999 quantile', () => {
    const random = new Random(5);
    const cells = new Array<number>(16).fill(0);
    for (let k = 0; k < 16_000; k++) {
      const cell = Math.floor(random.next() * 16);
      cells[cell] = (cells[cell] as number) + 1;
    }
    const chiSquare = cells.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(37.7);
  });

  it('has normal numbers of mean 0 and variance 1', () => {
    const random = new Random(6);
    const drawn = Array.from({ length: 20_000 }, () => random.normal());
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(variance).toBeCloseTo(1, 1);
  });

  it('samples distinct numbers below the bound', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 200 }), fc.nat(), (seed, bound, some) => {
        const count = some % (bound + 1);
        const drawn = new Random(seed).sample(bound, count);
        expect(new Set(drawn).size).toBe(count);
        expect([...drawn].every((value) => value < bound)).toBe(true);
      }),
      { seed: 7 },
    );
  });
});
