import { KindredError } from '@kindred/domain';
import { loadArtefact, userVectors } from '@kindred/models/artefact';
import { namingItems, type SegmentProfile, segmentName } from '@kindred/serving';
import { type Database, findNewestModel, getModel, type Queryable, titlesOfItems } from '@kindred/storage';
import {
  makeOutputFolder,
  writeEmbeddings,
  writeSegmentTables,
  writeVocabularies,
} from './benchmark/benchmark-files.js';
import { openSnapshot } from './chosen.js';
import { folders } from './folders.js';
import { type ModelSegments, modelSegments } from './model-segments.js';
import { everybodyIn } from './trained-history.js';

export interface ExportedModel {
  readonly modelId: string;
  readonly users: number;
  readonly items: number;
  readonly dimensions: number;
  /** How many segments the model has; undefined for a model without. */
  readonly segments: number | undefined;
}

/**
 * Writes the served vectors of a model: `embeddings.METHOD.safetensors` with users [U, D] and items [I, D], and the ids
 * of their rows in users.tsv and items.tsv. A score is an inner product. For a model with segments also `segments.tsv` and
 * `user-segments.tsv`, the segment of each user (empty where the history says nothing).
 * @param modelId or `latest`
 * @throws KindredError NOT_FOUND, MODEL_CORRUPT; USAGE when nothing can be written to `out`
 */
export async function exportModel(database: Database, modelId: string, out: string): Promise<ExportedModel> {
  const model = modelId === 'latest' ? await findNewestModel(database.db) : await getModel(database.db, modelId);
  if (model === undefined) throw new KindredError('NOT_FOUND', 'there is no model yet; run `kindred train` first');
  const artefact = await loadArtefact(folders.served(model.path));
  const part = await (await openSnapshot(database, model.snapshotId)).part('serve');
  await makeOutputFolder(out);
  const users = userVectors(artefact, everybodyIn(part));
  const { dimensions, itemVectors } = artefact;
  await writeEmbeddings(out, model.method, { users, items: itemVectors, dimensions });
  await writeVocabularies(out, part.users, artefact.items);
  const segments = await modelSegments(database.db, artefact, part);
  if (segments !== undefined) await writeNamedSegments(database.db, out, part.users, segments);
  const counts = { users: part.users.length, items: artefact.items.length, segments: segments?.profiles.length };
  return { modelId: model.id, ...counts, dimensions };
}

async function writeNamedSegments(
  db: Queryable,
  out: string,
  userIds: readonly string[],
  { segmentOfUser, profiles }: ModelSegments,
): Promise<void> {
  const titles = await titlesOfItems(db, [...new Set(profiles.flatMap(namingItems))]);
  const nameOf = (profile: SegmentProfile) => segmentName(profile, (itemId) => titles.get(itemId));
  const rows = profiles.map((profile) => [profile.id, nameOf(profile), profile.size, profile.share]);
  await writeSegmentTables(out, rows, userIds, segmentOfUser);
}
