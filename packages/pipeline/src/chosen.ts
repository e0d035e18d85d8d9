import { KindredError } from '@kindred/domain';
import { readSnapshot, type StoredSnapshot as SnapshotOnDisk } from '@kindred/pairs';
import {
  type Database,
  findNewestModel,
  findNewestSnapshot,
  getModel,
  getSnapshot,
  type StoredModel,
} from '@kindred/storage';
import type { PairResult, StageContext, TrainResult } from './stage-context.js';

/** The snapshot that the run made, was told, or else the newest. @throws KindredError NOT_FOUND, DATA_EMPTY */
export async function chosenSnapshot({ database, run, settings }: StageContext): Promise<SnapshotOnDisk> {
  const fromRun = (run.results.pair as PairResult | undefined)?.snapshotId;
  return namedSnapshot(database, fromRun ?? settings.snapshotId);
}

/** A snapshot by its id, or else the newest. @throws KindredError NOT_FOUND, DATA_EMPTY, SNAPSHOT_CORRUPT */
export async function namedSnapshot(database: Database, named: string | undefined): Promise<SnapshotOnDisk> {
  const id = named ?? (await findNewestSnapshot(database.db))?.id;
  if (id === undefined) throw new KindredError('DATA_EMPTY', 'there is no snapshot yet; run `kindred pair` first');
  return openSnapshot(database, id);
}

/** A snapshot by its id. @throws KindredError NOT_FOUND, SNAPSHOT_CORRUPT */
export async function openSnapshot(database: Database, id: string): Promise<SnapshotOnDisk> {
  return readSnapshot((await getSnapshot(database.db, id)).path);
}

/** The model that the run trained, was told, or else the newest. @throws KindredError NOT_FOUND */
export async function chosenModel({ database, run, settings }: StageContext): Promise<StoredModel> {
  const id = (run.results.train as TrainResult | undefined)?.modelId ?? settings.modelId;
  if (id !== undefined && id !== 'latest') return getModel(database.db, id);
  const newest = await findNewestModel(database.db);
  if (newest === undefined) throw new KindredError('NOT_FOUND', 'there is no model yet; run `kindred train` first');
  return newest;
}

/** A few users of a snapshot, spread evenly over its vocabulary, each with some history. */
export async function sampleUsers(database: Database, snapshotId: string, count: number): Promise<string[]> {
  const { users, data } = await (await openSnapshot(database, snapshotId)).part('serve');
  const { offsets } = data.positives;
  const active = users.filter((_, row) => (offsets[row + 1] as number) - (offsets[row] as number) >= LEAST_HISTORY);
  const from = active.length >= count ? active : users;
  return Array.from(
    { length: Math.min(count, from.length) },
    (_, k) => from[Math.floor(((k + 0.5) * from.length) / count)] as string,
  );
}

const LEAST_HISTORY = 5;
