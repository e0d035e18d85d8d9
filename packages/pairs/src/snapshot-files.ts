import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type ItemId, KindredError, type UserId } from '@kindred/domain';
import type { EventLog, EventSets, EventSource } from './event-log.js';
import { encodeParquet, readParquet } from './parquet-columns.js';
import type { PairSettingsInput } from './settings.js';
import {
  type DividedLog,
  divideEvents,
  SNAPSHOT_FORMAT_VERSION,
  type Snapshot,
  type SnapshotSummary,
  snapshotIdOf,
} from './snapshot.js';
import * as columns from './snapshot-columns.js';
import { buildPart, PART_NAMES, type PartName, type SnapshotPart, statisticsOf } from './snapshot-part.js';

/** One file of a snapshot. */
export interface SnapshotFile {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** Figures of one part. */
export interface PartCounts {
  readonly users: number;
  readonly items: number;
  readonly events: number;
  readonly positives: number;
  readonly negatives: number;
  /** Known users with something held out. */
  readonly heldOutUsers: number;
  /** Held-out pairs of known users whose item training knows. */
  readonly heldOutItems: number;
  /** Held-out pairs of known users whose item training does not know. */
  readonly unknownItems: number;
  readonly newUsers: number;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** manifest.json. It names no clock and no machine: the same events and settings give the same bytes. */
export interface SnapshotManifest extends SnapshotSummary {
  readonly parts: Readonly<Record<PartName, PartCounts>>;
  readonly files: readonly SnapshotFile[];
}

/** A snapshot in files. */
export interface StoredSnapshot extends Snapshot {
  readonly path: string;
  readonly manifest: SnapshotManifest;
}

const MANIFEST = 'manifest.json';

/**
 * Divides events, builds the three parts and writes them to dir/<snapshotId>/. The folder appears whole by a rename
 * or not at all; when it is there already and sound, it is kept.
 * @throws KindredError as divideEvents does, and DATA_EMPTY when the training of a part is empty
 */
export async function createSnapshot(
  source: EventSource | EventSets,
  settings: PairSettingsInput,
  dir: string,
): Promise<SnapshotManifest> {
  const divided = await divideEvents(source, settings);
  await mkdir(dir, { recursive: true });
  const temporary = join(dir, `.tmp-${divided.summary.snapshotId}-${randomBytes(6).toString('hex')}`);
  await mkdir(temporary);
  try {
    const manifest = await writeFiles(divided, temporary);
    await publish(temporary, join(dir, manifest.snapshotId));
    return manifest;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function writeFiles({ log, summary }: DividedLog, folder: string): Promise<SnapshotManifest> {
  const files = [await writeParquet(folder, 'events.parquet', columns.eventColumns(log))];
  const parts: Partial<Record<PartName, PartCounts>> = {};
  for (const name of PART_NAMES) {
    // One part at a time, dropped once it is written: memory holds the log and a single part.
    const { part, heldOutPairs } = buildPart(log, summary.settings, name);
    for (const [kind, data] of columns.partColumns(part, heldOutPairs, log)) {
      files.push(await writeParquet(folder, `${name}.${kind}.parquet`, data));
    }
    parts[name] = countPart(part);
  }
  const manifest: SnapshotManifest = { ...summary, parts: parts as Record<PartName, PartCounts>, files };
  await writeDurably(join(folder, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return manifest;
}

async function writeParquet(
  folder: string,
  name: string,
  data: Parameters<typeof encodeParquet>[0],
): Promise<SnapshotFile> {
  const bytes = encodeParquet(data);
  await writeDurably(join(folder, name), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name, rows: data[0]?.data.length ?? 0, bytes: bytes.length, sha256 };
}

/** Written and flushed to the disk, so that the rename can't publish a file that a power cut would empty. */
async function writeDurably(path: string, content: Uint8Array | string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function publish(temporary: string, target: string): Promise<void> {
  if (await exists(target)) {
    const sound = await readSnapshot(target).then(
      () => true,
      () => false,
    );
    if (sound) return;
    // A damaged copy is replaced: the id says that its content would be the same.
    await rename(target, join(temporary, 'damaged'));
  }
  await rename(temporary, target).catch(async (cause: NodeJS.ErrnoException) => {
    const raced = (cause.code === 'ENOTEMPTY' || cause.code === 'EEXIST') && (await exists(target));
    // Another process published the same id in between; its bytes are ours.
    if (!raced) throw cause;
  });
  await rm(join(target, 'damaged'), { recursive: true, force: true });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function countPart(part: SnapshotPart): PartCounts {
  const { data, heldOut, statistics } = part;
  const iso = (timeMs: number | undefined) => (timeMs === undefined ? undefined : new Date(timeMs).toISOString());
  let heldOutUsers = 0;
  let unknownItems = 0;
  for (let u = 0; heldOut !== undefined && u < part.users.length; u++) {
    const unknown = heldOut.unknownItems[u] as number;
    const known = (heldOut.items.offsets[u + 1] as number) - (heldOut.items.offsets[u] as number);
    if (known + unknown > 0) heldOutUsers += 1;
    unknownItems += unknown;
  }
  return {
    users: part.users.length,
    items: part.items.length,
    events: statistics.eventCount,
    positives: data.positives.columns.length,
    negatives: data.negatives.columns.length,
    heldOutUsers,
    heldOutItems: heldOut?.items.columns.length ?? 0,
    unknownItems,
    newUsers: part.newUsers.length,
    from: iso(statistics.startTimeMs),
    to: iso(data.endTimeMs),
  };
}

/**
 * Opens a snapshot folder: checks the manifest and the checksum of every file; parts are loaded when asked for.
 * @throws KindredError NOT_FOUND when there is no manifest, SNAPSHOT_CORRUPT when anything does not fit
 */
export async function readSnapshot(path: string): Promise<StoredSnapshot> {
  const manifest = await readManifest(path);
  for (const file of manifest.files) await verifyFile(path, file);
  const parts = new Map<PartName, Promise<SnapshotPart>>();
  let log: Promise<EventLog> | undefined;
  return {
    path,
    manifest,
    summary: manifest,
    part: (name) => {
      const loaded = parts.get(name) ?? orCorrupt(path, () => loadPart(path, manifest, name));
      parts.set(name, loaded);
      return loaded;
    },
    events: () => {
      log ??= orCorrupt(path, () => loadEvents(path, manifest));
      return log;
    },
  };
}

async function readManifest(path: string): Promise<SnapshotManifest> {
  let text: string;
  try {
    text = await readFile(join(path, MANIFEST), 'utf8');
  } catch (cause) {
    throw new KindredError('NOT_FOUND', `there is no snapshot at ${path}`, { cause });
  }
  const manifest = await orCorrupt(path, async () => JSON.parse(text) as SnapshotManifest);
  if (manifest?.formatVersion !== SNAPSHOT_FORMAT_VERSION) {
    throw corrupt(
      path,
      `its format version is ${manifest?.formatVersion}, this Kindred reads ${SNAPSHOT_FORMAT_VERSION}`,
    );
  }
  if (manifest.snapshotId !== snapshotIdOf(manifest)) throw corrupt(path, 'the manifest does not give its own id');
  const listed = new Set(Array.isArray(manifest.files) ? manifest.files.map((file) => file?.name) : []);
  const expected = await orCorrupt(path, async () => expectedFiles(manifest));
  const missing = expected.find((name) => !listed.has(name));
  if (missing !== undefined) throw corrupt(path, `the manifest does not list ${missing}`);
  return manifest;
}

function expectedFiles({ counts }: SnapshotManifest): string[] {
  const files = ['events.parquet'];
  for (const name of PART_NAMES) {
    for (const kind of ['users', 'items', 'positives', 'negatives']) files.push(`${name}.${kind}.parquet`);
  }
  if (counts.eventsBySet.validation > 0) files.push('select.held_out.parquet');
  if (counts.eventsBySet.test > 0) files.push('evaluate.held_out.parquet');
  return files;
}

async function verifyFile(path: string, file: SnapshotFile): Promise<void> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(join(path, file.name)), hash);
  } catch (cause) {
    throw corrupt(path, `${file.name} can not be read`, cause);
  }
  if (hash.digest('hex') !== file.sha256) throw corrupt(path, `${file.name} does not have its checksum`);
}

function corrupt(path: string, why: string, cause?: unknown): KindredError {
  return new KindredError('SNAPSHOT_CORRUPT', `snapshot ${path}: ${why}`, { cause });
}

async function orCorrupt<T>(path: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (cause instanceof KindredError) throw cause;
    throw corrupt(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

async function loadEvents(path: string, manifest: SnapshotManifest): Promise<EventLog> {
  const file = join(path, 'events.parquet');
  const timed = manifest.timeRange !== undefined;
  const read = await readParquet(file, columns.EVENT_KINDS);
  return columns.eventLogFrom(read, timed ? (await readParquet(file, columns.TIME_KIND)).time : undefined);
}

async function loadPart(path: string, manifest: SnapshotManifest, name: PartName): Promise<SnapshotPart> {
  const file = (kind: string) => join(path, `${name}.${kind}.parquet`);
  const counts = manifest.parts[name];
  const timeMs = (iso: string | undefined) => (iso === undefined ? undefined : Date.parse(iso));
  const users = (await readParquet(file('users'), columns.USER_KINDS)).user_id as UserId[];
  const items = (await readParquet(file('items'), columns.ITEM_KINDS)).item_id as ItemId[];
  const positive = await readParquet(file('positives'), columns.POSITIVE_KINDS);
  const negative = await readParquet(file('negatives'), columns.NEGATIVE_KINDS);
  const matrix = (rows: Int32Array, items_: Int32Array, values: Float32Array) =>
    columns.matrixFromColumns(users.length, items.length, rows, items_, values);
  const positives = matrix(positive.user, positive.item, positive.strength);
  const times = counts.to === undefined ? undefined : (await readParquet(file('positives'), columns.TIME_KIND)).time;
  const hasHeldOut = manifest.files.some((listed) => listed.name === `${name}.held_out.parquet`);
  const held = hasHeldOut
    ? columns.heldOutFromColumns(await readParquet(file('held_out'), columns.HELD_OUT_KINDS), users, items)
    : undefined;
  return {
    name,
    users,
    items,
    data: {
      positives,
      weights: positive.weight,
      times,
      negatives: matrix(negative.user, negative.item, negative.weight),
      endTimeMs: timeMs(counts.to),
    },
    statistics: statisticsOf(positives, counts.events, timeMs(counts.from)),
    heldOut: held?.heldOut,
    newUsers: held?.newUsers ?? [],
  };
}
