import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TopK } from '../src/index.js';

describe('TopK', () => {
  it('is the sorted list cut at its capacity, for any order of offers and any ties', () => {
    const top = new Map<number, TopK>();
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 60 }),
        fc.nat(9),
        fc.integer(),
        (scores, k, seed) => {
          const heap = top.get(k) ?? new TopK(k);
          top.set(k, heap);
          const offers = scores.map((score, position) => ({ score, position }));
          const shuffled = [...offers].sort((a, b) => ((a.position * seed) % 7) - ((b.position * seed) % 7));
          for (const { score, position } of shuffled) heap.offer(score, position);
          const expected = offers.sort((a, b) => b.score - a.score || a.position - b.position).slice(0, k);
          expect(heap.bar).toBe(
            expected.length < k ? Number.NEGATIVE_INFINITY : (expected.at(-1)?.score ?? Number.POSITIVE_INFINITY),
          );
          const positions = new Uint32Array(k);
          const values = new Float32Array(k);
          const count = heap.drain(positions, values);
          expect([...positions.subarray(0, count)]).toEqual(expected.map(({ position }) => position));
          expect([...values.subarray(0, count)]).toEqual(expected.map(({ score }) => score));
          expect(heap.size).toBe(0);
        },
      ),
      { seed: 3 },
    );
  });
});
