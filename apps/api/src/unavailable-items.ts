import { positionsOf, type ServingModel } from '@kindred/serving';
import { type Queryable, unavailableItemIds } from '@kindred/storage';
import { CATALOGUE_FRESH_MS } from './catalogue-freshness.js';

/** The items that the catalogue says are not available: nobody is shown them. */
export class UnavailableItems {
  readonly #db: Queryable;
  #read: Promise<readonly string[]> | undefined;
  #freshUntilMs = 0;
  #kept: { ids: readonly string[]; model: ServingModel; positions: ReadonlySet<number> } | undefined;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Their positions in a model. */
  async positionsIn(model: ServingModel): Promise<ReadonlySet<number>> {
    const ids = await this.#ids();
    if (this.#kept?.ids !== ids || this.#kept.model !== model) {
      this.#kept = { ids, model, positions: positionsOf(model, ids) };
    }
    return this.#kept.positions;
  }

  /** The catalogue was written: the next request reads it anew. */
  forget(): void {
    this.#read = undefined;
  }

  #ids(): Promise<readonly string[]> {
    if (this.#read !== undefined && performance.now() < this.#freshUntilMs) return this.#read;
    const read = unavailableItemIds(this.#db);
    this.#read = read;
    this.#freshUntilMs = performance.now() + CATALOGUE_FRESH_MS;
    read.catch(() => {
      if (this.#read === read) this.#read = undefined;
    });
    return read;
  }
}
