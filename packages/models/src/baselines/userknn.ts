import { rowEntries, type SparseMatrix, TopK, transpose } from '@kindred/domain';
import { declareSetting, getSetting } from '../settings.js';
import { defineBaseline } from './baseline.js';
import { interactionsOf, STRENGTHS } from './history-weights.js';
import { popularityScores } from './item-popularity.js';
import { norm, rowNorms, SparseCombination } from './sparse-combination.js';
import { drainPositions } from './sparse-rows-builder.js';

/**
 * User-based nearest neighbours (Resnick et al., 1994; Herlocker et al., 1999): the score of item j is the sum over the
 * `neighbours` people most similar to somebody of similarity · strength of j with them,
 *
 *   similarity(u, v) = x_u · x_v / (|x_u| |x_v| + shrinkage)
 *
 * with x_u the row of what u has. Nothing is fitted but norms: whoever asks is compared by the history of the batch, so
 * that somebody never trained is served like anybody else; a user of training is no neighbour of their own.
 */
export const userKnn = defineBaseline({
  name: 'userknn',
  description: 'What the people have who are most alike.',
  settings: [
    declareSetting('neighbours', 100, [1, 100_000], 'Most similar people that count.', {
      whole: true,
      search: { from: 10, to: 1000, scale: 'log' },
      why: 'Tuned studies choose 50 to several hundred, the more the sparser the log.',
    }),
    declareSetting('shrinkage', 0, [0, 1e6], 'Added to the product of norms: trusts short histories less.', {
      search: { among: [0, 1, 3, 10, 30, 100, 300, 1000] },
      why: 'None was ahead on a validation part of MovieLens-100K and level with ten on one of Last.fm.',
    }),
    STRENGTHS,
  ],
  async fit({ data, settings }) {
    const interactions = interactionsOf(data.positives, settings);
    const neighbourhood = new Neighbourhood(
      interactions,
      getSetting(settings, 'neighbours'),
      getSetting(settings, 'shrinkage'),
    );
    const popularity = popularityScores(data);
    const itemCount = popularity.length;
    return {
      name: 'userknn',
      itemCount,
      async score({ history, users }, scores) {
        const known = interactionsOf(history, settings);
        for (let row = 0; row < history.rowCount; row++) {
          const [items, strengths] = rowEntries(known, row);
          const out = scores.subarray(row * itemCount, (row + 1) * itemCount);
          if (items.length === 0) out.set(popularity);
          else neighbourhood.score(items, strengths, users?.[row], out);
        }
      },
    };
  },
});

class Neighbourhood {
  readonly #shrinkage: number;
  readonly #norms: Float64Array;
  /** Products of a history with all users. */
  readonly #products: SparseCombination;
  /** What the neighbours have. */
  readonly #votes: SparseCombination;
  readonly #heap: TopK;

  /** @param interactions [U, I] */
  constructor(interactions: SparseMatrix, neighbours: number, shrinkage: number) {
    this.#shrinkage = shrinkage;
    this.#norms = rowNorms(interactions);
    this.#products = new SparseCombination(transpose(interactions));
    this.#votes = new SparseCombination(interactions);
    this.#heap = new TopK(Math.min(neighbours, interactions.rowCount));
  }

  /** @param self whom to leave out @param out [I], overwritten */
  score(items: Uint32Array, strengths: Float32Array, self: number | undefined, out: Float32Array): void {
    const products = this.#products;
    const votes = this.#votes;
    const length = norm(strengths);
    const similarity = (user: number) =>
      (products.sums[user] as number) / (length * (this.#norms[user] as number) + this.#shrinkage);
    products.combine(items, strengths);
    for (const user of products.touched) if (user !== self) this.#heap.offer(similarity(user), user);
    const neighbours = drainPositions(this.#heap);
    votes.combine(neighbours, Float64Array.from(neighbours, similarity));
    out.set(votes.sums);
    products.clear();
    votes.clear();
  }
}
