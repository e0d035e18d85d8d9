import { Random } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { createBaseline, type Matmul } from '../../src/baselines/index.js';
import { invertSymmetric } from '../../src/baselines/invert-symmetric.js';
import { plainMatmul, transposed } from '../../src/baselines/matmul.js';
import { matrixOfRows, scoreHistories, trainingOf } from './support/made-up.js';

/** A random positive definite matrix: random · randomᵀ + identity. [n, n] */
function positiveDefinite(n: number): Float32Array {
  const random = new Random(n, 'positive definite');
  const factor = Float64Array.from({ length: n * n }, () => random.next() - 0.5);
  return Float32Array.from({ length: n * n }, (_, place) => {
    const i = Math.floor(place / n);
    const j = place % n;
    let sum = i === j ? 1 : 0;
    for (let k = 0; k < n; k++) sum += (factor[i * n + k] as number) * (factor[j * n + k] as number);
    return sum;
  });
}

/** The most that A times the found inverse is off the identity; `found` holds its negative lower triangle. */
function residual(original: Float32Array, found: Float32Array, n: number): number {
  let worst = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++)
        sum -= (original[i * n + k] as number) * (found[Math.max(k, j) * n + Math.min(k, j)] as number);
      worst = Math.max(worst, Math.abs(sum - (i === j ? 1 : 0)));
    }
  }
  return worst;
}

describe('the inverse of a symmetric matrix', () => {
  it.each([
    [1, 8],
    [7, 8],
    [8, 8],
    [9, 8],
    [31, 8],
    [64, 16],
    [97, 13],
  ])('n = %i in blocks of %i', async (n, block) => {
    const original = positiveDefinite(n);
    const matrix = original.slice();
    for (let i = 0; i < n; i++) matrix.fill(Number.NaN, i * n + i + 1, (i + 1) * n);
    await invertSymmetric(matrix, n, plainMatmul, block);
    expect(residual(original, matrix, n)).toBeLessThan(2e-4);
  });

  it('refuses a matrix that is not positive definite', async () => {
    await expect(invertSymmetric(Float32Array.of(1, 2, 2, 1), 2)).rejects.toMatchObject({
      code: 'TRAINING_DEGENERATE',
    });
    await expect(invertSymmetric(Float32Array.of(0, 0, 0, 0), 2)).rejects.toMatchObject({
      code: 'TRAINING_DEGENERATE',
    });
  });

  it('the plain product is right at every rim', async () => {
    const random = new Random(2, 'product');
    for (const [m, n, k] of [
      [1, 1, 1],
      [4, 4, 3],
      [5, 7, 2],
      [9, 4, 11],
    ] as const) {
      const a = Float32Array.from({ length: m * k }, () => random.normal());
      const b = Float32Array.from({ length: n * k }, () => random.normal());
      const product = await plainMatmul(a, [m, k], b, [n, k], { transposeB: true });
      const out = new Float32Array(m * n);
      const turned = await plainMatmul(transposed(a, [m, k]), [k, m], transposed(b, [n, k]), [k, n], {
        transposeA: true,
        out,
      });
      expect(turned).toBe(out);
      expect(turned).toEqual(product);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let p = 0; p < k; p++) sum += (a[i * k + p] as number) * (b[j * k + p] as number);
          expect(product[i * n + j]).toBeCloseTo(sum, 5);
        }
      }
    }
  });
});

describe('ease', () => {
  const rows = [[0, 1], [0, 1, 2], [2], [1, 2]];

  it('is the best zero-diagonal model: no weight can be moved without raising the regularised error', async () => {
    const lambda = 3;
    const identity = matrixOfRows([[0], [1], [2]], 3);
    for (const strengths of ['binary', 'given']) {
      const positives = matrixOfRows(rows, 3, (row, item) => 1 + row * 0.5 + item);
      const weights = await scoreHistories(
        await createBaseline('ease', { lambda, strengths }).fit(trainingOf(positives), 1),
        identity,
      );
      const x = rows.map((row, u) =>
        [0, 1, 2].map((i) => (!row.includes(i) ? 0 : strengths === 'binary' ? 1 : 1 + u * 0.5 + i)),
      );
      for (let i = 0; i < 3; i++) {
        expect(weights[i]?.[i]).toBe(0);
        for (let j = 0; j < 3; j++) {
          if (i === j) continue;
          // Gradient of |X - XB|² + lambda |B|² by B_ij.
          const error = x.reduce((sum, row) => {
            const predicted = row.reduce((total, value, k) => total + value * (weights[k]?.[j] as number), 0);
            return sum + (row[i] as number) * (predicted - (row[j] as number));
          }, 0);
          expect(error + lambda * (weights[i]?.[j] as number)).toBeCloseTo(0, 4);
        }
      }
    }
  });

  it('uses the product that it is given, with the same result', async () => {
    let calls = 0;
    const matmul: Matmul = (...product) => {
      calls += 1;
      return plainMatmul(...product);
    };
    const data = trainingOf(matrixOfRows(rows, 3));
    const history = matrixOfRows([[0], [1, 2]], 3);
    const own = await scoreHistories(await createBaseline('ease').fit(data, 1), history);
    expect(await scoreHistories(await createBaseline('ease', {}, { matmul }).fit(data, 1), history)).toEqual(own);
    expect(calls).toBeGreaterThan(0);
  });
});
