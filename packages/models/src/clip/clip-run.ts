import { columnDegrees, KindredError } from '@kindred/domain';
import { cosineRate } from '../adam.js';
import type { ModelArtefact } from '../artefact/index.js';
import { InductiveRun } from '../inductive/inductive-run.js';
import type { InductiveSettings } from '../inductive/inductive-settings.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import { RunState } from '../run-state.js';
import type { ClipSettings } from './clip-settings.js';
import { TextTower } from './text-tower.js';

/** The text tower's last step size is this share of its first. */
const FINAL_SHARE = 0.1;

/** A training of the text tower beside the default method's: after each of its steps, one of the texts towards its items. */
export class ClipRun implements MethodRun {
  readonly settings: InductiveSettings & ClipSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #context: MethodContext;
  readonly #items: InductiveRun;
  readonly #state: RunState;
  readonly #texts: TextTower;

  static async start(context: MethodContext, base: InductiveSettings, own: ClipSettings): Promise<ClipRun> {
    return new ClipRun(context, await InductiveRun.start(context, base), base, own);
  }

  private constructor(context: MethodContext, items: InductiveRun, base: InductiveSettings, own: ClipSettings) {
    this.settings = { ...base, ...own };
    this.#context = context;
    this.#items = items;
    this.#state = new RunState(context.seed, 'clip');
    this.#texts = new TextTower(context.engine, this.#state, textsOf(context), items.itemTable, own);
    if (this.#texts.isEmpty) {
      throw new KindredError(
        'DATA_EMPTY',
        'clip learns from what is written of items, and no item of train has a text: put titles into the catalogue, or give --items to a benchmark',
        { field: 'items' },
      );
    }
    this.plannedEpochs = items.plannedEpochs;
    this.stepsPerEpoch = items.stepsPerEpoch;
    this.tables = [this.#texts.buckets, ...items.tables];
  }

  async step(): Promise<number> {
    const { textLearningRate } = this.settings;
    const planned = this.plannedEpochs * this.stepsPerEpoch;
    const { adam } = this.#texts.buckets;
    const rate = cosineRate(textLearningRate, FINAL_SHARE * textLearningRate, adam.steps, planned);
    const loss = await this.#items.step();
    return loss + (await this.#texts.step(this.#items.itemTable.values, rate));
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    const served = this.#items.artefact(vocabulary);
    this.#addTexts(served.itemVectors);
    return {
      ...served,
      method: 'clip',
      settings: this.settings,
      textEncoder: {
        bucketWeights: this.#texts.bucketWeights.slice(),
        bucketVectors: this.#texts.buckets.values.slice(),
        ...this.#texts.expectedPriors(priorsOf(served)),
      },
    };
  }

  save(): SavedRun {
    const [items, own] = [this.#items.save(), this.#state.save()];
    return { tensors: { ...items.tensors, ...own.tensors }, counters: { ...items.counters, ...own.counters } };
  }

  restore(saved: SavedRun): void {
    this.#items.restore(saved);
    this.#state.restore(saved);
  }

  /** In place: (1 - s) Q_i + s V_i at length one, s = k / (k + n_i), n_i the item's users, V_i the text's unit vector. */
  #addTexts(itemVectors: Float32Array): void {
    const { dimensions: width, textTrust } = this.settings;
    if (textTrust === 0) return;
    const texts = this.#texts.vectors();
    columnDegrees(this.#context.data.positives).forEach((users, item) => {
      const text = texts.subarray(item * width, (item + 1) * width);
      const length = lengthOf(text);
      if (length === 0) return;
      const share = textTrust / (textTrust + users);
      const vector = itemVectors.subarray(item * (width + 1), item * (width + 1) + width);
      for (let c = 0; c < width; c++) {
        vector[c] = (1 - share) * (vector[c] as number) + (share / length) * (text[c] as number);
      }
      const inverse = 1 / lengthOf(vector);
      for (let c = 0; c < width; c++) vector[c] = (vector[c] as number) * inverse;
    });
  }
}

/** [I]: undefined where nothing is written of an item. */
function textsOf({ itemTexts, data }: MethodContext): readonly (string | undefined)[] {
  return itemTexts ?? new Array<undefined>(data.positives.columnCount).fill(undefined);
}

/** The last dimension of the items. [I] */
function priorsOf({ itemVectors, items, dimensions }: ModelArtefact): Float32Array {
  return Float32Array.from(items, (_, item) => itemVectors[(item + 1) * dimensions - 1] as number);
}

function lengthOf(vector: Float32Array): number {
  let squared = 0;
  for (const value of vector) squared += value * value;
  return Math.sqrt(squared);
}
