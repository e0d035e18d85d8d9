import { columnDegrees, matrixFromTriples, Random, rowDegrees, symmetricEigen } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { Adam, cosineRate } from '../src/adam.js';
import { plainMatmul } from '../src/baselines/matmul.js';
import { orthonormalTurn } from '../src/cholesky.js';
import { EpochBatches } from '../src/epoch-batches.js';
import { gram } from '../src/randomised-svd.js';
import { gatherRowSums, scatterRowSums } from '../src/sparse-rows.js';
import { spectralStart } from '../src/spectral-start.js';
import { randomData, referenceEngine } from './learned-fixture.js';

describe('symmetricEigen', () => {
  it.each([[1], [2], [3], [13], [61]])(
    'rebuilds a random symmetric matrix of %i rows from orthonormal vectors',
    (n) => {
      const random = new Random(2, 'eigen');
      const a = Float64Array.from({ length: n * n });
      for (let r = 0; r < n; r++) for (let c = 0; c <= r; c++) a[r * n + c] = a[c * n + r] = random.normal();
      const { values, vectors } = symmetricEigen(a, n);
      for (let r = 0; r < n; r++) {
        for (let c = 0; c < n; c++) {
          let rebuilt = 0;
          let product = 0;
          for (let k = 0; k < n; k++) {
            rebuilt += (vectors[r * n + k] as number) * (values[k] as number) * (vectors[c * n + k] as number);
            product += (vectors[k * n + r] as number) * (vectors[k * n + c] as number);
          }
          expect(rebuilt).toBeCloseTo(a[r * n + c] as number, 10);
          expect(product).toBeCloseTo(r === c ? 1 : 0, 10);
        }
      }
      expect([...values]).toEqual([...values].sort((x, y) => y - x));
    },
  );
});

describe('symmetricEigen of matrices that come apart', () => {
  const block = [2, 1, 1, 2];
  it.each([
    ['zero', [0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0]],
    ['diagonal, repeated', [3, 0, 0, 0, 3, 0, 0, 0, -1], [3, 3, -1]],
    ['of rank one', [1, 1, 1, 1, 1, 1, 1, 1, 1], [3, 0, 0]],
    ['in blocks', [...block.slice(0, 2), 0, ...block.slice(2), 0, 0, 0, 5], [5, 3, 1]],
  ])('%s', (_, matrix, expected) => {
    const { values, vectors } = symmetricEigen(matrix as number[], 3);
    (expected as number[]).forEach((value, k) => {
      expect(values[k]).toBeCloseTo(value, 12);
      for (let r = 0; r < 3; r++) {
        let product = 0;
        for (let c = 0; c < 3; c++)
          product += ((matrix as number[])[r * 3 + c] as number) * (vectors[c * 3 + k] as number);
        expect(product).toBeCloseTo(value * (vectors[r * 3 + k] as number), 12);
      }
    });
    for (let a = 0; a < 3; a++) {
      let squared = 0;
      for (let r = 0; r < 3; r++) squared += (vectors[r * 3 + a] as number) ** 2;
      expect(squared).toBeCloseTo(1, 12);
    }
  });
});

