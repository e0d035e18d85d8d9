import { join } from 'node:path';
import { baseOf, encodeHistory, loadArtefact, type ModelArtefact, userDirections } from '@kindred/models/artefact';
import type { SnapshotPart } from '@kindred/pairs';
import { buildUserDirectory, ITEM_INDEX_FOLDER, writeSegments } from '@kindred/serving';
import { advanceModel } from '@kindred/storage';
import { buildIndex, type DriverName } from '@kindred/vector-index';
import { chosenModel, openSnapshot } from './chosen.js';
import { folders } from './folders.js';
import { modelSegments } from './model-segments.js';
import type { IndexResult, StageContext } from './stage-context.js';
import { everybodyIn, trainedHistory } from './trained-history.js';

/** How many real user vectors recall is measured with. */
const RECALL_QUERIES = 1000;

/**
 * A model → its index over items, with recall@10 measured on the vectors of real users, the index over users, and what
 * its segments are, where it has some.
 * @throws KindredError RECALL_TOO_LOW, MODEL_WITHOUT_VECTORS
 */
export async function indexModel(context: StageContext): Promise<IndexResult> {
  const { database, settings, progress, signal } = context;
  const model = await chosenModel(context);
  const folder = folders.served(model.path);
  const artefact = await loadArtefact(folder);
  const part = await (await openSnapshot(database, model.snapshotId)).part('serve');
  const options = {
    driver: settings.index as DriverName | 'auto',
    settings: { seed: settings.seed },
    ...(signal === undefined ? {} : { signal }),
  };
  const manifest = await buildIndex(
    join(folder, ITEM_INDEX_FOLDER),
    artefact.itemVectors,
    artefact.dimensions,
    sampleUserVectors(artefact, part),
    options,
  );
  const directions = userDirections(artefact, everybodyIn(part));
  await buildUserDirectory(folder, part.users, directions, artefact.dimensions - 1, options);
  const segments = await modelSegments(database.db, artefact, part, directions);
  if (segments !== undefined) await writeSegments(folder, segments.segments, segments.profiles);
  const result = {
    modelId: model.id,
    driver: manifest.driver,
    items: manifest.size,
    dimensions: manifest.dimensions,
    efSearch: manifest.efSearch,
    recallAt10: manifest.recall.value,
    seconds: manifest.buildSeconds,
  };
  await advanceModel(database.db, model.id, 'indexed', { index: result });
  progress.say(
    `${manifest.driver} index of ${result.items} items, recall@10 ${result.recallAt10.toFixed(4)} at ef ${result.efSearch}`,
    result,
  );
  return result;
}

/** Vectors of users spread evenly over the snapshot. [count, D] */
function sampleUserVectors(artefact: ModelArtefact, part: SnapshotPart): Float32Array {
  const count = Math.min(RECALL_QUERIES, part.users.length);
  const vectors = new Float32Array(count * artefact.dimensions);
  for (let k = 0; k < count; k++) {
    const user = Math.floor((k * part.users.length) / count);
    vectors.set(
      encodeHistory(artefact, ...trainedHistory(part, user), baseOf(artefact, user)),
      k * artefact.dimensions,
    );
  }
  return vectors;
}
