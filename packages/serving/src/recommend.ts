import { TopK } from '@kindred/domain';
import {
  additionsOf,
  isJoined,
  type PseudoItems,
  pseudoItemsOf,
  segmentOf,
  vectorShareOf,
} from '@kindred/models/artefact';
import { type Neighbours, scan } from '@kindred/vector-index';
import type { SegmentProfile } from './describe-segments.js';
import { Exclusions } from './exclusions.js';
import { type HistoryEntry, KnownHistory } from './known-history.js';
import type { ScoredItem } from './scored-item.js';
import type { ServingModel } from './serving-model.js';
import { type TextItems, withTextItems } from './text-items.js';

export interface RecommendRequest {
  /** Whose history it is: models may know more of a known user than that. */
  readonly userId?: string | undefined;
  readonly history: readonly HistoryEntry[];
  readonly limit: number;
  /** Leave out the items of the history. */
  readonly excludeSeen: boolean;
  readonly excludeItems: Iterable<string>;
  /** Positions of items that nobody is shown at present (see `positionsOf`). */
  readonly withheld?: ReadonlySet<number> | undefined;
  /** Items beside the model's own, placed by their texts. Popularity says nothing of them: personal answers alone have them. */
  readonly textItems?: TextItems | undefined;
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
  /** Whom the history belongs to; as `segmentOfHistory`. */
  readonly segment: SegmentProfile | undefined;
}

/** Beyond so many neighbours of the graph, a scan of what is allowed is the cheaper question. */
const DEEPEST_GRAPH_SEARCH = 1000;
/** How many more than the limit are asked for at first: exclusions seldom all lie near. */
const FIRST_SLACK = 32;

/**
 * The one way to an answer, for known, unknown and anonymous users alike: the vector of the history, its nearest
 * items, less what is excluded. Always `limit` items while that many are allowed.
 */
export function recommend(model: ServingModel, request: RecommendRequest): Recommendations {
  const history = new KnownHistory(model, request.history, request.userId);
  const personal = history.speaks;
  const excluded = exclusionsOf(model, request);
  const items = personal
    ? personalItems(model, request, history, excluded)
    : named(model, mostPopularAllowed(model, request.limit, excluded));
  const shortfall = shortfallOf(model, request.limit, items.length, excluded);
  return { items, personal, shortfall, segment: segmentIn(model, history) };
}

function personalItems(
  model: ServingModel,
  request: RecommendRequest,
  history: KnownHistory,
  excluded: Exclusions,
): ScoredItem[] {
  const { limit, textItems } = request;
  const pseudo = pseudoItemsFor(model, history);
  const query = history.vectorWith(pseudo);
  const own = named(model, bestAllowed(model, query, history, limit, excluded, pseudo));
  if (textItems === undefined) return own;
  const hidden = new Set(hiddenItems(request));
  return withTextItems(own, textItems, query, limit, (itemId) => hidden.has(itemId));
}

/** What joins the history, where the artefact augments: of its own best items, only those of the history are left out. */
function pseudoItemsFor(model: ServingModel, history: KnownHistory): PseudoItems | undefined {
  const { items, strengths, times } = history;
  const ownBest = (count: number) => {
    const own = new Exclusions();
    for (const item of items) own.add(item);
    return bestAllowed(model, history.vector(), history, count, own).positions;
  };
  return pseudoItemsOf(model.artefact, items, strengths, ownBest, times);
}

/**
 * The items nearest to one item, by the inner product of their learned vectors, the prior of popularity left out: their
 * cosine, but for methods that rank by inner product, whose items keep their lengths. Undefined for an item that the model
 * does not know.
 */
export function similarItems(
  model: ServingModel,
  itemId: string,
  limit: number,
  withheld?: ReadonlySet<number>,
): { items: ScoredItem[]; shortfall: Shortfall | undefined } | undefined {
  const position = model.positions.get(itemId);
  if (position === undefined) return undefined;
  const { dimensions, itemVectors } = model.artefact;
  const query = itemVectors.slice(position * dimensions, (position + 1) * dimensions);
  query.fill(0, model.learnedWidth);
  const excluded = new Exclusions(withheld);
  excluded.add(position);
  const found = nearestAllowed(model, query, limit, excluded);
  return { items: named(model, found), shortfall: shortfallOf(model, limit, found.positions.length, excluded) };
}

/** The trained users nearest to a history, by cosine, without the user who asks. */
export function similarUsers(
  model: ServingModel,
  userId: string,
  history: readonly HistoryEntry[],
  limit: number,
): { users: { userId: string; score: number }[]; shortfall: Shortfall | undefined } {
  const none = (because: string) => ({ users: [], shortfall: { asked: limit, returned: 0, because } });
  if (model.users === undefined) return none('the model has no index of users');
  const direction = directionOf(model, history, userId);
  if (direction === undefined) return none('nothing that the model knows is in the history of this user');
  const { ids, index } = model.users;
  const found = index.search(direction, limit + 1);
  const users = [...found.positions]
    .map((position, rank) => ({ userId: ids[position] as string, score: found.scores[rank] as number }))
    .filter((user) => user.userId !== userId)
    .slice(0, limit);
  if (users.length >= limit) return { users, shortfall: undefined };
  return { users, shortfall: { asked: limit, returned: users.length, because: `the model knows ${ids.length} users` } };
}

