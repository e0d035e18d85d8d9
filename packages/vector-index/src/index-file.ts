import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { KindredError } from '@kindred/domain';
import { chooseDriver, getDriver } from './drivers.js';
import { measureRecall } from './recall.js';
import { DEFAULT_INDEX_SETTINGS, type DriverName, type IndexSettings, type VectorIndex } from './vector-index.js';

/** What stands beside an index file. */
export interface IndexManifest {
  readonly formatVersion: 1;
  readonly driver: DriverName;
  readonly dimensions: number;
  readonly size: number;
  readonly settings: IndexSettings;
  /** ef after the recall measurement, to be set again after load. */
  readonly efSearch: number;
  readonly recall: { readonly k: number; readonly queries: number; readonly value: number };
  readonly file: { readonly name: string; readonly bytes: number; readonly sha256: string };
  readonly buildSeconds: number;
}

export interface BuildIndexOptions {
  readonly driver?: DriverName | 'auto';
  readonly settings?: Partial<IndexSettings>;
  /** The build is refused when recall@10 stays below this at the highest ef. */
  readonly recallFloor?: number;
  readonly signal?: AbortSignal;
}

/** Below this measured recall@10, ef is raised, then the build refused. */
export const RECALL_FLOOR = 0.98;
const RECALL_K = 10;
const MAX_EF_SEARCH = 1600;
const MANIFEST = 'index.json';

/**
 * Builds an index in a worker thread, measures its recall@10 on real user vectors, and publishes the folder by
 * one rename: a reader sees the old index or the new one, never a part.
 * @param folder appears when the index is complete; replaced when it was there
 * @param vectors [size, dimensions]
 * @param queries [count, dimensions] user vectors to measure recall with
 * @throws KindredError RECALL_TOO_LOW, INDEX_DRIVER_UNAVAILABLE
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
  const staging = `${folder}.building-${process.pid}`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  try {
    const file = join(staging, `vectors.${driver.name}`);
    const started = performance.now();
    await buildInWorker({ driver: driver.name, vectors, dimensions, settings, file }, options.signal);
    const buildSeconds = (performance.now() - started) / 1000;
    const size = vectors.length / dimensions;
    const index = await driver.open(file, size, dimensions, settings.efSearch);
    const recall = raiseEfUntilRecall(index, vectors, queries, options.recallFloor ?? RECALL_FLOOR);
    const bytes = await readFile(file);
    const manifest: IndexManifest = {
      formatVersion: 1,
      driver: driver.name,
      dimensions,
      size,
      settings,
      efSearch: index.efSearch,
      recall: { k: RECALL_K, queries: queries.length / dimensions, value: recall },
      file: { name: `vectors.${driver.name}`, bytes: bytes.byteLength, sha256: sha256(bytes) },
      buildSeconds: Number(buildSeconds.toFixed(3)),
    };
    await writeFile(join(staging, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    await replaceFolder(staging, folder);
    return manifest;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/**
 * Opens a published index after checking its checksum, with the ef that its recall was measured at.
 * @throws KindredError INDEX_CORRUPT, INDEX_DRIVER_UNAVAILABLE
 */
export async function openIndex(folder: string): Promise<{ index: VectorIndex; manifest: IndexManifest }> {
  const manifest = await readManifest(folder);
  const driver = getDriver(manifest.driver);
  const fault = await driver.findFault();
  if (fault !== undefined) throw new KindredError('INDEX_DRIVER_UNAVAILABLE', fault);
  const file = join(folder, manifest.file.name);
  const bytes = await readFile(file).catch((cause) => {
    throw new KindredError('INDEX_CORRUPT', `${file} can not be read`, { cause });
  });
  if (bytes.byteLength !== manifest.file.bytes || sha256(bytes) !== manifest.file.sha256) {
    throw new KindredError('INDEX_CORRUPT', `${file} is not the file that its manifest describes`);
  }
  return { index: await driver.open(file, manifest.size, manifest.dimensions, manifest.efSearch), manifest };
}

async function readManifest(folder: string): Promise<IndexManifest> {
  const file = join(folder, MANIFEST);
  try {
    return JSON.parse(await readFile(file, 'utf8')) as IndexManifest;
  } catch (cause) {
    throw new KindredError('INDEX_CORRUPT', `${file} is missing or not JSON`, { cause });
  }
}

function raiseEfUntilRecall(index: VectorIndex, vectors: Float32Array, queries: Float32Array, floor: number): number {
  for (;;) {
    const recall = measureRecall(index, vectors, queries, RECALL_K);
    if (recall >= floor) return recall;
    if (index.driver === 'exact' || index.efSearch * 2 > MAX_EF_SEARCH) {
      throw new KindredError(
        'RECALL_TOO_LOW',
        `recall@${RECALL_K} is ${recall.toFixed(4)} at ef ${index.efSearch}, the floor is ${floor}`,
      );
    }
    index.efSearch *= 2;
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
  signal?.throwIfAborted();
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
      worker.once('exit', (code) => reject(new KindredError('INTERRUPTED', `the index build ended with code ${code}`)));
    });
  } finally {
    signal?.removeEventListener('abort', abort);
    await worker.terminate();
  }
}

async function replaceFolder(staging: string, folder: string): Promise<void> {
  const retired = `${folder}.retired-${process.pid}`;
  await rename(folder, retired).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(staging, folder);
  await rm(retired, { recursive: true, force: true });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
