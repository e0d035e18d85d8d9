import { hasEntry, KindredError, type Random, type SparseMatrix } from '@kindred/domain';

/** Where the negatives of a pair come from. */
export interface NegativeSampler {
  readonly name: string;
  /**
   * Draws `count` items for each user, none of which the user has as a positive in training. Draws are independent
   * (an item may come twice) unless the sampler says otherwise.
   * @param users [B]: positions in the training data
   * @param out [B, count] row-major, overwritten
   * @throws KindredError NEGATIVES_EXHAUSTED for a user who has every item; leave such users out (hasNegatives)
   */
  draw(users: Uint32Array, count: number, out: Uint32Array): void;
}

/** A sampler that knows its own distribution, so that a loss can correct for it (logQ). */
export interface ProposalSampler extends NegativeSampler {
  /** ln of the probability that one draw for the user gives the item; -Infinity for an item of the user. */
  logProbability(user: number, item: number): number;
}

/** Whether there is an item that the user does not have. */
export function hasNegatives(positives: SparseMatrix, user: number): boolean {
  return degreeOf(positives, user) < positives.columnCount;
}

/** Number of items that the user has. */
export function degreeOf(positives: SparseMatrix, user: number): number {
  return (positives.offsets[user + 1] as number) - (positives.offsets[user] as number);
}

/** Rejected proposals after which the items left are listed: for users who have nearly everything. */
const MOST_REJECTIONS = 50;

/**
 * One item that the user does not have, with probability proportional to `weightOf`.
 * @param propose draws an item with that probability from all items
 */
export function drawUnowned(
  positives: SparseMatrix,
  user: number,
  propose: () => number,
  weightOf: (item: number) => number,
  random: Random,
): number {
  if (!hasNegatives(positives, user)) {
    throw new KindredError(
      'NEGATIVES_EXHAUSTED',
      `the user at position ${user} has all ${positives.columnCount} items`,
    );
  }
  for (let rejections = 0; rejections < MOST_REJECTIONS; rejections++) {
    const item = propose();
    if (!hasEntry(positives, user, item)) return item;
  }
  return drawFromRest(positives, user, weightOf, random);
}

/** The exact conditional distribution, in time linear in the catalogue. */
function drawFromRest(
  positives: SparseMatrix,
  user: number,
  weightOf: (item: number) => number,
  random: Random,
): number {
  const rest = itemsWithout(positives, user);
  let threshold = random.next() * sumOf(rest, weightOf);
  for (const item of rest) {
    threshold -= weightOf(item);
    if (threshold < 0) return item;
  }
  return rest.at(-1) as number;
}

/** The items that the user does not have, ascending. */
export function itemsWithout(positives: SparseMatrix, user: number): Uint32Array {
  const rest = new Uint32Array(positives.columnCount - degreeOf(positives, user));
  const end = positives.offsets[user + 1] as number;
  let next = positives.offsets[user] as number;
  let count = 0;
  for (let item = 0; item < positives.columnCount; item++) {
    if (next < end && positives.columns[next] === item) {
      next += 1;
    } else {
      rest[count] = item;
      count += 1;
    }
  }
  return rest;
}

/** Sum of the items' weights. */
export function sumOf(items: Uint32Array, weightOf: (item: number) => number): number {
  return items.reduce((sum, item) => sum + weightOf(item), 0);
}

/** Fills `out` by one draw per place. */
export function fillDraws(
  users: Uint32Array,
  count: number,
  out: Uint32Array,
  drawOne: (user: number) => number,
): void {
  requireRoom(users, count, out);
  for (let b = 0; b < users.length; b++) {
    const user = users[b] as number;
    for (let k = 0; k < count; k++) out[b * count + k] = drawOne(user);
  }
}

/** @throws KindredError INTERNAL when the output can't hold the draws: a defect of the caller */
export function requireRoom(users: Uint32Array, count: number, out: Uint32Array): void {
  if (out.length >= users.length * count) return;
  throw new KindredError('INTERNAL', `room for ${out.length} negatives, ${users.length} x ${count} were asked`);
}
