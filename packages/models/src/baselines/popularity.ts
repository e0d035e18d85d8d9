import { columnDegrees, type Recommender, type RecommenderFactory } from '@kindred/domain';
import { checkNotEmpty, fillRows } from './item-popularity.js';
import { checkSettingNames, type GivenSettings } from './settings.js';

/** Ranks items by how many distinct users have them: the same list for everybody. No settings. */
export function createPopularity(given: GivenSettings = {}): RecommenderFactory {
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
export function sameForAll(name: string, scores: Float32Array): Recommender {
  return {
    name,
    itemCount: scores.length,
    async score(batch, out) {
      fillRows(out, scores, batch.history.rowCount);
    },
  };
}
