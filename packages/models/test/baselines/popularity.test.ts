import { describe, expect, it } from 'vitest';
import { createBaseline } from '../../src/baselines/index.js';
import { matrixOfRows, scoreHistories, trainingOf } from './support/made-up.js';

const DAY = 86_400_000;
const rows = [
  [0, 1, 2],
  [0, 1, 3],
  [0, 2],
  [0, 3],
];
const history = matrixOfRows([[]], 5);

describe('popularity', () => {
  it('counts distinct users, not strengths', async () => {
    const positives = matrixOfRows(rows, 5, (_, item) => (item === 1 ? 100 : 1));
    const recommender = await createBaseline('popularity').fit(trainingOf(positives), 1);
    expect((await scoreHistories(recommender, history))[0]).toEqual([4, 2, 2, 2, 0]);
  });
});

describe('recent popularity', () => {
  /** Item 3 is new, item 0 old and most popular; 1 and 2 have one recent user each. */
  const positives = matrixOfRows(rows, 5);
  const times = Float64Array.of(1, 2, 95, 3, 94, 99, 4, 5, 6, 100).map((day) => day * DAY);
  const data = { ...trainingOf(positives), times, endTimeMs: 100 * DAY };

  it('ranks by the window, then by all time', async () => {
    const factory = createBaseline('recent-popularity');
    const scores = (await scoreHistories(await factory.fit(data, 1), history))[0] as number[];
    // recent users 0, 1, 1, 2, 0; all-time users 4, 2, 2, 2, 0
    expect([...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)).toEqual([
      3, 1, 2, 0, 4,
    ]);
    expect(scores[1]).toBe(scores[2]);
    expect(factory.settings).toEqual({ windowDays: 28 });
  });

  it('the window ends with the newest event and its edge is inside', async () => {
    const [narrow] = await scoreHistories(
      await createBaseline('recent-popularity', { windowDays: 1 }).fit(data, 1),
      history,
    );
    expect([3, 0, 1, 2, 4].map((item) => narrow?.[item])).toEqual([3, 2, 1, 1, 0]);
  });

  it('falls back to popularity without times and says so in its settings', async () => {
    const factory = createBaseline('recent-popularity');
    const [scores] = await scoreHistories(await factory.fit(trainingOf(positives), 1), history);
    expect(scores).toEqual([2, 1, 1, 1, 0]);
    expect(factory.settings).toEqual({ windowDays: 28, fallback: 'popularity: the log has no times' });
  });
});
