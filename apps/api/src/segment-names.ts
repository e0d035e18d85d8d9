import { namingItems, type SegmentProfile, segmentName } from '@kindred/serving';
import type { ItemTitles } from './item-titles.js';

/** Names of segments by the titles of today's catalogue. */
export async function segmentNames(
  titles: ItemTitles,
  profiles: readonly SegmentProfile[],
): Promise<(profile: SegmentProfile) => string> {
  const known = await titles.titlesOf([...new Set(profiles.flatMap(namingItems))]);
  return (profile) => segmentName(profile, (itemId) => known.get(itemId));
}
