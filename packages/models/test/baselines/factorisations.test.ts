import { Random, type SparseMatrix } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { bprStep, drawOther } from '../../src/baselines/bpr-sgd.js';
import { createBaseline } from '../../src/baselines/index.js';
import { LeastSquaresSide } from '../../src/baselines/least-squares-side.js';
import { solveCholesky } from '../../src/cholesky.js';
import { at, denseOf, product, solved, sumOf, type Table, topProjector, transposedTable } from './support/dense.js';
import { binary, matrixOfRows, randomHistories, scoreHistories, trainingOf } from './support/made-up.js';

const positives = randomHistories(25, 11, 6, 'factorisations');
const others = randomHistories(7, 11, 5, 'factorisations, others');
const data = trainingOf(positives);

function expectScores(found: Table, expected: Table, digits = 4): void {
  expected.forEach((row, user) => {
    row.forEach((value, item) => {
      expect(at(found, user, item), `${user}, ${item}`).toBeCloseTo(value, digits);
    });
  });
}

describe('puresvd', () => {
  it.each([
    [1, 'binary'],
    [4, 'given'],
    [30, 'binary'],
  ] as const)('projects on the %i main directions, %s', async (dimensions, strengths) => {
    const view = (matrix: SparseMatrix) => denseOf(strengths === 'given' ? matrix : binary(matrix));
    const table = view(positives);
    const projector = topProjector(product(transposedTable(table), table), Math.min(dimensions, 11));
    const settings = { dimensions, strengths, iterations: 20 };
    const scores = await scoreHistories(await createBaseline('puresvd', settings).fit(data, 1), others);
    expectScores(scores, product(view(others), projector), 3);
  });
});

describe('gfcf', () => {
  it.each([
    [3, 0.3],
    [2, 0],
    [11, 1.5],
  ])('is the linear filter and the low-pass one of %i directions, weight %f', async (dimensions, lowPass) => {
    const table = denseOf(binary(positives));
    const degrees = transposedTable(table).map(sumOf);
    const normalised = table.map((row) =>
      row.map((value, i) => value / Math.sqrt(sumOf(row) * (degrees[i] as number))),
    );
    const linear = product(transposedTable(normalised), normalised);
    const filter = topProjector(linear, dimensions).map((row, i) =>
      row.map(
        (value, j) => at(linear, i, j) + lowPass * value * Math.sqrt((degrees[j] as number) / (degrees[i] as number)),
      ),
    );
    const settings = { dimensions, lowPass, iterations: 20 };
    const scores = await scoreHistories(await createBaseline('gfcf', settings).fit(data, 1), others);
    expectScores(scores, product(denseOf(binary(others)), filter), 3);
  });
});

