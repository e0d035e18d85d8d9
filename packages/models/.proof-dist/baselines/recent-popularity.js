import { columnDegrees } from '@kindred/domain';
import { checkNotEmpty } from './item-popularity.js';
import { sameForAll } from './popularity.js';
import { checkSettingNames, numberSetting } from './settings.js';

const MS_PER_DAY = 86_400_000;
/**
 * Ranks items by how many distinct users took to them in the last `windowDays` (default 28) before the newest
 * train event; equal ones by all-time popularity. A log without times gets all-time popularity, and the
 * settings say so after `fit` (`fallback`).
 */
export function createRecentPopularity(given = {}) {
  checkSettingNames('recent-popularity', given, ['windowDays']);
  const windowDays = numberSetting(given, 'windowDays', 28, 'a number of days above 0', (days) => days > 0);
  let fallback;
  return {
    name: 'recent-popularity',
    get settings() {
      return fallback === undefined ? { windowDays } : { windowDays, fallback };
    },
    async fit(data) {
      checkNotEmpty('recent-popularity', data);
      fallback =
        data.times === undefined || data.endTimeMs === undefined ? 'popularity: the log has no times' : undefined;
      const allTime = columnDegrees(data.positives);
      return sameForAll('recent-popularity', rankScores(recentDegrees(data, windowDays), allTime));
    },
  };
}
/** [I]: users whose newest interaction with the item lies within the window; 0 without times. */
function recentDegrees(data, windowDays) {
  const { columns, columnCount } = data.positives;
  const degrees = new Uint32Array(columnCount);
  if (data.times === undefined || data.endTimeMs === undefined) return degrees;
  const since = data.endTimeMs - windowDays * MS_PER_DAY;
  data.times.forEach((time, k) => {
    if (time >= since) degrees[columns[k]] = degrees[columns[k]] + 1;
  });
  return degrees;
}
/**
 * Dense ranks by (first, second), 0 for the lowest: items equal in both stay equal, so the order of ties
 * is left to whoever ranks. Exact in Float32 up to 2^24 items.
 */
function rankScores(first, second) {
  const isLess = (a, b) => first[a] - first[b] || second[a] - second[b];
  const order = Uint32Array.from(first.keys()).sort(isLess);
  const scores = new Float32Array(first.length);
  let rank = 0;
  order.forEach((item, at) => {
    if (at > 0 && isLess(order[at - 1], item) !== 0) rank += 1;
    scores[item] = rank;
  });
  return scores;
}
//# sourceMappingURL=recent-popularity.js.map
