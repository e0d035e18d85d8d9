import { type Random, rowEntries, type SparseMatrix, type TrainingData } from '@kindred/domain';
import {
  crop,
  entriesAt,
  type History,
  itemDropout,
  mask,
  remainder,
  substitute,
  trainHistory,
  type View,
} from '@kindred/pairs';
import { withPseudoItems } from '../artefact/index.js';
import { similarItems } from '../baselines/itemknn.js';
import { createViewBatch, type ViewBatch } from './view-batch.js';
import type { ViewSettings } from './view-settings.js';

/** Two views of each user of a batch. */
export interface ViewPair {
  readonly users: Uint32Array;
  readonly first: ViewBatch;
  readonly second: ViewBatch;
}

/** Items that may stand for an item in the view `substitute`. */
const SUBSTITUTES = 10;
/** Added to the product of norms, as itemknn has it by default. */
const SHRINKAGE = 10;

/**
 * Draws the two views of a history, by default of unlike sizes and without a common item: the first is what the chosen
 * view leaves of it, the second up to `secondItems` items of what the first does not show (of the whole history where
 * that is nothing). With one item the second view is an item as it will be ranked. SwAV calls this the prediction of
 * large crops from small ones; two views that share items are recognised by them, and that teaches nothing about
 * other items.
 *
 * Where a generator wrote items for users with few, their second view is drawn of a longer history: what it is drawn of
 * otherwise, and each generated item with its chance.
 */
export class ViewPairs {
  readonly #data: TrainingData;
  readonly #itemScale: Float32Array;
  readonly #secondItems: number;
  readonly #view: View;
  readonly #random: Random;
  readonly #generated: SparseMatrix | undefined;

  /**
   * @param itemScale [I]: 1 / sqrt of the item's users
   * @param generated [U, I], valued by chances, as `generatedOfSparseUsers` gives it
   */
  constructor(
    data: TrainingData,
    itemScale: Float32Array,
    settings: ViewSettings,
    random: Random,
    generated?: SparseMatrix,
  ) {
    this.#data = data;
    this.#itemScale = itemScale;
    this.#secondItems = settings.secondItems;
    this.#view = viewOf(settings, data);
    this.#random = random;
    this.#generated = generated;
  }

  /** @param users [B], each with a positive */
  draw(users: Uint32Array): ViewPair {
    const first: History[] = [];
    const second: History[] = [];
    for (const user of users) {
      const history = trainHistory(this.#data, user);
      const seen = this.#view(history, this.#random);
      first.push(seen);
      second.push(this.#someOf(this.#longer(remainder(history, seen) ?? history, user)));
    }
    return { users, first: createViewBatch(first, this.#itemScale), second: createViewBatch(second, this.#itemScale) };
  }

  /** With those generated items of the user that their chances let stand this time. */
  #longer(rest: History, user: number): History {
    if (this.#generated === undefined) return rest;
    const [items, chances] = rowEntries(this.#generated, user);
    const standing = items.filter((_, k) => this.#random.next() < (chances[k] as number));
    return withPseudoItems(rest.items, rest.strengths, undefined, { items: standing, weight: 1 });
  }

  #someOf(rest: History): History {
    const { length } = rest.items;
    if (this.#secondItems === 0 || length <= this.#secondItems) return rest;
    return entriesAt(rest, this.#random.sample(length, this.#secondItems));
  }
}

function viewOf({ view, viewStrength }: ViewSettings, data: TrainingData): View {
  if (view === 'crop') return crop(1 - viewStrength);
  if (view === 'mask') return mask(viewStrength);
  if (view === 'substitute') {
    const { positives } = data;
    const binary = { ...positives, values: new Float32Array(positives.values.length).fill(1) };
    return substitute(viewStrength, similarItems(binary, SUBSTITUTES, SHRINKAGE));
  }
  return itemDropout(viewStrength);
}
