import type { Event } from '@kindred/domain';
import { assertNoLeak, createSnapshot, readSnapshot } from '@kindred/pairs';
import { findOldestTimeMs, readEvents, recordSnapshot } from '@kindred/storage';
import { folders } from './folders.js';
import type { PairResult, StageContext } from './stage-context.js';

/**
 * Events of the database → a snapshot on disk: interactions, explicit negatives, split.
 * @throws KindredError DATA_EMPTY, SPLIT_INVALID, SPLIT_LEAK
 */
export async function pairEvents(context: StageContext): Promise<PairResult> {
  const { database, dataDir, settings, run, progress } = context;
  const oldestTimeMs = await findOldestTimeMs(database.db);
  const events = timedThroughout(readEvents(database.db), oldestTimeMs);
  const manifest = await createSnapshot(events, { seed: settings.seed, ...settings.pair }, folders.snapshots(dataDir));
  const path = folders.snapshot(dataDir, manifest.snapshotId);
  // Read back from the files that training will read: what was held out must not be in them.
  await assertNoLeak(await readSnapshot(path));
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

/** Where some events have times, one without counts as the oldest: a log with a half time axis can be split by time. */
async function* timedThroughout(
  batches: AsyncIterable<readonly Event[]>,
  oldestTimeMs: number | undefined,
): AsyncGenerator<readonly Event[]> {
  for await (const batch of batches) {
    yield oldestTimeMs === undefined
      ? batch
      : batch.map((event) => (event.timeMs === undefined ? { ...event, timeMs: oldestTimeMs } : event));
  }
}
