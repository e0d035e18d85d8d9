import { matrixFromTriples, Random, rowEntries } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { dualEaseWeights } from '../../src/baselines/dual-ease.js';
import { plainMatmul } from '../../src/baselines/matmul.js';
import { fitItemWeights } from '../../src/index.js';
import { randomData } from '../learned-fixture.js';

describe('dualEaseWeights', () => {
  it.each([
    [7, 23, 5],
    [20, 9, 200],
    [2, 2, 1],
  ])('equals the weights by the items’ side: %d users, %d items, lambda %d', async (users, items, lambda) => {
    const data = randomData(users, items, `dual ${users}`);
    const binary = { ...data.positives, values: new Float32Array(data.positives.values.length).fill(1) };
    const dual = await dualEaseWeights(binary, lambda, plainMatmul, items);
    const primal = await fitItemWeights('ease', { lambda }, data, { keep: items });
    const dense = (matrix: typeof dual) => {
      const out = new Float64Array(items * items);
      for (let row = 0; row < items; row++) {
        const [columns, values] = rowEntries(matrix, row);
        columns.forEach((column, k) => {
          out[row * items + column] = values[k] as number;
        });
      }
      return out;
    };
    const expected = dense(primal);
    dense(dual).forEach((value, k) => {
      expect(value).toBeCloseTo(expected[k] as number, 5);
    });
  });

  it('keeps the largest weights of each row', async () => {
    const random = new Random(3, 'kept');
    const pairs = Array.from({ length: 6 }, (_, user) =>
      [...random.sample(15, 6)].map((item) => [user, item] as const),
    ).flat();
    const matrix = matrixFromTriples(
      6,
      15,
      Uint32Array.from(pairs, ([user]) => user),
      Uint32Array.from(pairs, ([, item]) => item),
      new Float32Array(pairs.length).fill(1),
    );
    const [all, few] = [
      await dualEaseWeights(matrix, 3, plainMatmul, 15),
      await dualEaseWeights(matrix, 3, plainMatmul, 4),
    ];
    for (let row = 0; row < 15; row++) {
      const sizes = [...rowEntries(all, row)[1]].map(Math.abs).sort((a, b) => b - a);
      const kept = [...rowEntries(few, row)[1]].map(Math.abs).sort((a, b) => b - a);
      expect(kept).toEqual(sizes.slice(0, 4));
    }
  });
});
