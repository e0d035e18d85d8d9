import { setImmediate as nextTurn } from 'node:timers/promises';
import { KindredError, rowEntries, type SparseMatrix, TopK, transpose } from '@kindred/domain';
import { declareSetting, getSetting } from '../settings.js';
import { ElasticNet } from './elastic-net.js';
import { interactionsOf } from './history-weights.js';
import { defineItemModel } from './item-model.js';
import { SparseCombination } from './sparse-combination.js';
import { drainPositions, SparseRowsBuilder } from './sparse-rows-builder.js';

/** Pairs of items that occur together which are kept at most: 1 GB. */
const MOST_PAIRS = 2 ** 27;
/** Items after which others get their turn. */
const ITEMS_AT_ONCE = 256;

/**
 * SLIM (Ning and Karypis, ICDM 2011): each item's column x_j is regressed on those of the other items with an elastic
 * net and weights ≥ 0; scores = h W. As in fsSLIM of the same paper only some items are candidates: those that alone would
 * lower the error the most. Time is items · (candidates + weights that enter · candidates · passes), memory 8 bytes for
 * each pair of items that occurs together.
 */
export const slim = defineItemModel({
  name: 'slim',
  description: 'Each item regressed on those that explain it best, with few weights and none below zero.',
  settings: [
    declareSetting('l1', 1, [0, 1e6], 'Penalty of weights: the higher, the fewer there are.', {
      search: { from: 0.01, to: 30, scale: 'log' },
      why: 'In units of users that have both items: one drops what a single person ties together.',
    }),
    declareSetting('l2', 100, [1e-3, 1e6], 'Penalty of squared weights.', {
      search: { from: 5, to: 2000, scale: 'log' },
      why: 'Works as the lambda of EASE does: 100 and 300 were alike on a validation part of MovieLens-100K, 30 was behind.',
    }),
    declareSetting('candidates', 200, [1, 5000], 'Items that an item is regressed on.', {
      whole: true,
      search: { among: [50, 100, 200, 400] },
      why: 'Those that alone explain an item best come first, and few get a weight; time grows with their square.',
    }),
  ],
  async fitWeights({ data, settings }) {
    const interactions = interactionsOf(data.positives, settings);
    const gram = gramRows(interactions);
    const penalties = { l1: getSetting(settings, 'l1'), l2: getSetting(settings, 'l2') };
    const explaining = await regressions(gram, penalties, getSetting(settings, 'candidates'));
    return transpose(explaining);
  },
});

/** XᵀX, diagonal included. [I, I] @throws KindredError CATALOGUE_TOO_LARGE */
function gramRows(interactions: SparseMatrix): SparseMatrix {
  const byItem = transpose(interactions);
  const together = new SparseCombination(interactions);
  const rows = new SparseRowsBuilder(byItem.rowCount);
  for (let item = 0; item < byItem.rowCount; item++) {
    together.combine(...rowEntries(byItem, item));
    rows.push(together.touched, (other) => together.sums[other] as number);
    together.clear();
    if (rows.length > MOST_PAIRS) {
      throw new KindredError(
        'CATALOGUE_TOO_LARGE',
        `slim keeps every pair of items that occurs together: there are more than ${MOST_PAIRS} of them; take itemknn or rp3beta`,
      );
    }
  }
  return rows.build();
}

/** [I, I]: row j holds the weights of the items that j is regressed on. */
async function regressions(
  gram: SparseMatrix,
  penalties: { readonly l1: number; readonly l2: number },
  most: number,
): Promise<SparseMatrix> {
  const itemCount = gram.rowCount;
  const { l1, l2 } = penalties;
  const diagonal = diagonalOf(gram);
  const heap = new TopK(Math.min(most, itemCount));
  const net = new ElasticNet(gram, diagonal, Math.min(most, itemCount), penalties);
  const products = new Float64Array(itemCount);
  const weightOf = new Float64Array(itemCount);
  const rows = new SparseRowsBuilder(itemCount);
  for (let item = 0; item < itemCount; item++) {
    const [others, together] = rowEntries(gram, item);
    for (let k = 0; k < others.length; k++) {
      const other = others[k] as number;
      const product = together[k] as number;
      products[other] = product;
      // Half of it is by how much the candidate alone lowers the error.
      if (other !== item && product > l1) heap.offer((product - l1) ** 2 / ((diagonal[other] as number) + l2), other);
    }
    const candidates = drainPositions(heap);
    const weights = net.solve(
      item,
      candidates,
      Float64Array.from(candidates, (other) => products[other] as number),
    );
    for (let k = 0; k < candidates.length; k++) weightOf[candidates[k] as number] = weights[k] as number;
    rows.push(
      candidates.filter((_, k) => (weights[k] as number) > 0),
      (other) => weightOf[other] as number,
    );
    if (item % ITEMS_AT_ONCE === 0) await nextTurn();
  }
  return rows.build();
}

function diagonalOf(gram: SparseMatrix): Float64Array {
  const diagonal = new Float64Array(gram.rowCount);
  for (let item = 0; item < gram.rowCount; item++) {
    const [columns, values] = rowEntries(gram, item);
    const place = columns.indexOf(item);
    if (place >= 0) diagonal[item] = values[place] as number;
  }
  return diagonal;
}
