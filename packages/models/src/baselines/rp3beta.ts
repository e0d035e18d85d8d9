import { columnDegrees, rowEntries, type SparseMatrix, TopK, transpose } from '@kindred/domain';
import { declareChoice, declareSetting, getChoice, getSetting } from '../settings.js';
import { interactionsOf } from './history-weights.js';
import { defineItemModel } from './item-model.js';
import { SparseCombination } from './sparse-combination.js';
import { drainPositions, SparseRowsBuilder } from './sparse-rows-builder.js';

/**
 * RP3beta (Paudel, Christoffel, Newell and Bernstein, TiiS 2017), in the item-to-item form of Ferrari Dacrema et al.
 * (TOIS 2021): a walk of three steps user, item, user, item, its end discounted by popularity,
 *
 *   W_ij = d_j^-beta Σ_u p_iu^alpha p_uj^alpha      scores = h W
 *
 * with p_iu the share of u in the interactions of item i, p_uj that of j in the history of u, and d_j the users of j.
 * The `neighbours` largest of each row are kept, W_ii = 0.
 */
export const rp3beta = defineItemModel({
  name: 'rp3beta',
  description: 'Random walks from items to people to items, popular ends discounted.',
  settings: [
    declareSetting('neighbours', 100, [1, 100_000], 'Largest weights kept of each history item.', {
      whole: true,
      search: { from: 5, to: 1000, scale: 'log' },
      why: 'Tuned studies choose 10 to several hundred, the fewer the sparser the log.',
    }),
    declareSetting('alpha', 1, [0, 2], 'Power of the transition probabilities; 1 is the plain walk.', {
      search: { from: 0.2, to: 2, scale: 'linear' },
      why: 'One is the random walk itself; tuned values lie between .4 and 1.5.',
    }),
    declareSetting('beta', 0.5, [0, 2], "Power of the item's popularity that its score is divided by.", {
      search: { from: 0, to: 1, scale: 'linear' },
      why: 'None leaves the walk at what is popular, one makes rare items win; .5 was ahead of .3 on a validation part of MovieLens-100K.',
    }),
    declareChoice('rowSums', ['free', 'one'], 'Whether the weights of a history item are scaled to sum to one.', {
      search: { among: ['free', 'one'] },
      why: 'Free is as published; one makes every item of a history count alike.',
    }),
  ],
  async fitWeights({ data, settings }) {
    const interactions = interactionsOf(data.positives, settings);
    const alpha = getSetting(settings, 'alpha');
    const beta = getSetting(settings, 'beta');
    const discounts = Float64Array.from(columnDegrees(interactions), (users) => Math.max(1, users) ** -beta);
    const toUsers = transitions(transpose(interactions), alpha);
    const toItems = transitions(interactions, alpha);
    const neighbours = getSetting(settings, 'neighbours');
    return walkWeights(toUsers, toItems, discounts, neighbours, getChoice(settings, 'rowSums') === 'one');
  },
});

/** [I, I] */
function walkWeights(
  toUsers: SparseMatrix,
  toItems: SparseMatrix,
  discounts: Float64Array,
  neighbours: number,
  toOne: boolean,
): SparseMatrix {
  const itemCount = discounts.length;
  const walk = new SparseCombination(toItems);
  const heap = new TopK(Math.min(neighbours, itemCount));
  const rows = new SparseRowsBuilder(itemCount);
  for (let item = 0; item < itemCount; item++) {
    walk.combine(...rowEntries(toUsers, item));
    const weight = (other: number) => (walk.sums[other] as number) * (discounts[other] as number);
    for (const other of walk.touched) if (other !== item) heap.offer(weight(other), other);
    const kept = drainPositions(heap);
    const sum = toOne ? kept.reduce((total, other) => total + weight(other), 0) : 1;
    rows.push(kept, (other) => weight(other) / sum);
    walk.clear();
  }
  return rows.build();
}

/** Each entry its share of the row, to the power alpha. */
function transitions(matrix: SparseMatrix, alpha: number): SparseMatrix {
  const values = new Float32Array(matrix.values.length);
  for (let r = 0; r < matrix.rowCount; r++) {
    const row = matrix.values.subarray(matrix.offsets[r], matrix.offsets[r + 1]);
    const sum = row.reduce((total, value) => total + value, 0);
    values.set(
      row.map((value) => (value / sum) ** alpha),
      matrix.offsets[r],
    );
  }
  return { ...matrix, values };
}
