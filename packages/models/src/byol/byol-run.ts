import type { SparseMatrix } from '@kindred/domain';
import { bootstrapLoss } from '@kindred/objectives';
import type { ModelArtefact } from '../artefact/index.js';
import { denseProduct } from '../dense-product.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import type { TrainedTable } from '../run-state.js';
import { followTable } from '../self-supervised/momentum-copy.js';
import { stackedPart, stackRows } from '../self-supervised/stacked-rows.js';
import { ViewTraining } from '../self-supervised/view-training.js';
import { unitRows } from '../served-vectors.js';
import type { ByolSettings } from './byol-settings.js';

/** There is no softmax, so no temperature that would set the scale of the prior: this one does. */
const PRIOR_TEMPERATURE = 0.15;

/** A training of BYOL: the online table and its predictor learn, the target table follows. */
export class ByolRun implements MethodRun {
  readonly settings: ByolSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #context: MethodContext;
  readonly #training: ViewTraining;
  readonly #predictor: TrainedTable; // W, [d, d]
  readonly #target: Float32Array; // [I, d]

  /** @param generated [U, I], as `generatedOfSparseUsers` gives it */
  constructor(context: MethodContext, settings: ByolSettings, generated: SparseMatrix | undefined) {
    const { dimensions } = settings;
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#context = context;
    this.#training = new ViewTraining(context, settings, 'byol', generated);
    const { state, tower, stepsPerEpoch } = this.#training;
    this.stepsPerEpoch = stepsPerEpoch;
    this.#predictor = state.randomTable('predictor', dimensions, dimensions);
    this.#target = state.array('target', [context.data.positives.columnCount, dimensions], tower.table.values.slice());
    this.tables = [tower.table];
  }

  /** Each view predicts the other: the loss of both directions is one loss over 2B rows. */
  async step(): Promise<number> {
    const training = this.#training;
    const pair = training.next();
    const online = stackRows(training.encode(pair.first), training.encode(pair.second)); // [2B, d]
    const targets = stackRows(training.encode(pair.second, this.#target), training.encode(pair.first, this.#target));
    const { loss, gradient, predictor } = await this.#lossOf(online, targets);
    const views = [
      [pair.first, stackedPart(gradient, 0, 2)],
      [pair.second, stackedPart(gradient, 1, 2)],
    ] as const;
    training.step(views, [[this.#predictor, predictor]]);
    followTable(this.#target, training.tower.table.values, this.settings.momentum);
    return loss;
  }

  /** Score: q(u) . i + u . q(i), as one inner product of [q(u) ; u] with [i ; q(i)]. */
  artefact(vocabulary: Vocabulary): ModelArtefact {
    const tables = servedTables(this.#training.tower.table, this.#predictor.values);
    const width = 2 * this.settings.dimensions;
    return this.#training.artefact(vocabulary, PRIOR_TEMPERATURE, { ...tables, width });
  }

  save(): SavedRun {
    return this.#training.state.save();
  }

  restore(saved: SavedRun): void {
    this.#training.state.restore(saved);
  }

  async #lossOf(online: Float32Array, targets: Float32Array) {
    const { engine } = this.#context;
    const { tf } = engine;
    const { dimensions } = this.settings;
    const shape: [number, number] = [online.length / dimensions, dimensions];
    return engine.scope(async () => {
      const { loss, gradients } = bootstrapLoss(tf, {
        online: tf.tensor2d(online, shape),
        predictor: tf.tensor2d(this.#predictor.values, [dimensions, dimensions]),
        targets: tf.tensor2d(targets, shape),
      });
      return {
        loss: (await engine.read(loss))[0] as number,
        gradient: await engine.read(gradients.online),
        predictor: await engine.read(gradients.predictor),
      };
    });
  }
}

/**
 * [q(C) ; C] for histories and [C ; q(C)] for items. The predictor is linear, so that the q of a sum is the sum of
 * the q; lengths mean nothing to the loss, so items get halves of length one and q(C) the mean length of C.
 */
function servedTables(
  { values, width }: Table,
  predictor: Float32Array,
): { context: Float32Array; items: Float32Array } {
  const predicted = denseProduct(values, predictor, width, width);
  const scale = meanLength(values, width) / meanLength(predicted, width);
  return {
    context: besides(
      predicted.map((value) => scale * value),
      values,
      width,
    ),
    items: besides(unitRows(values, width), unitRows(predicted, width), width),
  };
}

function meanLength(rows: Float32Array, width: number): number {
  let total = 0;
  for (let start = 0; start < rows.length; start += width) total += Math.hypot(...rows.subarray(start, start + width));
  return (total * width) / rows.length;
}

/** Row by row, the left beside the right. [R, 2 width] */
function besides(left: Float32Array, right: Float32Array, width: number): Float32Array {
  const out = new Float32Array(2 * left.length);
  for (let start = 0; start < left.length; start += width) {
    out.set(left.subarray(start, start + width), 2 * start);
    out.set(right.subarray(start, start + width), 2 * start + width);
  }
  return out;
}
