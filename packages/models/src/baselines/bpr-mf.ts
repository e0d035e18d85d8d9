import { setImmediate as nextTurn } from 'node:timers/promises';
import { KindredError, Random, type SparseMatrix, type UserBatch } from '@kindred/domain';
import { declareSetting, getSetting } from '../settings.js';
import { gatherRowSums } from '../sparse-rows.js';
import { defineBaseline } from './baseline.js';
import { type BprRates, bprStep, drawOther } from './bpr-sgd.js';
import { popularityScores, scoreEmptyByPopularity } from './item-popularity.js';
import { transposed } from './matmul.js';

/** Length of the random vectors at the start. */
const START = 0.1;

/**
 * BPR-MF (Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009): matrix factorisation by
 * stochastic gradient descent on triples of a user, an item of theirs and one that is not, drawn uniformly.
 *
 * Users of training keep the vector that they were given. Anybody else is folded in by the gradient of the loss of their
 * history at w = 0, which is what a first step of training would do: the mean of their items' vectors less that of all
 * items. Its length does not matter for an order.
 */
export const bprMf = defineBaseline({
  name: 'bpr-mf',
  description: 'Matrix factorisation that learns to rank what somebody has above what they have not.',
  settings: [
    declareSetting('dimensions', 64, [1, 1024], 'Length of the vectors.', {
      whole: true,
      search: { among: [16, 32, 64, 128, 256] },
      why: 'As the other factorisations have it, so that they can be compared.',
    }),
    declareSetting('epochs', 100, [1, 10_000], 'As many triples are drawn in each as there are interactions.', {
      whole: true,
      search: { among: [30, 60, 100, 200] },
      why: 'Uniform negatives are soon easy: the last steps teach little each, and need their time.',
    }),
    declareSetting('learningRate', 0.05, [1e-6, 1], 'Step size at the start; it falls linearly to a tenth.', {
      search: { from: 0.005, to: 0.2, scale: 'log' },
      why: 'Plain stochastic gradient descent needs large steps from small vectors.',
    }),
    declareSetting('regularisation', 0.01, [0, 1], 'Penalty of squared vectors.', {
      search: { from: 0.0005, to: 0.05, scale: 'log' },
      why: 'Published choices run from .001 to .01 and up, the higher the smaller the log.',
    }),
  ],
  async fit({ data, settings, seed, matmul }) {
    const { positives } = data;
    const width = getSetting(settings, 'dimensions');
    const itemCount = positives.columnCount;
    const users = startVectors(positives.rowCount, width, new Random(seed, 'bpr-mf users'));
    const items = startVectors(itemCount, width, new Random(seed, 'bpr-mf items'));
    const epochs = getSetting(settings, 'epochs');
    const random = new Random(seed, 'bpr-mf triples');
    const owners = ownersOf(positives);
    for (let epoch = 0; epoch < epochs; epoch++) {
      const learningRate = getSetting(settings, 'learningRate') * (1 - (0.9 * epoch) / epochs);
      const rates = { learningRate, regularisation: getSetting(settings, 'regularisation') };
      runEpoch(positives, owners, users, items, width, rates, random);
      await nextTurn();
    }
    checkFinite(users);
    checkFinite(items);
    const center = meanRow(items, width);
    const columns = transposed(items, [itemCount, width]); // [width, I]
    const popularity = popularityScores(data);
    return {
      name: 'bpr-mf',
      itemCount,
      async score(batch, scores) {
        const { rowCount } = batch.history;
        const vectors = batchVectors(batch, users, items, center);
        const out = scores.subarray(0, rowCount * itemCount);
        await matmul(vectors, [rowCount, width], columns, [width, itemCount], { out });
        scoreEmptyByPopularity(batch.history, popularity, scores);
      },
    };
  },
});

function runEpoch(
  positives: SparseMatrix,
  owners: Uint32Array,
  users: Float32Array,
  items: Float32Array,
  width: number,
  rates: BprRates,
  random: Random,
): void {
  for (let draw = 0; draw < owners.length; draw++) {
    const entry = random.below(owners.length);
    const user = owners[entry] as number;
    const other = drawOther(positives, user, random);
    if (other === undefined) continue;
    const vector = users.subarray(user * width, (user + 1) * width);
    bprStep(vector, items, positives.columns[entry] as number, other, rates);
  }
}

/** [B, width] */
function batchVectors(
  { history, users: rows }: UserBatch,
  users: Float32Array,
  items: Float32Array,
  center: Float32Array,
): Float32Array {
  const width = center.length;
  const vectors = new Float32Array(history.rowCount * width);
  const ones = new Float32Array(history.columns.length).fill(1);
  const all = Uint32Array.from({ length: history.rowCount }, (_, row) => row);
  gatherRowSums(history, ones, all, items, width, vectors);
  for (let row = 0; row < history.rowCount; row++) {
    const vector = vectors.subarray(row * width, (row + 1) * width);
    const known = rows?.[row];
    if (known !== undefined && (known + 1) * width <= users.length) {
      vector.set(users.subarray(known * width, (known + 1) * width));
      continue;
    }
    const count = Math.max(1, (history.offsets[row + 1] as number) - (history.offsets[row] as number));
    for (let k = 0; k < width; k++) vector[k] = (vector[k] as number) / count - (center[k] as number);
  }
  return vectors;
}

/** @throws KindredError TRAINING_DEGENERATE */
function checkFinite(table: Float32Array): void {
  if (table.every(Number.isFinite)) return;
  throw new KindredError('TRAINING_DEGENERATE', 'the vectors of bpr-mf grew beyond all bounds; lower learningRate');
}

/** The row of each entry. [entries] */
function ownersOf({ rowCount, offsets, columns }: SparseMatrix): Uint32Array {
  const owners = new Uint32Array(columns.length);
  for (let row = 0; row < rowCount; row++) owners.fill(row, offsets[row], offsets[row + 1]);
  return owners;
}

function meanRow(table: Float32Array, width: number): Float32Array {
  const sums = new Float64Array(width);
  for (let k = 0; k < table.length; k++) sums[k % width] = (sums[k % width] as number) + (table[k] as number);
  return Float32Array.from(sums, (sum) => (sum * width) / table.length);
}

/** Random vectors of mean length `START`. [rows, width] */
function startVectors(rows: number, width: number, random: Random): Float32Array {
  const scale = START / Math.sqrt(width);
  return Float32Array.from({ length: rows * width }, () => scale * random.normal());
}
