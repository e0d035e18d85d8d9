import { encodeItemText } from '@kindred/models/artefact';
import { scan } from '@kindred/vector-index';
import type { ScoredItem } from './scored-item.js';
import type { ServingModel } from './serving-model.js';

/** Items that the model never learned, placed by what is written of them: a list beside its index, scanned exactly. */
export interface TextItems {
  readonly ids: readonly string[];
  /** [ids, D] */
  readonly vectors: Float32Array;
}

/** The vector of an item by its text; undefined where the model knows the item, reads no texts, or nothing of this one. */
export function placeText(model: ServingModel, itemId: string, text: string): Float32Array | undefined {
  return model.positions.has(itemId) ? undefined : encodeItemText(model.artefact, text);
}

/**
 * The best of both: what the model's own items scored, and the items placed by text. Scores are inner products with
 * the same query, so they compare; of equals the model's own come first.
 * @param own best first
 * @param isExcluded which items this request may not return
 */
export function withTextItems(
  own: readonly ScoredItem[],
  { ids, vectors }: TextItems,
  query: Float32Array,
  limit: number,
  isExcluded: (itemId: string) => boolean,
): ScoredItem[] {
  if (ids.length === 0) return [...own];
  const allowed = Uint32Array.from(ids.keys()).filter((position) => !isExcluded(ids[position] as string));
  const found = scan(query, vectors, limit, allowed);
  const placed = Array.from(found.positions, (position, rank) => ({
    itemId: ids[position] as string,
    score: found.scores[rank] as number,
  }));
  return [...own, ...placed].sort((a, b) => b.score - a.score).slice(0, limit);
}