describe('Adam', () => {
  /** Kingma and Ba's algorithm 1, to the letter. */
  function textbook(start: number, gradients: readonly number[], rate: number): number {
    let [x, m, v] = [start, 0, 0];
    gradients.forEach((g, k) => {
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      x -= (rate * (m / (1 - 0.9 ** (k + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (k + 1))) + 1e-8);
    });
    return x;
  }
  const gradients = [0.3, -2, 0, 1e-4, 5, 0];

  it('follows the textbook over all rows, momentum included, and clears the gradient', () => {
    const values = Float32Array.of(1, 2, 3, 4);
    const adam = new Adam(values, 2);
    for (const g of gradients) {
      const gradient = Float32Array.of(g, 0, 2 * g, -g);
      adam.stepAll(gradient, 0.05);
      expect([...gradient]).toEqual([0, 0, 0, 0]);
    }
    expect(values[0]).toBeCloseTo(textbook(1, gradients, 0.05), 5);
    expect(values[1]).toBe(2);
    expect(values[3]).toBeCloseTo(
      textbook(
        4,
        gradients.map((g) => -g),
        0.05,
      ),
      5,
    );
    expect(adam.inverseNorms[1]).toBeCloseTo(1 / Math.hypot(values[2] as number, values[3] as number), 6);
  });

  it('moves only the rows named', () => {
    const values = Float32Array.of(1, 2, 3, 4, 5, 6);
    const adam = new Adam(values, 2);
    for (const g of gradients) adam.stepRows(Uint32Array.of(2), Float32Array.of(g, -g), 0.05);
    expect([...values.subarray(0, 4)]).toEqual([1, 2, 3, 4]);
    expect(values[4]).toBeCloseTo(textbook(5, gradients, 0.05), 5);
  });
});

describe('cosineRate', () => {
  it('goes from the first rate to the last and stays there', () => {
    expect(cosineRate(0.03, 0.003, 0, 100)).toBeCloseTo(0.03, 12);
    expect(cosineRate(0.03, 0.003, 50, 100)).toBeCloseTo(0.0165, 12);
    expect(cosineRate(0.03, 0.003, 100, 100)).toBeCloseTo(0.003, 12);
    expect(cosineRate(0.03, 0.003, 170, 100)).toBeCloseTo(0.003, 12);
  });
});

describe('EpochBatches', () => {
  it.each([
    [1, 4],
    [13, 4],
    [12, 4],
    [7, 7],
  ])('deals %i members in batches of at most %i: each once an epoch, sizes equal to one', (members, size) => {
    const batches = new EpochBatches(
      Uint32Array.from({ length: members }, (_, k) => k),
      size,
      new Random(1),
    );
    for (let epoch = 0; epoch < 3; epoch++) {
      const dealt = Array.from({ length: batches.batchesPerEpoch }, () => batches.next());
      const sizes = dealt.map((batch) => batch.length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(size);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      const seen = dealt.flatMap((batch) => [...batch]).sort((a, b) => a - b);
      expect(seen).toEqual(Array.from({ length: members }, (_, k) => k));
    }
  });
});

describe('gatherRowSums and scatterRowSums', () => {
  it('are each other transposed: <gather(table), rows> = <table, scatter(rows)>', () => {
    const { positives } = randomData(11, 7, 'adjoint');
    const random = new Random(4, 'adjoint');
    const width = 5;
    const rows = Uint32Array.of(3, 0, 10, 3);
    const normal = (count: number) => Float32Array.from({ length: count }, () => random.normal());
    const table = normal(7 * width);
    const rowValues = normal(rows.length * width);
    const sums = new Float32Array(rows.length * width);
    const back = new Float32Array(7 * width);
    gatherRowSums(positives, positives.values, rows, table, width, sums);
    scatterRowSums(positives, positives.values, rows, rowValues, width, back);
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, k) => sum + value * (b[k] as number), 0);
    expect(dot(sums, rowValues)).toBeCloseTo(dot(table, back), 4);
  });
});

describe('gram', () => {
  it('is the sum over rows however many are taken at once', async () => {
    const random = new Random(6, 'gram');
    const [rows, width] = [23, 4];
    const tall = Float32Array.from({ length: rows * width }, () => random.normal());
    for (const rowsAtOnce of [1, 5, 23, 100]) {
      const found = await gram(plainMatmul, tall, rows, width, rowsAtOnce);
      for (let a = 0; a < width; a++) {
        for (let b = 0; b < width; b++) {
          let sum = 0;
          for (let r = 0; r < rows; r++) sum += (tall[r * width + a] as number) * (tall[r * width + b] as number);
          expect(found[a * width + b]).toBeCloseTo(sum, 4);
        }
      }
    }
  });
});

describe('orthonormalTurn', () => {
  const [rows, width] = [23, 6];
  const random = new Random(12, 'orthonormal');
  const independent = Float32Array.from({ length: rows * width }, () => random.normal());
  /** Column 2 is column 0 and twice column 1, column 4 is nothing. */
  const dependent = independent.map((value, k) => {
    const row = k - (k % width);
    if (k % width === 2) return (independent[row] as number) + 2 * (independent[row + 1] as number);
    return k % width === 4 ? 0 : value;
  });

  it.each([
    ['independent columns', independent, []],
    ['columns in the span of others', dependent, [2, 4]],
  ])('makes a basis of %s', async (_, tall, gone) => {
    const turn = orthonormalTurn(await gram(plainMatmul, tall, rows, width), width, 1e-6);
    const basis = await plainMatmul(tall, [rows, width], turn, [width, width]);
    const found = await gram(plainMatmul, basis, rows, width);
    for (let a = 0; a < width; a++) {
      for (let b = 0; b < width; b++) {
        expect(found[a * width + b]).toBeCloseTo(a === b && !(gone as number[]).includes(a) ? 1 : 0, 5);
      }
    }
    // The basis spans the columns: each is its own projection.
    const parts = await plainMatmul(basis, [rows, width], tall, [rows, width], { transposeA: true });
    const back = await plainMatmul(basis, [rows, width], parts, [width, width]);
    for (let k = 0; k < tall.length; k++) expect(back[k]).toBeCloseTo(tall[k] as number, 4);
  });
});

