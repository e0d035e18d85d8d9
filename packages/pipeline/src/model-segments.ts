import { itemCategories } from '@kindred/datasets';
import { type ModelArtefact, type Segments, segmentOf, userDirections } from '@kindred/models/artefact';
import type { SnapshotPart } from '@kindred/pairs';
import { describeSegments, type SegmentProfile } from '@kindred/serving';
import { listItems, type Queryable } from '@kindred/storage';
import { everybodyIn } from './trained-history.js';

export interface ModelSegments {
  readonly segments: Segments;
  /** [U]: segment of each user, -1 for none. */
  readonly segmentOfUser: Int32Array;
  /** By id. */
  readonly profiles: readonly SegmentProfile[];
}

const PAGE_ITEMS = 5000;

/**
 * Who of a part is in which segment of a model, and what the segments are; undefined for a model without.
 * @param directions `userDirections` of everybody in the part, where the caller has them
 */
export async function modelSegments(
  db: Queryable,
  artefact: ModelArtefact,
  part: SnapshotPart,
  directions?: Float32Array,
): Promise<ModelSegments | undefined> {
  const { segments } = artefact;
  if (segments === undefined) return undefined;
  const width = artefact.dimensions - 1;
  const of = directions ?? userDirections(artefact, everybodyIn(part));
  const segmentOfUser = Int32Array.from(
    part.users,
    (_, user) => segmentOf(artefact, of.subarray(user * width, (user + 1) * width)) ?? -1,
  );
  const profiles = describeSegments({
    segmentOfUser,
    segmentCount: segments.vectors.length / width,
    positives: part.data.positives,
    items: artefact.items,
    categories: await categoriesOfCatalogue(db),
  });
  return { segments, segmentOfUser, profiles };
}

/** The category of each item of the catalogue that has one, by its id. */
async function categoriesOfCatalogue(db: Queryable): Promise<ReadonlyMap<string, string>> {
  const categories = new Map<string, string>();
  let afterItemId: string | undefined;
  for (;;) {
    const page = await listItems(db, { afterItemId, limit: PAGE_ITEMS });
    for (const [itemId, category] of itemCategories(page)) categories.set(itemId, category);
    if (page.length < PAGE_ITEMS) return categories;
    afterItemId = page.at(-1)?.itemId;
  }
}
