import { columnDegrees, Random, rowEntries, type SparseMatrix, transpose } from '@kindred/domain';
import { normalisedInteractions, topRightSingular } from '../randomised-svd.js';
import { declareSetting, getSetting } from '../settings.js';
import { defineBaseline } from './baseline.js';
import { HistoryProjection } from './history-projection.js';
import { popularityScores, scoreEmptyByPopularity } from './item-popularity.js';
import { SparseCombination } from './sparse-combination.js';

/**
 * GF-CF (Shen et al., "How Powerful is Graph Convolution for Recommendation?", CIKM 2021): a linear filter of the graph
 * and an ideal low-pass one,
 *
 *   scores = h R~ᵀR~ + lowPass · h D_i^-1/2 V Vᵀ D_i^1/2        R~ = D_u^-1/2 R D_i^-1/2
 *
 * with V the top right singular vectors of R~ and h the binary history. Both halves are computed from the history without
 * a matrix of items by items: two sparse products, and two thin ones.
 */
export const gfCf = defineBaseline({
  name: 'gfcf',
  description: 'A linear and a low-pass filter on the graph of users and items, in closed form.',
  settings: [
    declareSetting('dimensions', 256, [1, 2048], 'Singular vectors that the low-pass filter lets through.', {
      whole: true,
      search: { among: [32, 64, 128, 256, 512] },
      why: '256 is as published; small catalogues want fewer.',
    }),
    declareSetting('lowPass', 0.3, [0, 100], 'Weight of the low-pass filter against the linear one.', {
      search: { among: [0, 0.1, 0.2, 0.3, 0.5, 1] },
      why: 'As published, .3; none leaves the linear filter alone.',
    }),
    declareSetting('iterations', 6, [1, 50], 'Subspace iterations of the singular vectors.', {
      whole: true,
      why: 'Six reached the published figures on Yelp2018 and passed those on Gowalla in a run beforehand; fewer are untried.',
    }),
  ],
  async fit({ data, settings, seed, matmul }) {
    const normalised = normalisedInteractions(data.positives);
    const { vectors } = await topRightSingular(
      matmul,
      normalised,
      getSetting(settings, 'dimensions'),
      getSetting(settings, 'iterations'),
      new Random(seed, 'gfcf'),
    );
    const lowPass = getSetting(settings, 'lowPass');
    const roots = Float32Array.from(columnDegrees(data.positives), (users) => Math.sqrt(Math.max(1, users)));
    const popularity = popularityScores(data);
    const projection = new HistoryProjection(matmul, vectors, popularity.length, {
      before: roots.map((root) => 1 / root),
      after: roots.map((root) => lowPass * root),
    });
    const linear = new LinearFilter(normalised);
    return {
      name: 'gfcf',
      itemCount: popularity.length,
      async score({ history }, scores) {
        const ones = new Float32Array(history.columns.length).fill(1);
        await projection.project(history, ones, scores);
        linear.addTo({ ...history, values: ones }, scores);
        scoreEmptyByPopularity(history, popularity, scores);
      },
    };
  },
});

/** h R~ᵀR~, from the history over the people who share an item with it to what they have. */
class LinearFilter {
  readonly #people: SparseCombination;
  readonly #items: SparseCombination;

  /** @param normalised R~, [U, I] */
  constructor(normalised: SparseMatrix) {
    this.#people = new SparseCombination(transpose(normalised));
    this.#items = new SparseCombination(normalised);
  }

  /** @param scores [B, I], added to */
  addTo(history: SparseMatrix, scores: Float32Array): void {
    const people = this.#people;
    const items = this.#items;
    for (let row = 0; row < history.rowCount; row++) {
      const from = row * history.columnCount;
      people.combine(...rowEntries(history, row));
      items.combine(
        people.touched,
        Float64Array.from(people.touched, (user) => people.sums[user] as number),
      );
      for (const item of items.touched) {
        scores[from + item] = (scores[from + item] as number) + (items.sums[item] as number);
      }
      people.clear();
      items.clear();
    }
  }
}
