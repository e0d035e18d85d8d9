import { columnDegrees, type Recommender } from '@kindred/domain';
import { defineBaseline } from './baseline.js';
import { fillRows } from './item-popularity.js';

/** Ranks items by how many distinct users have them: the same list for everybody. */
export const popularity = defineBaseline({
  name: 'popularity',
  description: 'What most people have.',
  settings: [],
  async fit({ data }) {
    return sameForAll('popularity', Float32Array.from(columnDegrees(data.positives)));
  },
});

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
