import type { Engine } from '@kindred/compute';
import { type Random, rowDegrees, type SparseMatrix } from '@kindred/domain';
import { symmetricInfoNceLoss } from '@kindred/objectives';
import type { EpochBatches } from '../epoch-batches.js';
import type { Table } from '../learned-method.js';
import type { RunState, TrainedTable } from '../run-state.js';
import { gatherRowSums, scatterRowSums, takeRows } from '../sparse-rows.js';
import { bucketWeights, textMatrix } from '../text/text-features.js';
import { ridgeWeights } from '../text/text-ridge.js';
import type { ClipSettings } from './clip-settings.js';

/** The ridge of the expected prior: a text has length one, so that ten texts alike are believed as much as the mean. */
const PRIOR_RIDGE = 10;

/**
 * The text tower: v_i = sum over the hashed terms f of item i of x_if W_f, x the TF-IDF row. It starts from a ridge
 * regression onto the items' first vectors, and learns towards vectors of the items that stand still in its step (a
 * locked tower, as in LiT: Zhai et al., CVPR 2022).
 */
export class TextTower {
  /** [F] */
  readonly bucketWeights: Float32Array;
  /** W, [F, d] */
  readonly buckets: TrainedTable;
  readonly #engine: Engine;
  readonly #settings: ClipSettings;
  readonly #texts: SparseMatrix; // X, [I, F]
  readonly #kept: Float32Array; // [entries of X]: this step's values, terms that are left out zero
  readonly #batches: EpochBatches;
  readonly #dropRandom: Random;
  readonly #gradient: Float32Array; // [F, d], zero between steps

  /**
   * @param texts [I]
   * @param items [I, d]: the items' vectors as they are now
   */
  constructor(
    engine: Engine,
    state: RunState,
    texts: readonly (string | undefined)[],
    items: Table,
    settings: ClipSettings,
  ) {
    this.#engine = engine;
    this.#settings = settings;
    this.bucketWeights = bucketWeights(texts, settings.textBuckets);
    this.#texts = textMatrix(texts, this.bucketWeights);
    this.#kept = this.#texts.values.slice();
    const lengths = rowDegrees(this.#texts);
    const written = Uint32Array.from(lengths.keys()).filter((item) => (lengths[item] as number) > 0);
    this.#batches = state.batches('texts', written, settings.textBatchSize);
    this.#dropRandom = state.random('dropout');
    const start = ridgeWeights(this.#texts, unitRows(items), items.width, settings.textRidge);
    this.buckets = state.table('buckets', atMeanLengthOne(start, items.width), items.width);
    this.#gradient = new Float32Array(this.buckets.values.length);
  }

  /** Whether any item has a text that says something. */
  get isEmpty(): boolean {
    return this.#batches.order.length === 0;
  }

  /**
   * One step towards the items' vectors.
   * @param items [I, d]
   * @returns the loss of the batch
   */
  async step(items: Float32Array, rate: number): Promise<number> {
    const rows = this.#batches.next();
    const { width } = this.buckets;
    this.#dropTerms(rows);
    const vectors = new Float32Array(rows.length * width);
    gatherRowSums(this.#texts, this.#kept, rows, this.buckets.values, width, vectors); // v, [B, d]
    const { loss, gradient } = await this.#lossOf(vectors, takeRows(items, width, rows), rows.length);
    scatterRowSums(this.#texts, this.#kept, rows, gradient, width, this.#gradient);
    this.buckets.adam.stepAll(this.#gradient, rate);
    return loss;
  }

  /** The vectors of all items' texts; zero without one. [I, d] */
  vectors(): Float32Array {
    const { values, width } = this.buckets;
    const all = Uint32Array.from({ length: this.#texts.rowCount }, (_, row) => row);
    const out = new Float32Array(all.length * width);
    gatherRowSums(this.#texts, this.#texts.values, all, values, width, out);
    return out;
  }

  /** What each bucket adds to the mean of what stands with the items, by ridge regression. @param priors [I] */
  expectedPriors(priors: Float32Array): { readonly bucketPriors: Float32Array; readonly prior: number } {
    const prior = priors.reduce((sum, value) => sum + value, 0) / priors.length;
    const apart = priors.map((value) => value - prior);
    return { bucketPriors: ridgeWeights(this.#texts, apart, 1, PRIOR_RIDGE), prior };
  }

  /** Leaves a random share of the terms out of the rows of a batch, so that no single term carries an item. */
  #dropTerms(rows: Uint32Array): void {
    const { offsets, values } = this.#texts;
    const bar = this.#settings.textDropout * 0x1_0000_0000;
    for (const row of rows) {
      for (let e = offsets[row] as number; e < (offsets[row + 1] as number); e++) {
        this.#kept[e] = this.#dropRandom.uint32() < bar ? 0 : (values[e] as number);
      }
    }
  }

  async #lossOf(texts: Float32Array, items: Float32Array, batch: number) {
    const { tf } = this.#engine;
    const shape: [number, number] = [batch, this.buckets.width];
    return this.#engine.scope(async () => {
      const { loss, gradients } = symmetricInfoNceLoss(tf, {
        left: tf.tensor2d(texts, shape),
        right: tf.tensor2d(items, shape),
        temperature: this.#settings.textTemperature,
      });
      return {
        gradient: await this.#engine.read(gradients.left),
        loss: (await this.#engine.read(loss))[0] as number,
      };
    });
  }
}

/** [R, width] */
function unitRows({ values, width }: Table): Float32Array {
  const out = values.slice();
  for (let start = 0; start < out.length; start += width) {
    const row = out.subarray(start, start + width);
    const length = Math.hypot(...row);
    if (length > 0) for (let c = 0; c < width; c++) row[c] = (row[c] as number) / length;
  }
  return out;
}

/** In place: the rows that hold something have length one on average, so that a step size means the same everywhere. */
function atMeanLengthOne(table: Float32Array, width: number): Float32Array {
  let lengths = 0;
  let rows = 0;
  for (let start = 0; start < table.length; start += width) {
    const length = Math.hypot(...table.subarray(start, start + width));
    lengths += length;
    if (length > 0) rows++;
  }
  if (lengths === 0) return table;
  for (let k = 0; k < table.length; k++) table[k] = ((table[k] as number) * rows) / lengths;
  return table;
}
