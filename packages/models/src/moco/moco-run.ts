import type { SparseMatrix } from '@kindred/domain';
import { MASKED, queueContrastLoss } from '@kindred/objectives';
import type { ModelArtefact } from '../artefact/index.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import { followTable } from '../self-supervised/momentum-copy.js';
import { stackedPart, stackRows } from '../self-supervised/stacked-rows.js';
import { ViewTraining } from '../self-supervised/view-training.js';
import { KeyQueue } from './key-queue.js';
import type { MocoSettings } from './moco-settings.js';

/** A training of MoCo: a table that learns, a copy of it that follows and makes the keys, and a queue of keys. */
export class MocoRun implements MethodRun {
  readonly settings: MocoSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #context: MethodContext;
  readonly #training: ViewTraining;
  readonly #keyTable: Float32Array; // [I, d], the momentum encoder
  readonly #queue: KeyQueue;

  /** @param generated [U, I], as `generatedOfSparseUsers` gives it */
  constructor(context: MethodContext, settings: MocoSettings, generated: SparseMatrix | undefined) {
    const { dimensions, queueSize } = settings;
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#context = context;
    this.#training = new ViewTraining(context, settings, 'moco', generated);
    const { state, tower, stepsPerEpoch } = this.#training;
    this.stepsPerEpoch = stepsPerEpoch;
    this.tables = [tower.table];
    this.#keyTable = state.array('keys', [context.data.positives.columnCount, dimensions], tower.table.values.slice());
    this.#queue = new KeyQueue(state, queueSize, dimensions);
  }

  /** Each view is the query once and the key once, as in the symmetrised loss of MoCo v3. */
  async step(): Promise<number> {
    const training = this.#training;
    const pair = training.next();
    const queries = stackRows(training.encode(pair.first), training.encode(pair.second)); // [2B, d]
    const firstKeys = training.encode(pair.first, this.#keyTable);
    const secondKeys = training.encode(pair.second, this.#keyTable);
    const owners = twice(pair.users); // [2B]
    const { loss, gradient } = await this.#lossOf(owners, queries, stackRows(secondKeys, firstKeys));
    const views = [
      [pair.first, stackedPart(gradient, 0, 2)],
      [pair.second, stackedPart(gradient, 1, 2)],
    ] as const;
    training.step(views);
    followTable(this.#keyTable, training.tower.table.values, this.settings.momentum);
    this.#queue.push(owners, stackRows(firstKeys, secondKeys));
    return loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    return this.#training.artefact(vocabulary, this.settings.temperature);
  }

  save(): SavedRun {
    return this.#training.state.save();
  }

  restore(saved: SavedRun): void {
    this.#training.state.restore(saved);
  }

  async #lossOf(owners: Uint32Array, queries: Float32Array, keys: Float32Array) {
    const { engine } = this.#context;
    const { tf } = engine;
    const { dimensions, temperature } = this.settings;
    const shape: [number, number] = [owners.length, dimensions];
    const held = this.#queue.owners.length;
    return engine.scope(async () => {
      const { loss, gradients } = queueContrastLoss(tf, {
        queries: tf.tensor2d(queries, shape),
        keys: tf.tensor2d(keys, shape),
        queue: tf.tensor2d(this.#queue.keys, [held, dimensions]),
        mask: tf.tensor2d(this.#queue.ownKeys(owners, MASKED), [owners.length, held]),
        temperature,
      });
      return { loss: (await engine.read(loss))[0] as number, gradient: await engine.read(gradients.queries) };
    });
  }
}

function twice(users: Uint32Array): Uint32Array {
  const both = new Uint32Array(2 * users.length);
  both.set(users);
  both.set(users, users.length);
  return both;
}
