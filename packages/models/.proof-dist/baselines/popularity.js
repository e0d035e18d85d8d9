import { columnDegrees } from '@kindred/domain';
import { checkNotEmpty, fillRows } from './item-popularity.js';
import { checkSettingNames } from './settings.js';
/** Ranks items by how many distinct users have them: the same list for everybody. No settings. */
export function createPopularity(given = {}) {
  checkSettingNames('popularity', given, []);
  return {
    name: 'popularity',
    settings: {},
    async fit(data) {
      checkNotEmpty('popularity', data);
      return sameForAll('popularity', Float32Array.from(columnDegrees(data.positives)));
    },
  };
}
/** @param scores [I] */
export function sameForAll(name, scores) {
  return {
    name,
    itemCount: scores.length,
    async score(batch, out) {
      fillRows(out, scores, batch.history.rowCount);
    },
  };
}
//# sourceMappingURL=popularity.js.map
