import { columnDegrees, type TrainingData } from '@kindred/domain';
import { declareSetting, getSetting } from '../settings.js';
import { defineBaseline } from './baseline.js';
import { sameForAll } from './popularity.js';

const MS_PER_DAY = 86_400_000;

/**
 * Ranks items by how many distinct users took to them in the last `windowDays` before the newest train event; equal
 * ones by all-time popularity. A log without times gets all-time popularity, and the settings say so after `fit`
 * (`fallback`).
 */
export const recentPopularity = defineBaseline({
  name: 'recent-popularity',
  description: 'What most people have taken up in the last four weeks.',
  settings: [
    declareSetting('windowDays', 28, [0.01, 36_500], 'Days before the newest train event that count.', {
      search: { among: [1, 3, 7, 14, 28, 56] },
      why: 'Four weeks hold every weekday alike; news want a day, shops with seasons a week or two.',
    }),
  ],
  async fit({ data, settings, note }) {
    const windowDays = getSetting(settings, 'windowDays');
    if (data.times === undefined || data.endTimeMs === undefined) note('fallback', 'popularity: the log has no times');
    const allTime = columnDegrees(data.positives);
    return sameForAll('recent-popularity', rankScores(recentDegrees(data, windowDays), allTime));
  },
});

/** [I]: users whose newest interaction with the item lies within the window; 0 without times. */
function recentDegrees(data: TrainingData, windowDays: number): Uint32Array {
  const { columns, columnCount } = data.positives;
  const degrees = new Uint32Array(columnCount);
  if (data.times === undefined || data.endTimeMs === undefined) return degrees;
  const since = data.endTimeMs - windowDays * MS_PER_DAY;
  data.times.forEach((time, k) => {
    if (time >= since) degrees[columns[k] as number] = (degrees[columns[k] as number] as number) + 1;
  });
  return degrees;
}

/**
 * Dense ranks by (first, second), 0 for the lowest: items equal in both stay equal, so the order of ties
 * is left to whoever ranks. Exact in Float32 up to 2^24 items.
 */
function rankScores(first: Uint32Array, second: Uint32Array): Float32Array {
  const isLess = (a: number, b: number) =>
    (first[a] as number) - (first[b] as number) || (second[a] as number) - (second[b] as number);
  const order = Uint32Array.from(first.keys()).sort(isLess);
  const scores = new Float32Array(first.length);
  let rank = 0;
  order.forEach((item, at) => {
    if (at > 0 && isLess(order[at - 1] as number, item) !== 0) rank += 1;
    scores[item] = rank;
  });
  return scores;
}