/** The segment of a history; undefined where it says nothing, or the model's segments are not known. */
export function segmentOfHistory(
  model: ServingModel,
  history: readonly HistoryEntry[],
  userId?: string,
): SegmentProfile | undefined {
  return segmentIn(model, new KnownHistory(model, history, userId));
}

/** By the real items alone: who somebody is does not change with what is guessed of them. */
function segmentIn({ artefact, segments }: ServingModel, history: KnownHistory): SegmentProfile | undefined {
  if (segments === undefined || !history.speaks) return undefined;
  const segment = segmentOf(artefact, history.vector());
  return segment === undefined ? undefined : segments[segment];
}

/** The direction of a history without the prior. [D - 1], unit length; undefined where it says nothing. */
export function directionOf(
  model: ServingModel,
  history: readonly HistoryEntry[],
  userId?: string,
): Float32Array | undefined {
  const vector = new KnownHistory(model, history, userId).vector();
  const direction = vector.subarray(0, model.artefact.dimensions - 1);
  const length = Math.hypot(...direction);
  return length > 0 ? direction.map((value) => value / length) : undefined;
}

/** The positions of those of the items that the model knows. */
export function positionsOf(model: ServingModel, itemIds: Iterable<string>): Set<number> {
  const positions = new Set<number>();
  for (const itemId of itemIds) {
    const position = model.positions.get(itemId);
    if (position !== undefined) positions.add(position);
  }
  return positions;
}

function exclusionsOf(model: ServingModel, request: RecommendRequest): Exclusions {
  const excluded = new Exclusions(request.withheld);
  for (const itemId of hiddenItems(request)) excluded.add(model.positions.get(itemId));
  return excluded;
}

/**
 * The best allowed items by the artefact's whole score. Only items that get something beside their inner product can
 * overtake the nearest ones, so the two together are all that has to be looked at.
 */
function bestAllowed(
  model: ServingModel,
  query: Float32Array,
  { items, strengths }: KnownHistory,
  limit: number,
  excluded: Exclusions,
  pseudo?: PseudoItems,
): Neighbours {
  const { artefact } = model;
  if (!isJoined(artefact)) return nearestAllowed(model, query, limit, excluded);
  const additions = additionsOf(artefact, items, strengths, new Float64Array(artefact.items.length), pseudo);
  const added = new Map<number, number>();
  additions.positions.forEach((position, k) => {
    if (!excluded.has(position)) added.set(position, (added.get(position) ?? 0) + (additions.values[k] as number));
  });
  // An item that is taken down by what it gets leaves its place among the nearest to the next one.
  const takenDown = [...added.values()].filter((value) => value < 0).length;
  const nearest = nearestAllowed(model, query, limit + takenDown, excluded).positions;
  const candidates = new Set([...nearest, ...added.keys()]);
  const share = vectorShareOf(artefact);
  const best = new TopK(Math.min(limit, candidates.size));
  const exact = scan(query, artefact.itemVectors, candidates.size, candidates);
  exact.positions.forEach((position, k) => {
    best.offer(share * (exact.scores[k] as number) + (added.get(position) ?? 0), position);
  });
  const found = { positions: new Uint32Array(best.size), scores: new Float32Array(best.size) };
  best.drain(found.positions, found.scores);
  return found;
}

/** What this request may not return, whether the model knows it or not. */
function* hiddenItems({ excludeItems, history, excludeSeen }: RecommendRequest): Generator<string> {
  yield* excludeItems;
  for (const { itemId, strength } of history) {
    // What was returned or disliked is never shown again, whatever is asked.
    if (excludeSeen || strength < 0) yield itemId;
  }
}

/** Scores are exact inner products whichever way the items were found. */
function nearestAllowed(model: ServingModel, query: Float32Array, limit: number, excluded: Exclusions): Neighbours {
  const { items, itemVectors } = model.artefact;
  const wanted = Math.min(limit, items.length - excluded.size);
  for (const depth of graphDepths(limit, excluded.size)) {
    const allowed = model.itemIndex.search(query, depth).positions.filter((position) => !excluded.has(position));
    if (allowed.length >= wanted) return scan(query, itemVectors, limit, allowed);
  }
  return scan(query, itemVectors, limit, allowedPositions(model, excluded));
}

/** How many neighbours to ask the graph for, one after the other: few at first, at the end enough for the worst case. */
function* graphDepths(limit: number, excludedCount: number): Generator<number> {
  const enough = limit + excludedCount;
  const last = Math.min(enough, DEEPEST_GRAPH_SEARCH);
  for (let depth = 2 * limit + FIRST_SLACK; depth < last; depth *= 4) yield depth;
  if (enough <= DEEPEST_GRAPH_SEARCH) yield enough;
}

function* allowedPositions(model: ServingModel, excluded: Exclusions): Generator<number> {
  for (let position = 0; position < model.artefact.items.length; position++) {
    if (!excluded.has(position)) yield position;
  }
}

function mostPopularAllowed(model: ServingModel, limit: number, excluded: Exclusions): Neighbours {
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
  return Array.from(found.positions, (position, rank) => ({
    itemId: model.artefact.items[position] as string,
    score: found.scores[rank] as number,
  }));
}

function shortfallOf(
  model: ServingModel,
  asked: number,
  returned: number,
  excluded: Exclusions,
): Shortfall | undefined {
  if (returned >= asked) return undefined;
  const total = model.artefact.items.length;
  return {
    asked,
    returned,
    because: `the model knows ${total} items and ${excluded.size} of them are excluded for this request`,
  };
}