describe('spectralStart', () => {
  it('is V sqrt(s) of S, divided by its mean row length: Y Y^T is the root of S^T S', async () => {
    const random = new Random(8, 'spectrum');
    const [users, items] = [40, 9];
    const pairs: [number, number][] = [];
    for (let user = 0; user < users; user++) {
      for (const item of random.sample(items, 1 + random.below(items - 2))) pairs.push([user, item]);
    }
    const history = matrixFromTriples(
      users,
      items,
      Uint32Array.from(pairs, ([user]) => user),
      Uint32Array.from(pairs, ([, item]) => item),
      Float32Array.from(pairs, () => 0.5 + random.next()), // strengths do not matter
    );
    const [du, di] = [rowDegrees(history), columnDegrees(history)];
    const square = new Float64Array(items * items); // S^T S
    for (const [user, a] of pairs) {
      for (const [other, b] of pairs) {
        if (user !== other) continue;
        const value = 1 / ((du[user] as number) * Math.sqrt((di[a] as number) * (di[b] as number)));
        square[a * items + b] = (square[a * items + b] as number) + value;
      }
    }
    const { values, vectors } = symmetricEigen(square, items);
    const root = (a: number, b: number) => {
      let sum = 0;
      for (let k = 0; k < items; k++) {
        const [va, vb] = [vectors[a * items + k] as number, vectors[b * items + k] as number];
        sum += va * vb * Math.sqrt(Math.max(0, values[k] as number));
      }
      return sum;
    };
    let lengths = 0;
    for (let item = 0; item < items; item++) lengths += Math.sqrt(root(item, item));
    const scale = (items / lengths) ** 2;
    const tables = await spectralStart(await referenceEngine(), history, items, 6, new Random(1, 'start'), true);
    const { items: start, users: userStart } = tables;
    for (let a = 0; a < items; a++) {
      for (let b = 0; b < items; b++) {
        let product = 0;
        for (let c = 0; c < items; c++) product += (start[a * items + c] as number) * (start[b * items + c] as number);
        expect(product, `${a}, ${b}`).toBeCloseTo(scale * root(a, b), 3);
      }
    }
    // X Y^T = U s V^T = S, up to the scale of both.
    for (let user = 0; user < users; user++) {
      for (let item = 0; item < items; item++) {
        let product = 0;
        for (let c = 0; c < items; c++) {
          product += ((userStart as Float32Array)[user * items + c] as number) * (start[item * items + c] as number);
        }
        const has = pairs.some(([u, i]) => u === user && i === item);
        const entry = has ? 1 / Math.sqrt((du[user] as number) * (di[item] as number)) : 0;
        expect(product, `${user}, ${item}`).toBeCloseTo(scale * entry, 3);
      }
    }
  });

  it('finds the singular vectors of two planted blocks, and fills what the data does not have', async () => {
    // Users 0..3 have items 0..2, users 4..9 have items 3..4: S has two singular values of 1 and nothing else.
    const rows: number[] = [];
    const columns: number[] = [];
    for (let user = 0; user < 10; user++) {
      for (const item of user < 4 ? [0, 1, 2] : [3, 4]) {
        rows.push(user);
        columns.push(item);
      }
    }
    const values = new Float32Array(rows.length).fill(1);
    const history = matrixFromTriples(10, 6, Uint32Array.from(rows), Uint32Array.from(columns), values);
    const { items: start } = await spectralStart(await referenceEngine(), history, 8, 4, new Random(1, 'start'));
    expect(start.length).toBe(6 * 8);
    const cosine = (a: number, b: number) => {
      const row = (r: number) => start.subarray(r * 8, r * 8 + 8);
      const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, k) => sum + value * (y[k] as number), 0);
      return dot(row(a), row(b)) / Math.sqrt(dot(row(a), row(a)) * dot(row(b), row(b)));
    };
    expect(cosine(0, 2)).toBeGreaterThan(0.98);
    expect(cosine(3, 4)).toBeGreaterThan(0.98);
    expect(Math.abs(cosine(0, 3))).toBeLessThan(0.1);
    expect(start.subarray(40).some((value) => value !== 0)).toBe(true); // item 5, which nobody has
    expect(start.every(Number.isFinite)).toBe(true);
  });
});
