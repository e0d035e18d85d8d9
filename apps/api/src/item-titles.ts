import type { RecommendationsResponse } from '@kindred/api-schema';
import type { ScoredItem } from '@kindred/serving';
import { type Queryable, titlesOfItems } from '@kindred/storage';
import { CATALOGUE_FRESH_MS } from './catalogue-freshness.js';

/** Titles that are kept at most; past that, all are read anew. */
const MOST_KEPT = 100_000;

/** The titles of the catalogue, each read at most once in a while. */
export class ItemTitles {
  readonly #db: Queryable;
  /** Undefined: the catalogue has no title for the item. */
  #kept = new Map<string, string | undefined>();
  #freshUntilMs = 0;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Ranks from 1 on, and the titles that the catalogue knows. */
  async named(items: readonly ScoredItem[]): Promise<RecommendationsResponse['items']> {
    const titles = await this.titlesOf(items.map((item) => item.itemId));
    return items.map(({ itemId, score }, k) => {
      const title = titles.get(itemId);
      return { itemId, score, rank: k + 1, ...(title === undefined ? {} : { title }) };
    });
  }

  /** The catalogue was written: the next request reads it anew. */
  forget(): void {
    this.#kept = new Map();
  }

  /** By item id; items without a title may be in it as undefined. */
  async titlesOf(itemIds: readonly string[]): Promise<ReadonlyMap<string, string | undefined>> {
    if (performance.now() >= this.#freshUntilMs || this.#kept.size > MOST_KEPT) {
      this.forget();
      this.#freshUntilMs = performance.now() + CATALOGUE_FRESH_MS;
    }
    // A write meanwhile makes a new map: what was read before it is kept in the old one only.
    const kept = this.#kept;
    const missing = itemIds.filter((itemId) => !kept.has(itemId));
    if (missing.length > 0) {
      const found = await titlesOfItems(this.#db, missing);
      for (const itemId of missing) kept.set(itemId, found.get(itemId));
    }
    return kept;
  }
}
