import { Random } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { createBaseline } from '../../src/baselines/index.js';
import { matrixOfRows, scoreHistories, trainingOf } from './support/made-up.js';

/** The definition, dense and slow. */
function slowScores(table: number[][], history: number[], neighbours: number, shrinkage: number): number[] {
  const itemCount = history.length;
  const dot = (i: number, j: number) => table.reduce((sum, row) => sum + (row[i] as number) * (row[j] as number), 0);
  const similarity = (i: number, j: number) => dot(i, j) / (Math.sqrt(dot(i, i)) * Math.sqrt(dot(j, j)) + shrinkage);
  return Array.from({ length: itemCount }, (_, j) =>
    Array.from({ length: itemCount }, (_, i) => ({ i, s: i === j || dot(i, j) === 0 ? 0 : similarity(i, j) }))
      .filter(({ s }) => s > 0)
      .sort((a, b) => b.s - a.s || a.i - b.i)
      .slice(0, neighbours)
      .reduce((sum, { i, s }) => sum + s * (history[i] as number), 0),
  );
}

describe('itemknn', () => {
  it.each([
    { neighbours: 3, shrinkage: 0, strengths: 'binary' },
    { neighbours: 2, shrinkage: 5, strengths: 'given' },
    { neighbours: 100, shrinkage: 1.5, strengths: 'given' },
  ])('agrees with the dense definition: $neighbours neighbours, shrinkage $shrinkage, $strengths', async (settings) => {
    const random = new Random(8, 'itemknn');
    const rows = Array.from({ length: 30 }, () => [...random.sample(14, 1 + random.below(7))]);
    const positives = matrixOfRows(rows, 14, (row, item) => 1 + ((row * 7 + item * 3) % 5));
    const table = rows.map((row, u) =>
      Array.from({ length: 14 }, (_, item) =>
        !row.includes(item) ? 0 : settings.strengths === 'binary' ? 1 : 1 + ((u * 7 + item * 3) % 5),
      ),
    );
    const scores = await scoreHistories(
      await createBaseline('itemknn', settings).fit(trainingOf(positives), 1),
      positives,
    );
    table.forEach((history, user) => {
      slowScores(table, history, settings.neighbours, settings.shrinkage).forEach((expected, item) => {
        expect(scores[user]?.[item]).toBeCloseTo(expected, 4);
      });
    });
  });
});
