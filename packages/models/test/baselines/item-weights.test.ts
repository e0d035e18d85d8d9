import type { SparseMatrix, TrainingData } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { createBaseline, fitItemWeights, prunedItemWeights } from '../../src/baselines/index.js';
import { at, denseOf, product, sumOf, type Table, transposedTable } from './support/dense.js';
import { binary, matrixOfRows, randomHistories, scoreHistories, trainingOf } from './support/made-up.js';

const DAY = 86_400_000;
const MODELS = ['itemknn', 'rp3beta', 'slim', 'ease'];
const positives = randomHistories(30, 14, 7, 'item weights');
const data = trainingOf(positives);

function expectTable(found: Table, expected: Table, digits = 4): void {
  expected.forEach((row, r) => {
    row.forEach((value, c) => {
      expect(at(found, r, c), `${r}, ${c}`).toBeCloseTo(value, digits);
    });
  });
}

describe('fitItemWeights', () => {
  it.each(MODELS)('%s: histories times the weights are the scores of the baseline', async (name) => {
    for (const strengths of ['binary', 'given']) {
      const weights = await fitItemWeights(name, { strengths }, data);
      expect([weights.rowCount, weights.columnCount]).toEqual([14, 14]);
      const scores = await scoreHistories(await createBaseline(name, { strengths }).fit(data, 1), positives);
      expectTable(scores, product(denseOf(strengths === 'given' ? positives : binary(positives)), denseOf(weights)));
      for (let item = 0; item < 14; item++) expect(at(denseOf(weights), item, item)).toBe(0);
    }
  });

  it('keeps the largest weights of each history item where a model has all of them', async () => {
    const all = denseOf(await fitItemWeights('ease', {}, data, { keep: 14 }));
    const few = await fitItemWeights('ease', {}, data, { keep: 3 });
    denseOf(few).forEach((row, item) => {
      const sizes = (all[item] as number[]).map(Math.abs).sort((a, b) => b - a);
      row.forEach((value, other) => {
        const full = at(all, item, other);
        expect(value).toBe(Math.abs(full) >= (sizes[2] as number) ? full : 0);
      });
    });
  });

  it('refuses what it does not know, and what the baseline would refuse', async () => {
    await expect(fitItemWeights('itemkn', {}, data)).rejects.toThrow(/did you mean itemknn/);
    await expect(fitItemWeights('popularity', {}, data)).rejects.toMatchObject({ code: 'METHOD_UNKNOWN' });
    await expect(fitItemWeights('ease', { lamda: 1 }, data)).rejects.toMatchObject({ code: 'SETTING_UNKNOWN' });
    await expect(fitItemWeights('slim', { l2: 0 }, data)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(fitItemWeights('slim', {}, trainingOf(matrixOfRows([[]], 3)))).rejects.toMatchObject({
      code: 'DATA_EMPTY',
    });
    await expect(
      fitItemWeights('ease', {}, trainingOf(matrixOfRows(new Array(5001).fill([0]), 10_001))),
    ).rejects.toMatchObject({
      code: 'CATALOGUE_TOO_LARGE',
    });
  });
});

describe('prunedItemWeights', () => {
  it('counts size, not sign; ties go to the lower column; zeros are no weights', () => {
    const dense = Float32Array.of(0, -3, 2, 2, 0, -2, 0, 0, 0);
    expect(denseOf(prunedItemWeights({ dense, itemCount: 3 }, 1))).toEqual([
      [0, -3, 0],
      [2, 0, 0],
      [0, 0, 0],
    ]);
    const all = prunedItemWeights({ dense, itemCount: 3 }, 3);
    expect(denseOf(all).flat()).toEqual([...dense]);
    expect(all.columns.length).toBe(4);
  });
});

describe('rp3beta', () => {
  /** The definition: transition probabilities to the power alpha, popularity of the end to the power -beta. */
  function walk(table: Table, alpha: number, beta: number): Table {
    const shares = (rows: Table) =>
      rows.map((row) => row.map((value) => (value === 0 ? 0 : (value / sumOf(row)) ** alpha)));
    const steps = product(shares(transposedTable(table)), shares(table));
    const degrees = transposedTable(table).map((column) => column.filter((value) => value > 0).length);
    return steps.map((row, i) =>
      row.map((value, j) => (i === j ? 0 : value / Math.max(1, degrees[j] as number) ** beta)),
    );
  }
  const largest = (row: number[], keep: number) => {
    const order = [...row.keys()].sort((a, b) => (row[b] as number) - (row[a] as number) || a - b).slice(0, keep);
    return row.map((value, j) => (order.includes(j) ? value : 0));
  };

  it.each([
    { alpha: 1, beta: 0.5, neighbours: 4, rowSums: 'free', strengths: 'binary' },
    { alpha: 0.6, beta: 0.3, neighbours: 14, rowSums: 'one', strengths: 'given' },
    { alpha: 1.3, beta: 0, neighbours: 1, rowSums: 'free', strengths: 'given' },
  ])('agrees with the dense walk: %j', async (settings) => {
    const table = denseOf(settings.strengths === 'given' ? positives : binary(positives));
    const expected = walk(table, settings.alpha, settings.beta)
      .map((row) => largest(row, settings.neighbours))
      .map((row) => row.map((value) => (settings.rowSums === 'one' ? value / sumOf(row) : value)));
    expectTable(denseOf(await fitItemWeights('rp3beta', settings, data)), expected, 5);
  });
});

describe('slim', () => {
  it.each([
    { l1: 0.5, l2: 3, candidates: 14, strengths: 'binary' },
    { l1: 0.01, l2: 0.5, candidates: 14, strengths: 'given' },
  ])('is the best model with weights ≥ 0: %j', async ({ l1, l2, ...settings }) => {
    const table = denseOf(settings.strengths === 'given' ? positives : binary(positives));
    const weights = denseOf(await fitItemWeights('slim', { l1, l2, ...settings }, data));
    const rebuilt = product(table, weights);
    const size = Math.max(...product(transposedTable(table), table).flat());
    let positive = 0;
    for (let i = 0; i < 14; i++) {
      for (let j = 0; j < 14; j++) {
        if (i === j) continue;
        const weight = at(weights, i, j);
        const error = sumOf(table.map((row, u) => (row[i] as number) * (at(rebuilt, u, j) - (row[j] as number))));
        const slope = (error + l2 * weight + l1) / size;
        // Karush, Kuhn and Tucker: no slope where there is a weight, none downhill where there is none.
        if (weight > 0) {
          positive += 1;
          expect(Math.abs(slope)).toBeLessThan(1e-3);
        } else expect(slope).toBeGreaterThan(-1e-3);
        expect(weight).toBeGreaterThanOrEqual(0);
      }
    }
    expect(positive).toBeGreaterThan(14);
  });

  it('with few candidates takes those that alone lower the error most', async () => {
    // Item 2 is had by whoever has item 0; item 1 by everybody.
    const rows = [[0, 1, 2], [0, 1, 2], [0, 1, 2], [1], [1, 3], [1]];
    const weights = denseOf(
      await fitItemWeights('slim', { candidates: 1, l1: 0.1, l2: 0.1 }, trainingOf(matrixOfRows(rows, 4))),
    );
    expect(at(weights, 0, 2)).toBeGreaterThan(0.8);
    expect(at(weights, 1, 2)).toBe(0);
  });
});

describe('halfLifeDays', () => {
  const history = matrixOfRows(
    [
      [0, 5],
      [3, 5, 9],
    ],
    14,
  );
  const times = Float64Array.of(70, 100, 40, 130, 85).map((day) => day * DAY);
  const timed = (endTimeMs: number | undefined): TrainingData => ({ ...data, endTimeMs });

  async function scores(
    name: string,
    halfLifeDays: number,
    scored: SparseMatrix,
    at: Float64Array | undefined,
    endTimeMs?: number,
  ) {
    const recommender = await createBaseline(name, { halfLifeDays, strengths: 'given' }).fit(timed(endTimeMs), 1);
    const out = new Float32Array(scored.rowCount * 14);
    await recommender.score({ history: scored, times: at, users: undefined }, out);
    return [...out];
  }

  it.each(MODELS)('%s: an entry counts half a half-life later, and never more than 1', async (name) => {
    // Ages 30, 0, 60, (in the future: 0), 15 days.
    const faded = { ...history, values: Float32Array.of(0.5, 1, 0.25, 1, Math.SQRT1_2) };
    const expected = await scores(name, 0, faded, undefined);
    const found = await scores(name, 30, history, times, 100 * DAY);
    found.forEach((score, k) => {
      expect(score).toBeCloseTo(expected[k] as number, 5);
    });
    const plain = await scores(name, 0, history, times, 100 * DAY);
    expect(plain.some((score, k) => Math.abs(score - (expected[k] as number)) > 1e-4)).toBe(true);
    expect(await scores(name, 30, history, undefined, 100 * DAY)).toEqual(plain);
    expect(await scores(name, 30, history, times)).toEqual(plain);
  });
});
