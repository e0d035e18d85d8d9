import { type Recommender, type RecommenderFactory, type SparseMatrix, TopK, transpose } from '@kindred/domain';
import { checkNotEmpty, popularityScores } from './item-popularity.js';
import { checkSettingNames, type GivenSettings, numberSetting, type Strengths, strengthsSetting } from './settings.js';

/**
 * Item-based nearest neighbours (Sarwar et al., 2001; Deshpande and Karypis, 2004): the score of item j is the
 * sum over the user's items i among the `neighbours` most similar to j of strength · similarity,
 *
 *   similarity(i, j) = x_i · x_j / (|x_i| |x_j| + shrinkage)
 *
 * with x_i the column of users that have i. Sparse throughout: time is the sum of squared history lengths,
 * memory itemCount · neighbours · 8 bytes. A user without history gets the popularity order.
 */
export function createItemKnn(given: GivenSettings = {}): RecommenderFactory {
  checkSettingNames('itemknn', given, ['neighbours', 'shrinkage', 'strengths']);
  const neighbours = numberSetting(
    given,
    'neighbours',
    100,
    'a whole number above 0',
    (k) => Number.isInteger(k) && k > 0,
  );
  const shrinkage = numberSetting(given, 'shrinkage', 10, 'a number from 0 up', (value) => value >= 0);
  const strengths = strengthsSetting(given);
  return {
    name: 'itemknn',
    settings: { neighbours, shrinkage, strengths },
    async fit(data) {
      checkNotEmpty('itemknn', data);
      // Row i of the transpose: the items whose neighbour i is, which is what scoring walks through.
      const influence = transpose(similarItems(data.positives, { neighbours, shrinkage, strengths }));
      return neighbourRecommender(influence, popularityScores(data), strengths);
    },
  };
}

interface SimilaritySettings {
  readonly neighbours: number;
  readonly shrinkage: number;
  readonly strengths: Strengths;
}

/** [I, I]: row j holds the items most similar to j, at most `neighbours` of them, columns ascending. */
export function similarItems(
  positives: SparseMatrix,
  { neighbours, shrinkage, strengths }: SimilaritySettings,
): SparseMatrix {
  const byUser =
    strengths === 'given' ? positives : { ...positives, values: new Float32Array(positives.values.length).fill(1) };
  const byItem = transpose(byUser);
  const norms = rowNorms(byItem);
  const itemCount = byItem.rowCount;
  const products = new Float64Array(itemCount);
  const touched = new Uint32Array(itemCount);
  const heap = new TopK(Math.min(neighbours, itemCount));
  const rows: { items: Uint32Array; similarities: Float32Array }[] = [];
  for (let item = 0; item < itemCount; item++) {
    const count = coOccurrences(byUser, byItem, item, products, touched);
    for (let k = 0; k < count; k++) {
      const other = touched[k] as number;
      const scale = (norms[item] as number) * (norms[other] as number) + shrinkage;
      if (other !== item) heap.offer((products[other] as number) / scale, other);
      products[other] = 0;
    }
    rows.push(takeByItem(heap));
  }
  return matrixOfRows(rows, itemCount);
}

/** What the heap kept, in ascending order of item. */
function takeByItem(heap: TopK): { items: Uint32Array; similarities: Float32Array } {
  const kept = new Uint32Array(heap.size);
  const scores = new Float32Array(heap.size);
  heap.drain(kept, scores);
  const order = Uint32Array.from(kept.keys()).sort((a, b) => (kept[a] as number) - (kept[b] as number));
  return {
    items: order.map((rank) => kept[rank] as number),
    similarities: Float32Array.from(order, (rank) => scores[rank] as number),
  };
}

/** Adds up x_item · x_other into `products` for every item that shares a user. @returns how many were touched */
function coOccurrences(
  byUser: SparseMatrix,
  byItem: SparseMatrix,
  item: number,
  products: Float64Array,
  touched: Uint32Array,
): number {
  let count = 0;
  for (let k = byItem.offsets[item] as number; k < (byItem.offsets[item + 1] as number); k++) {
    const user = byItem.columns[k] as number;
    const strength = byItem.values[k] as number;
    const end = byUser.offsets[user + 1] as number;
    for (let e = byUser.offsets[user] as number; e < end; e++) {
      const other = byUser.columns[e] as number;
      const before = products[other] as number;
      // Strengths are above 0, so 0 means not touched yet.
      if (before === 0) touched[count++] = other;
      products[other] = before + strength * (byUser.values[e] as number);
    }
  }
  return count;
}

function rowNorms(matrix: SparseMatrix): Float64Array {
  return Float64Array.from({ length: matrix.rowCount }, (_, r) => {
    let sum = 0;
    for (const value of matrix.values.subarray(matrix.offsets[r], matrix.offsets[r + 1])) sum += value * value;
    return Math.sqrt(sum);
  });
}

function matrixOfRows(
  rows: readonly { items: Uint32Array; similarities: Float32Array }[],
  columnCount: number,
): SparseMatrix {
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((row, r) => {
    offsets[r + 1] = (offsets[r] as number) + row.items.length;
  });
  const columns = new Uint32Array(offsets[rows.length] as number);
  const values = new Float32Array(columns.length);
  rows.forEach((row, r) => {
    columns.set(row.items, offsets[r]);
    values.set(row.similarities, offsets[r]);
  });
  return { rowCount: rows.length, columnCount, offsets, columns, values };
}

function neighbourRecommender(influence: SparseMatrix, popularity: Float32Array, strengths: Strengths): Recommender {
  const itemCount = popularity.length;
  return {
    name: 'itemknn',
    itemCount,
    async score({ history }, scores) {
      for (let row = 0; row < history.rowCount; row++) {
        const out = scores.subarray(row * itemCount, (row + 1) * itemCount);
        const start = history.offsets[row] as number;
        const end = history.offsets[row + 1] as number;
        if (start === end) out.set(popularity);
        else out.fill(0);
        for (let k = start; k < end; k++) {
          addInfluence(
            influence,
            history.columns[k] as number,
            strengths === 'given' ? (history.values[k] as number) : 1,
            out,
          );
        }
      }
    },
  };
}

function addInfluence(influence: SparseMatrix, item: number, strength: number, out: Float32Array): void {
  const { columns, values } = influence;
  const end = influence.offsets[item + 1] as number;
  for (let k = influence.offsets[item] as number; k < end; k++) {
    const other = columns[k] as number;
    out[other] = (out[other] as number) + strength * (values[k] as number);
  }
}
