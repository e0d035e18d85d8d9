import { describe, expect, it } from 'vitest';
import { createBaseline } from '../../src/baselines/index.js';
import { denseOf } from './support/dense.js';
import { binary, randomHistories, scoreHistories, trainingOf } from './support/made-up.js';

/** The definition, dense and slow. */
function slowScores(
  table: number[][],
  history: number[],
  neighbours: number,
  shrinkage: number,
  self?: number,
): number[] {
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, k) => sum + value * (b[k] as number), 0);
  const similar = table
    .map((row, user) => ({
      row,
      user,
      s: dot(row, history) / (Math.sqrt(dot(row, row) * dot(history, history)) + shrinkage),
    }))
    .filter(({ user, s }) => user !== self && s > 0)
    .sort((a, b) => b.s - a.s || a.user - b.user)
    .slice(0, neighbours);
  return history.map((_, item) => similar.reduce((sum, { row, s }) => sum + s * (row[item] as number), 0));
}

describe('userknn', () => {
  const positives = randomHistories(30, 14, 7, 'userknn');
  const others = randomHistories(6, 14, 5, 'userknn, others');

  it.each([
    { neighbours: 3, shrinkage: 0, strengths: 'binary' },
    { neighbours: 5, shrinkage: 4, strengths: 'given' },
    { neighbours: 100, shrinkage: 1.5, strengths: 'binary' },
  ])('agrees with the dense definition for people never trained: %j', async (settings) => {
    const view = settings.strengths === 'given' ? denseOf : (matrix: typeof positives) => denseOf(binary(matrix));
    const scores = await scoreHistories(
      await createBaseline('userknn', settings).fit(trainingOf(positives), 1),
      others,
    );
    view(others).forEach((history, user) => {
      slowScores(view(positives), history, settings.neighbours, settings.shrinkage).forEach((expected, item) => {
        expect(scores[user]?.[item]).toBeCloseTo(expected, 4);
      });
    });
  });

  it('nobody of training is their own neighbour', async () => {
    const recommender = await createBaseline('userknn', { neighbours: 2, shrinkage: 0 }).fit(trainingOf(positives), 1);
    const out = new Float32Array(30 * 14);
    await recommender.score(
      { history: positives, times: undefined, users: Uint32Array.from({ length: 30 }, (_, k) => k) },
      out,
    );
    const table = denseOf(binary(positives));
    table.forEach((history, user) => {
      slowScores(table, history, 2, 0, user).forEach((expected, item) => {
        expect(out[user * 14 + item]).toBeCloseTo(expected, 4);
      });
    });
  });
});
