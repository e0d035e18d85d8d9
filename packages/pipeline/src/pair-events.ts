import { createSnapshot } from '@kindred/pairs';
import { readEvents, recordSnapshot } from '@kindred/storage';
import { folders } from './folders.js';
import type { PairResult, StageContext } from './stage-context.js';

/**
 * Events of the database → a snapshot on disk: interactions, explicit negatives, split.
 * @throws KindredError DATA_EMPTY, SPLIT_INVALID
 */
export async function pairEvents(context: StageContext): Promise<PairResult> {
  const { database, dataDir, settings, run, progress } = context;
  const manifest = await createSnapshot(readEvents(database.db), settings.pair, folders.snapshots(dataDir));
  const path = folders.snapshot(dataDir, manifest.snapshotId);
  await recordSnapshot(database.db, { id: manifest.snapshotId, runId: run.id, path, manifest });
  const { serve, evaluate } = manifest.parts;
  const result = {
    snapshotId: manifest.snapshotId,
    split: manifest.split.kind,
    users: serve.users,
    items: serve.items,
    positives: serve.positives,
    negatives: serve.negatives,
    testUsers: evaluate.heldOutUsers,
  };
  progress.say(
    `snapshot ${result.snapshotId}: ${result.positives} positives of ${result.users} users and ${result.items} items, ${result.split} split`,
    result,
  );
  return result;
}
