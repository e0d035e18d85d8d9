import { readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { KindredError } from '@kindred/domain';
import { chooseDriver, getDriver } from './drivers.js';
import {
  checkFile,
  createStaging,
  findManifestText,
  type IndexManifest,
  nameByContent,
  parseManifest,
  publishIndex,
  writeFlushed,
} from './index-folder.js';
import { exactBorders, recallAgainst } from './recall.js';
import { DEFAULT_INDEX_SETTINGS, type DriverName, type IndexSettings, type VectorIndex } from './vector-index.js';

export type { IndexManifest } from './index-folder.js';

export interface BuildIndexOptions {
  readonly driver?: DriverName | 'auto';
  readonly settings?: Partial<IndexSettings>;
  /** The build is refused when recall@10 stays below this at the highest ef. */
  readonly recallFloor?: number;
  /** [size]: the ids of the rows, to be kept with the index and handed out by `openIndex`. */
  readonly labels?: readonly string[];
  readonly signal?: AbortSignal;
}

/** Below this measured recall@10, ef is raised, then the build refused. */
export const RECALL_FLOOR = 0.98;
const RECALL_K = 10;
const MAX_EF_SEARCH = 1600;
const LABELS = 'labels.json';

/**
 * Builds an index in a worker thread, measures its recall@10 on real user vectors, and makes it the index of the
 * folder by one rename: a reader sees the old index or the new one, never a part.
 * @param folder made when it is not there; the index that it holds is replaced when the new one is complete
 * @param vectors [size, dimensions]
 * @param queries [count, dimensions] user vectors to measure recall with
 * @throws KindredError RECALL_TOO_LOW, INDEX_DRIVER_UNAVAILABLE, INTERRUPTED by the signal
 */
export async function buildIndex(
  folder: string,
  vectors: Float32Array,
  dimensions: number,
  queries: Float32Array,
  options: BuildIndexOptions = {},
): Promise<IndexManifest> {
  const driver = await chooseDriver(options.driver ?? 'auto');
  const settings = { ...DEFAULT_INDEX_SETTINGS, ...options.settings };
  const size = vectors.length / dimensions;
  const { labels, recallFloor = RECALL_FLOOR } = options;
  if (labels !== undefined && labels.length !== size) {
    throw new KindredError('MATRIX_INVALID', `${labels.length} labels for an index of ${size} vectors`);
  }
  const staging = await createStaging(folder);
  try {
    const name = `vectors.${driver.name}`;
    const started = performance.now();
    await buildInWorker(
      { driver: driver.name, vectors, dimensions, settings, file: join(staging, name) },
      options.signal,
    );
    const buildSeconds = (performance.now() - started) / 1000;
    const index = await driver.open(join(staging, name), size, dimensions, settings.efSearch);
    const recall = raiseEfUntilRecall(index, vectors, queries, recallFloor);
    if (labels !== undefined) await writeFlushed(join(staging, LABELS), JSON.stringify(labels));
    const manifest: IndexManifest = {
      formatVersion: 1,
      driver: driver.name,
      dimensions,
      size,
      settings,
      efSearch: index.efSearch,
      recall: { k: RECALL_K, queries: queries.length / dimensions, value: recall },
      file: await nameByContent(staging, name),
      ...(labels === undefined ? {} : { labels: await nameByContent(staging, LABELS) }),
      buildSeconds: Number(buildSeconds.toFixed(3)),
    };
    await publishIndex(staging, folder, manifest);
    return manifest;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** An index as it was published. */
export interface OpenedIndex {
  readonly index: VectorIndex;
  readonly manifest: IndexManifest;
  /** [size]: undefined for an index that was built without. */
  readonly labels: readonly string[] | undefined;
}

/**
 * Opens a published index after checking its checksums, with the ef that its recall was measured at.
 * @throws KindredError INDEX_CORRUPT, INDEX_DRIVER_UNAVAILABLE
 */
export async function openIndex(folder: string): Promise<OpenedIndex> {
  for (;;) {
    const text = await findManifestText(folder);
    try {
      return await openDescribed(folder, parseManifest(text, folder));
    } catch (error) {
      // The files of an index that was replaced while it was being opened are gone: its successor is opened.
      if (text === undefined || (await findManifestText(folder)) === text) throw error;
    }
  }
}

/** Opens the folder's index, or undefined where there is none. @throws as `openIndex` does */
export async function findIndex(folder: string): Promise<OpenedIndex | undefined> {
  return (await findManifestText(folder)) === undefined ? undefined : openIndex(folder);
}

async function openDescribed(folder: string, manifest: IndexManifest): Promise<OpenedIndex> {
  const driver = getDriver(manifest.driver);
  const fault = await driver.findFault();
  if (fault !== undefined) throw new KindredError('INDEX_DRIVER_UNAVAILABLE', `${fault.why}; ${fault.remedy}`);
  await checkFile(folder, manifest.file);
  const labels = await readLabels(folder, manifest);
  const { size, dimensions, efSearch } = manifest;
  const index = await driver.open(join(folder, manifest.file.name), size, dimensions, efSearch);
  return { index, manifest, labels };
}

async function readLabels(folder: string, { labels, size }: IndexManifest): Promise<string[] | undefined> {
  if (labels === undefined) return undefined;
  await checkFile(folder, labels);
  const list = JSON.parse(await readFile(join(folder, labels.name), 'utf8')) as string[];
  if (list.length === size) return list;
  throw new KindredError('INDEX_CORRUPT', `${folder} has ${list.length} labels for ${size} vectors`);
}

function raiseEfUntilRecall(index: VectorIndex, vectors: Float32Array, queries: Float32Array, floor: number): number {
  const borders = exactBorders(vectors, queries, index.dimensions, RECALL_K);
  for (;;) {
    const recall = recallAgainst(index, queries, borders, RECALL_K);
    if (recall >= floor) return recall;
    if (index.driver === 'exact' || index.efSearch >= MAX_EF_SEARCH) {
      throw new KindredError(
        'RECALL_TOO_LOW',
        `recall@${RECALL_K} is ${recall.toFixed(4)} at ef ${index.efSearch}, the floor is ${floor}`,
      );
    }
    index.efSearch = Math.min(2 * index.efSearch, MAX_EF_SEARCH);
  }
}

/** What the worker thread is told. */
export interface BuildTask {
  readonly driver: DriverName;
  readonly vectors: Float32Array;
  readonly dimensions: number;
  readonly settings: IndexSettings;
  readonly file: string;
}

async function buildInWorker(task: BuildTask, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) throw interrupted(signal);
  const entry = createRequire(import.meta.url).resolve('@kindred/vector-index/build-worker');
  const shared = new Float32Array(new SharedArrayBuffer(task.vectors.byteLength));
  shared.set(task.vectors);
  const worker = new Worker(entry, { workerData: { ...task, vectors: shared } });
  const abort = () => void worker.terminate();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
      worker.once('exit', (code) => {
        if (signal?.aborted) reject(interrupted(signal));
        else reject(new KindredError('INTERNAL', `the thread that builds the index ended with code ${code}`));
      });
    });
  } finally {
    signal?.removeEventListener('abort', abort);
    await worker.terminate();
  }
}

function interrupted(signal: AbortSignal): KindredError {
  return new KindredError('INTERRUPTED', 'the index build was interrupted', { cause: signal.reason });
}
