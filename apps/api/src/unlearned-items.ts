import { setImmediate as nextTurn } from 'node:timers/promises';
import { placeText, type ServingModel, type TextItems } from '@kindred/serving';
import { catalogueTextsSince, type Queryable } from '@kindred/storage';
import { CATALOGUE_FRESH_MS } from './catalogue-freshness.js';

/** The newest changes of the catalogue that are looked at; older items had their time to be learned. */
const MOST_READ = 20_000;
/** A write is stamped when it begins and seen when it ends: what was stamped so long before is read again. */
const OVERLAP_MS = 60_000;
/** Texts placed in one go before other requests get their turn. */
const PLACED_AT_ONCE = 200;

interface Placed {
  readonly model: ServingModel;
  readonly vectorOf: Map<string, Float32Array>;
  list: TextItems;
  readUpToMs: number;
  freshUntilMs: number;
}

/** The available items of the catalogue that a model with a text tower never learned, placed by what is written of them. */
export class UnlearnedItems {
  readonly #db: Queryable;
  #placed: Placed | undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Undefined where the model reads no texts. */
  async beside(model: ServingModel): Promise<TextItems | undefined> {
    if (model.artefact.textEncoder === undefined) return undefined;
    // A request that fails to read fails alone; the next one reads again.
    const reading = this.#reading.catch(() => undefined).then(() => this.#refresh(model));
    this.#reading = reading;
    await reading;
    return this.#placed?.list;
  }

  /** The catalogue was written: the next request reads what changed. */
  forget(): void {
    if (this.#placed !== undefined) this.#placed.freshUntilMs = 0;
  }

  async #refresh(model: ServingModel): Promise<void> {
    if (this.#placed?.model !== model) {
      const list = { ids: [], vectors: new Float32Array(0) };
      this.#placed = { model, vectorOf: new Map(), list, readUpToMs: 0, freshUntilMs: 0 };
    }
    const placed = this.#placed;
    if (performance.now() < placed.freshUntilMs) return;
    placed.freshUntilMs = performance.now() + CATALOGUE_FRESH_MS;
    try {
      const changed = await catalogueTextsSince(this.#db, placed.readUpToMs - OVERLAP_MS, MOST_READ);
      for (const [k, { itemId, text, available, updatedAtMs }] of changed.entries()) {
        const vector = available ? placeText(model, itemId, text) : undefined;
        if (vector === undefined) placed.vectorOf.delete(itemId);
        else placed.vectorOf.set(itemId, vector);
        placed.readUpToMs = Math.max(placed.readUpToMs, updatedAtMs);
        if (k % PLACED_AT_ONCE === PLACED_AT_ONCE - 1) await nextTurn();
      }
      if (changed.length > 0) placed.list = listOf(placed.vectorOf, model.artefact.dimensions);
    } catch (error) {
      placed.freshUntilMs = 0;
      throw error;
    }
  }
}

function listOf(vectorOf: ReadonlyMap<string, Float32Array>, dimensions: number): TextItems {
  const vectors = new Float32Array(vectorOf.size * dimensions);
  let at = 0;
  for (const vector of vectorOf.values()) {
    vectors.set(vector, at);
    at += dimensions;
  }
  return { ids: [...vectorOf.keys()], vectors };
}
