import { rowEntries, type SparseMatrix } from '@kindred/domain';

/** An item that the users of a segment have more often than others. */
interface SegmentItem {
  readonly itemId: string;
  /** Users of the segment who have it. */
  readonly users: number;
  /** Its share of what the segment's users have, divided by its share of what all users have. */
  readonly lift: number;
}

/** Who is in a segment, and what sets them apart. */
export interface SegmentProfile {
  /** Position among the segments of the model: the same for as long as there is this model. */
  readonly id: number;
  /** Users of the training data in it. */
  readonly size: number;
  /** Of the users who are in some segment. */
  readonly share: number;
  /** What the segment's users have more often than others and half of the named items are of, where the catalogue tells. */
  readonly category: { readonly name: string; readonly lift: number } | undefined;
  /** Most telling first; empty where nothing stands out. */
  readonly items: readonly SegmentItem[];
}

export interface SegmentedUsers {
  /** [U]: segment of each user, -1 for none. */
  readonly segmentOfUser: Int32Array;
  /** S */
  readonly segmentCount: number;
  /** [U, I]: who has what. */
  readonly positives: SparseMatrix;
  /** [I]: item ids. */
  readonly items: readonly string[];
  /** By item id. */
  readonly categories: ReadonlyMap<string, string>;
}

/** What fewer users of a segment have does not describe it; and nobody's own history is told by a name. */
const LEAST_USERS = 3;
/** What is but a little more frequent in a segment does not describe it either. */
const LEAST_LIFT = 1.25;
/** Weight of the prior: the histories of so many average users. */
const PRIOR_USERS = 5;
const KEPT_ITEMS = 10;
const NAMED_ITEMS = 3;
const LONGEST_PART = 60;

/**
 * What stands out in each segment: items and categories by the z-score of their log-odds against all other users, with
 * what all users have as the prior (Monroe, Colaresi and Quinn, "Fightin' Words", Political Analysis 2008). By
 * the plain ratio items that three people know would describe every segment; by the count, the best-sellers.
 * @returns [S], by id
 */
export function describeSegments(users: SegmentedUsers): SegmentProfile[] {
  const { segmentOfUser, segmentCount, positives, items } = users;
  const members = membersOf(segmentOfUser, segmentCount);
  const segmented = members.reduce((sum, { length }) => sum + length, 0);
  const { names, categoryOfItem } = numberCategories(users);
  const identity = Int32Array.from(items.keys());
  const overallItems = countsOf(members.flat(), positives, identity);
  const overallCategories = countsOf(members.flat(), positives, categoryOfItem);
  return members.map((own, id) => {
    const size = own.length;
    const ofItems = standingOut(countsOf(own, positives, identity), overallItems, segmented);
    const named = ofItems.slice(0, NAMED_ITEMS);
    // A category that few of the named items are of would make a name that contradicts itself.
    const category = standingOut(countsOf(own, positives, categoryOfItem), overallCategories, segmented).find(
      ({ position }) => 2 * named.filter((item) => categoryOfItem[item.position] === position).length >= named.length,
    );
    return {
      id,
      size,
      share: segmented === 0 ? 0 : size / segmented,
      category:
        category === undefined || size < LEAST_USERS
          ? undefined
          : { name: names[category.position] as string, lift: category.lift },
      items: ofItems
        .slice(0, KEPT_ITEMS)
        .map(({ position, count, lift }) => ({ itemId: items[position] as string, users: count, lift })),
    };
  });
}

/**
 * A name for people: the category and the titles of the items that stand out most; ids where there is no title. Two
 * segments may have the same name; the id tells them apart.
 */
export function segmentName(
  { id, category, items }: SegmentProfile,
  titleOf: (itemId: string) => string | undefined,
): string {
  const titles = items.slice(0, NAMED_ITEMS).map(({ itemId }) => shortened(titleOf(itemId) ?? itemId));
  const parts = [category && shortened(category.name), titles.join('; ')].filter(Boolean);
  return parts.length > 0 ? parts.join(': ') : `Segment ${id}`;
}

/** The items whose titles a name is made of. */
export function namingItems({ items }: SegmentProfile): string[] {
  return items.slice(0, NAMED_ITEMS).map(({ itemId }) => itemId);
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  const characters = [...line];
  return characters.length > LONGEST_PART ? `${characters.slice(0, LONGEST_PART - 1).join('')}…` : line;
}

/** [S]: the users of each segment, in order. */
function membersOf(segmentOfUser: Int32Array, segmentCount: number): number[][] {
  const members = Array.from({ length: segmentCount }, (): number[] => []);
  segmentOfUser.forEach((segment, user) => {
    members[segment]?.push(user);
  });
  return members;
}

function numberCategories({ items, categories }: SegmentedUsers): { names: string[]; categoryOfItem: Int32Array } {
  const names = [...new Set(items.flatMap((itemId) => categories.get(itemId) ?? []))];
  const positions = new Map(names.map((name, position) => [name, position]));
  const categoryOfItem = Int32Array.from(items, (itemId) => positions.get(categories.get(itemId) ?? '') ?? -1);
  return { names, categoryOfItem };
}

/** How often each group of items, or each item, occurs in histories. */
interface Counts {
  readonly of: ReadonlyMap<number, number>;
  readonly total: number;
}

/** @param groupOfItem [I]: -1 for items that are not counted */
function countsOf(users: readonly number[], positives: SparseMatrix, groupOfItem: Int32Array): Counts {
  const counts = new Map<number, number>();
  let total = 0;
  for (const user of users) {
    for (const item of rowEntries(positives, user)[0]) {
      const group = groupOfItem[item] as number;
      if (group < 0) continue;
      counts.set(group, (counts.get(group) ?? 0) + 1);
      total++;
    }
  }
  return { of: counts, total };
}

interface Outstanding {
  readonly position: number;
  readonly count: number;
  readonly lift: number;
}

/** Most telling first, ties by position. @param users how many are counted in `overall` */
function standingOut(own: Counts, overall: Counts, users: number): Outstanding[] {
  const priorTotal = (PRIOR_USERS * overall.total) / users;
  const found: (Outstanding & { readonly score: number })[] = [];
  for (const [position, count] of own.of) {
    const all = overall.of.get(position) as number;
    const lift = count / own.total / (all / overall.total);
    if (count < LEAST_USERS || lift < LEAST_LIFT) continue;
    const prior = (priorTotal * all) / overall.total;
    const inside = logOdds(count + prior, own.total + priorTotal);
    const outside = logOdds(all - count + prior, overall.total - own.total + priorTotal);
    const variance = 1 / (count + prior) + 1 / (all - count + prior);
    found.push({ position, count, lift, score: (inside - outside) / Math.sqrt(variance) });
  }
  return found.sort((a, b) => b.score - a.score || a.position - b.position);
}

function logOdds(count: number, total: number): number {
  return Math.log(count / (total - count));
}
