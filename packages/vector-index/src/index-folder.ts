import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { KindredError } from '@kindred/domain';
import type { DriverName, IndexSettings } from './vector-index.js';

/** A file of an index, as its manifest describes it. */
export interface IndexedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

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
  readonly file: IndexedFile;
  /** The ids of the rows, where the index was built with them. */
  readonly labels?: IndexedFile | undefined;
  readonly buildSeconds: number;
}

const FORMAT_VERSION = 1;
const MANIFEST = 'index.json';

/**
 * Makes finished files the index of a folder. Files are named by their content and the manifest is replaced last, by
 * one rename, so that a reader sees the old index or the new one, also after a crash at any moment.
 * @param staging where the files of the manifest lie; on the same disk as the folder
 */
export async function publishIndex(staging: string, folder: string, manifest: IndexManifest): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files = [manifest.file, ...(manifest.labels === undefined ? [] : [manifest.labels])];
  for (const { name } of files) {
    await flush(join(staging, name));
    await rename(join(staging, name), join(folder, name));
  }
  const neighbour = join(staging, MANIFEST);
  await writeFlushed(neighbour, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(neighbour, join(folder, MANIFEST));
  const kept = new Set([MANIFEST, ...files.map(({ name }) => name)]);
  for (const name of await readdir(folder)) if (!kept.has(name)) await rm(join(folder, name), { force: true });
}

/** A new empty folder beside `folder`; the caller removes it. */
export async function createStaging(folder: string): Promise<string> {
  const staging = `${folder}.building-${randomBytes(6).toString('hex')}`;
  await mkdir(staging, { recursive: true });
  return staging;
}

/** Gives a finished file of the staging folder the name that its content asks for. */
export async function nameByContent(staging: string, name: string): Promise<IndexedFile> {
  const { bytes, sha256 } = await fingerprint(join(staging, name));
  const [stem, extension] = name.split('.') as [string, string];
  const named = `${stem}-${sha256.slice(0, 16)}.${extension}`;
  await rename(join(staging, name), join(staging, named));
  return { name: named, bytes, sha256 };
}

export async function writeFlushed(path: string, content: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The manifest's text, or undefined where the folder holds no index. */
export async function findManifestText(folder: string): Promise<string | undefined> {
  return readFile(join(folder, MANIFEST), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** @throws KindredError INDEX_CORRUPT */
export function parseManifest(text: string | undefined, folder: string): IndexManifest {
  const file = join(folder, MANIFEST);
  if (text === undefined) throw new KindredError('INDEX_CORRUPT', `${file} is missing`);
  let manifest: IndexManifest | null;
  try {
    manifest = JSON.parse(text) as IndexManifest | null;
  } catch (cause) {
    throw new KindredError('INDEX_CORRUPT', `${file} is not JSON`, { cause });
  }
  if (manifest?.formatVersion !== FORMAT_VERSION) {
    throw new KindredError(
      'INDEX_CORRUPT',
      `${file} is of format ${manifest?.formatVersion}, this Kindred reads ${FORMAT_VERSION}`,
    );
  }
  return manifest;
}

/** @throws KindredError INDEX_CORRUPT unless the file is the one described */
export async function checkFile(folder: string, described: IndexedFile): Promise<void> {
  const file = join(folder, described.name);
  const found = await fingerprint(file).catch((cause: unknown) => {
    throw new KindredError('INDEX_CORRUPT', `${file} can not be read`, { cause });
  });
  if (found.bytes !== described.bytes || found.sha256 !== described.sha256) {
    throw new KindredError('INDEX_CORRUPT', `${file} is not the file that its manifest describes`);
  }
}

/** Streamed: an index may be larger than what fits into one buffer. */
async function fingerprint(file: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(createReadStream(file), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      hash.update(chunk);
    }
  });
  return { bytes, sha256: hash.digest('hex') };
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