describe('ials', () => {
  const [a, lambda, scaling] = [0.2, 0.05, 0.7];

  /** The row's closed form: (Σ v vᵀ + a VᵀV + penalty I) w = Σ v. */
  function exactRow(items: number[], fixed: Table): number[] {
    const width = (fixed[0] as number[]).length;
    if (items.length === 0) return new Array<number>(width).fill(0);
    const penalty = lambda * (items.length + a * fixed.length) ** scaling;
    const near = items.map((item) => fixed[item] as number[]);
    const square = (rows: Table, k: number, l: number) =>
      sumOf(rows.map((row) => (row[k] as number) * (row[l] as number)));
    const matrix = Array.from({ length: width }, (_, k) =>
      Array.from({ length: width }, (_, l) => square(near, k, l) + a * square(fixed, k, l) + (k === l ? penalty : 0)),
    );
    return solved(
      matrix,
      Array.from({ length: width }, (_, k) => sumOf(near.map((row) => row[k] as number))),
    );
  }

  const itemsOf = (matrix: SparseMatrix) => denseOf(matrix).map((row) => [...row.keys()].filter((k) => row[k] !== 0));
  const random = new Random(3, 'fixed side');
  const fixed: Table = Array.from({ length: 11 }, () => Array.from({ length: 5 }, () => random.normal()));
  const flat = Float32Array.from(fixed.flat());
  const gram = Float64Array.from(product(transposedTable(fixed), fixed).flat());
  const side = new LeastSquaresSide(flat, gram, 5, { unobservedWeight: a, regularisation: lambda, scaling });

  it('one block of all coordinates is the closed form, wherever it starts', () => {
    const found = Float32Array.from({ length: 25 * 5 }, () => random.normal());
    side.solve(positives, found, 5);
    itemsOf(positives).forEach((items, row) => {
      exactRow(items, fixed).forEach((value, k) => {
        expect(found[row * 5 + k]).toBeCloseTo(value, 4);
      });
    });
  });

  it.each([1, 2, 3])('blocks of %i coordinates come to the same when they take turns', (blockSize) => {
    const found = new Float32Array(25 * 5);
    for (let turn = 0; turn < 60; turn++) side.solve(positives, found, blockSize);
    itemsOf(positives).forEach((items, row) => {
      exactRow(items, fixed).forEach((value, k) => {
        expect(found[row * 5 + k]).toBeCloseTo(value, 3);
      });
    });
  });

  it('whoever is scored is folded in by the exact solve: no other vector of theirs would do better', async () => {
    const settings = { dimensions: 3, epochs: 30, unobservedWeight: a, regularisation: lambda, scaling, blockSize: 2 };
    const recommender = await createBaseline('ials', settings).fit(data, 1);
    const scores = await scoreHistories(recommender, positives);
    // Scores are W Hᵀ of rank 3: the projector on their rows gives back H up to a turn, which no score depends on.
    const rank = topProjector(product(transposedTable(scores), scores), 3);
    expectScores(product(scores, rank), scores, 3);
    const mean = (wanted: boolean) => {
      const values = scores.flatMap((row, u) => row.filter((_, i) => itemsOf(positives)[u]?.includes(i) === wanted));
      return sumOf(values) / values.length;
    };
    expect(mean(true)).toBeGreaterThan(2 * mean(false));
  });

  it('refuses what cannot be solved', () => {
    expect(() => solveCholesky(Float64Array.of(1, 0, 2, 1), Float64Array.of(1, 1), 2)).toThrow(
      expect.objectContaining({ code: 'TRAINING_DEGENERATE' }),
    );
    const vector = Float64Array.of(1, 2);
    solveCholesky(Float64Array.of(4, Number.NaN, 1, 3), vector, 2);
    expect([...vector].map((value) => value.toFixed(6))).toEqual([(1 / 11).toFixed(6), (7 / 11).toFixed(6)]);
  });
});

describe('bpr-mf', () => {
  it('a step goes down the gradient of its loss (finite differences)', () => {
    const random = new Random(5, 'bpr');
    const values = Float64Array.from({ length: 9 }, () => random.normal());
    const regularisation = 0.3;
    const loss = (x: Float64Array) => {
      let [margin, squared] = [0, 0];
      for (let k = 0; k < 3; k++) margin += (x[k] as number) * ((x[3 + k] as number) - (x[6 + k] as number));
      for (const value of x) squared += value * value;
      return Math.log(1 + Math.exp(-margin)) + (regularisation / 2) * squared;
    };
    const user = Float32Array.from(values.subarray(0, 3));
    const items = Float32Array.from(values.subarray(3));
    const learningRate = 1e-3;
    bprStep(user, items, 0, 1, { learningRate, regularisation });
    [...user, ...items].forEach((after, k) => {
      const shifted = (by: number) => loss(values.map((value, at) => (at === k ? value + by : value)));
      const gradient = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
      expect((after - (values[k] as number)) / -learningRate).toBeCloseTo(gradient, 2);
    });
  });

  it('draws every item that the row does not have, and none that it has', () => {
    const matrix = matrixOfRows(
      [
        [0, 3],
        [0, 1, 2, 3],
      ],
      4,
    );
    const random = new Random(1, 'draw');
    const drawn = new Set(Array.from({ length: 50 }, () => drawOther(matrix, 0, random)));
    expect([...drawn].sort()).toEqual([1, 2]);
    expect(drawOther(matrix, 1, random)).toBeUndefined();
  });

  it('users of training keep their vectors, others are folded in; both tell two groups apart', async () => {
    const rows = Array.from({ length: 24 }, (_, user) =>
      [0, 1, 2, 3, 4, 5].filter((k) => k !== user % 6).map((k) => k + (user % 2) * 6),
    );
    const history = matrixOfRows(rows, 12);
    const recommender = await createBaseline('bpr-mf', { dimensions: 8 }).fit(trainingOf(history), 1);
    const known = new Float32Array(24 * 12);
    const users = Uint32Array.from(rows.keys());
    await recommender.score({ history, times: undefined, users }, known);
    const folded = (await scoreHistories(recommender, history)).flat();
    expect([...known]).not.toEqual(folded);
    for (const scores of [known, folded]) {
      rows.forEach((_, user) => {
        const of = (group: number) => sumOf([...scores.slice(user * 12 + group * 6, user * 12 + group * 6 + 6)]);
        expect(of(user % 2)).toBeGreaterThan(of(1 - (user % 2)));
      });
    }
  });
});
