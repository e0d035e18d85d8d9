import { encodeHistory } from '@kindred/models/artefact';
import { type Neighbours, scan } from '@kindred/vector-index';
import type { ServingModel } from './serving-model.js';

/** What is known of somebody: items with the strength of the interaction; not positive: a return or a dislike. */
export interface HistoryEntry {
  readonly itemId: string;
  readonly strength: number;
}

export interface RecommendRequest {
  readonly history: readonly HistoryEntry[];
  readonly limit: number;
  /** Leave out the items of the history. */
  readonly excludeSeen: boolean;
  readonly excludeItems: Iterable<string>;
}

export interface ScoredItem {
  readonly itemId: string;
  readonly score: number;
}

export interface Shortfall {
  readonly asked: number;
  readonly returned: number;
  readonly because: string;
}

export interface Recommendations {
  readonly items: readonly ScoredItem[];
  /** Whether the history said anything: personal, or popularity alone. */
  readonly personal: boolean;
  readonly shortfall: Shortfall | undefined;
}

/** From this many excluded items on, scanning what is left is cheaper than asking the graph for so many more. */
const SCAN_FROM_EXCLUDED = 1000;

/**
 * The one way to an answer, for known, unknown and anonymous users alike: the vector of the history, its nearest
 * items, less what is excluded. Always `limit` items while that many are allowed.
 */
export function recommend(model: ServingModel, request: RecommendRequest): Recommendations {
  const { items, strengths } = knownHistory(model, request.history);
  const personal = strengths.some((strength) => strength > 0);
  const excluded = excludedPositions(model, request);
  const found = personal
    ? nearestAllowed(model, encodeHistory(model.artefact, items, strengths), request.limit, excluded)
    : mostPopularAllowed(model, request.limit, excluded);
  return { items: named(model, found), personal, shortfall: shortfallOf(model, request.limit, found, excluded) };
}

/** The items nearest to one item, by the cosine of their vectors (the prior of popularity left out). */
export function similarItems(
  model: ServingModel,
  itemId: string,
  limit: number,
): { items: ScoredItem[]; shortfall: Shortfall | undefined } | undefined {
  const position = model.positions.get(itemId);
  if (position === undefined) return undefined;
  const { dimensions, itemVectors } = model.artefact;
  const query = itemVectors.slice(position * dimensions, (position + 1) * dimensions);
  query[dimensions - 1] = 0;
  const excluded = new Set([position]);
  const found = nearestAllowed(model, query, limit, excluded);
  return { items: named(model, found), shortfall: shortfallOf(model, limit, found, excluded) };
}

/** The trained users nearest to a history, by cosine; undefined where nothing of the history is known to the model. */
export function similarUsers(
  model: ServingModel,
  userId: string,
  history: readonly HistoryEntry[],
  limit: number,
): { users: { userId: string; score: number }[]; shortfall: Shortfall | undefined } | undefined {
  if (model.users === undefined) return undefined;
  const direction = directionOf(model, history);
  if (direction === undefined) return undefined;
  const { ids, index } = model.users;
  const found = index.search(direction, limit + 1);
  const users = [...found.positions]
    .map((position, rank) => ({ userId: ids[position] as string, score: found.scores[rank] as number }))
    .filter((user) => user.userId !== userId)
    .slice(0, limit);
  const shortfall =
    users.length < limit
      ? { asked: limit, returned: users.length, because: `the model knows ${ids.length} users` }
      : undefined;
  return { users, shortfall };
}

/** The direction of a history without the prior. [D - 1], unit length */
export function directionOf(model: ServingModel, history: readonly HistoryEntry[]): Float32Array | undefined {
  const { items, strengths } = knownHistory(model, history);
  const direction = encodeHistory(model.artefact, items, strengths).slice(0, model.artefact.dimensions - 1);
  const length = Math.hypot(...direction);
  return length > 0 ? direction.map((value) => value / length) : undefined;
}

function knownHistory(
  model: ServingModel,
  history: readonly HistoryEntry[],
): { items: Uint32Array; strengths: Float32Array } {
  const known = history.filter((entry) => model.positions.has(entry.itemId));
  return {
    items: Uint32Array.from(known, (entry) => model.positions.get(entry.itemId) as number),
    strengths: Float32Array.from(known, (entry) => entry.strength),
  };
}

function excludedPositions(model: ServingModel, request: RecommendRequest): Set<number> {
  const excluded = new Set<number>();
  const add = (itemId: string) => {
    const position = model.positions.get(itemId);
    if (position !== undefined) excluded.add(position);
  };
  for (const itemId of request.excludeItems) add(itemId);
  // What was returned or disliked is never shown again, whatever is asked.
  for (const entry of request.history) if (request.excludeSeen || entry.strength < 0) add(entry.itemId);
  return excluded;
}

function nearestAllowed(
  model: ServingModel,
  query: Float32Array,
  limit: number,
  excluded: ReadonlySet<number>,
): Neighbours {
  const wanted = Math.min(limit, model.artefact.items.length - excluded.size);
  if (excluded.size < SCAN_FROM_EXCLUDED) {
    const found = withoutExcluded(model.itemIndex.search(query, limit + excluded.size), excluded, limit);
    if (found.positions.length >= wanted) return found;
  }
  return scan(query, model.artefact.itemVectors, limit, allowedPositions(model, excluded));
}

function* allowedPositions(model: ServingModel, excluded: ReadonlySet<number>): Generator<number> {
  for (let position = 0; position < model.artefact.items.length; position++) {
    if (!excluded.has(position)) yield position;
  }
}

function withoutExcluded(found: Neighbours, excluded: ReadonlySet<number>, limit: number): Neighbours {
  const kept = [...found.positions.keys()]
    .filter((rank) => !excluded.has(found.positions[rank] as number))
    .slice(0, limit);
  return {
    positions: Uint32Array.from(kept, (rank) => found.positions[rank] as number),
    scores: Float32Array.from(kept, (rank) => found.scores[rank] as number),
  };
}

function mostPopularAllowed(model: ServingModel, limit: number, excluded: ReadonlySet<number>): Neighbours {
  const positions: number[] = [];
  for (const position of model.popular) {
    if (positions.length >= limit) break;
    if (!excluded.has(position)) positions.push(position);
  }
  const { fallbackScores } = model.artefact;
  return {
    positions: Uint32Array.from(positions),
    scores: Float32Array.from(positions, (position) => fallbackScores[position] as number),
  };
}

function named(model: ServingModel, found: Neighbours): ScoredItem[] {
  return [...found.positions].map((position, rank) => ({
    itemId: model.artefact.items[position] as string,
    score: found.scores[rank] as number,
  }));
}

function shortfallOf(
  model: ServingModel,
  asked: number,
  found: Neighbours,
  excluded: ReadonlySet<number>,
): Shortfall | undefined {
  const returned = found.positions.length;
  if (returned >= asked) return undefined;
  const total = model.artefact.items.length;
  return {
    asked,
    returned,
    because: `the model knows ${total} items and ${excluded.size} of them are excluded for this request`,
  };
}
