import type { RecommendationsResponse } from '@kindred/api-schema';
import type { ScoredItem } from '@kindred/serving';
import { type Queryable, titlesOfItems } from '@kindred/storage';

/** Ranks from 1 on, and the titles that the catalogue knows. */
export async function withTitles(
  db: Queryable,
  items: readonly ScoredItem[],
): Promise<RecommendationsResponse['items']> {
  if (items.length === 0) return [];
  const titles = await titlesOfItems(
    db,
    items.map((item) => item.itemId),
  );
  return items.map(({ itemId, score }, k) => {
    const title = titles.get(itemId);
    return { itemId, score, rank: k + 1, ...(title === undefined ? {} : { title }) };
  });
}
