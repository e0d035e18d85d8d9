import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { TensorflowSetupError } from './errors.js';
import type { Device, Release } from './releases.js';
import { checkSharedObject, LIBRARY_FILES, sha256File } from './shared-object.js';
import { ZipArchive } from './zip-archive.js';

/** Where a libtensorflow came from and what its files are: stands beside them in the cache. */
export interface LibraryManifest {
  /** Names this content: equal ids, equal bytes. */
  readonly id: string;
  readonly source: string;
  readonly tensorflow: string | undefined;
  readonly device: Device | undefined;
  readonly archiveSha256: string | undefined;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

export interface Libraries {
  readonly directory: string;
  readonly manifest: LibraryManifest;
}

const MANIFEST = 'manifest.json';
const ABANDONED_AFTER_MS = 24 * 3600 * 1000;

export function releaseId(release: Release): string {
  return `tensorflow-${release.tensorflow}-${release.device}-${release.archive.sha256.slice(0, 12)}`;
}

function libraryDirectory(cacheDirectory: string, id: string): string {
  return join(cacheDirectory, 'libraries', id);
}

/**
 * The libraries that the cache holds under this id. With `verify` their bytes are read and compared; what does not
 * match is taken out of the cache, so that the caller fetches it anew.
 */
export async function findLibraries(
  cacheDirectory: string,
  id: string,
  options: { verify: boolean; signal?: AbortSignal | undefined },
): Promise<Libraries | undefined> {
  const directory = libraryDirectory(cacheDirectory, id);
  const manifest = await readManifest(directory);
  if (manifest === undefined) return undefined;
  for (const [name, expected] of Object.entries(manifest.files)) {
    const path = join(directory, name);
    const size = (await stat(path).catch(() => undefined))?.size;
    const whole =
      size === expected.bytes && (!options.verify || (await sha256File(path, options.signal)) === expected.sha256);
    if (whole) continue;
    if (options.verify) await rm(directory, { recursive: true, force: true });
    return undefined;
  }
  return { directory, manifest };
}

async function readManifest(directory: string): Promise<LibraryManifest | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, MANIFEST), 'utf8')) as LibraryManifest;
  } catch {
    return undefined;
  }
}

/**
 * Unpacks the two libraries out of a checked archive into the cache. They appear there whole, by one rename, or not at
 * all. Throws ARCHIVE_INVALID, LIBRARY_INVALID.
 */
export async function publishLibraries(
  cacheDirectory: string,
  archivePath: string,
  about: Omit<LibraryManifest, 'files'>,
  signal?: AbortSignal,
): Promise<Libraries> {
  const directory = libraryDirectory(cacheDirectory, about.id);
  return withTemporaryFolder(cacheDirectory, async (temporary) => {
    const part = join(temporary, 'libraries');
    await mkdir(part);
    const archive = await ZipArchive.open(archivePath);
    try {
      for (const name of LIBRARY_FILES) await archive.extract(archive.getMember(name), join(part, name), signal);
    } finally {
      await archive.close();
    }
    const manifest = { ...about, files: await describeFiles(part, signal) };
    await writeFile(join(part, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
    await mkdir(join(cacheDirectory, 'libraries'), { recursive: true });
    await rm(directory, { recursive: true, force: true });
    await rename(part, directory);
    return { directory, manifest };
  });
}

/** Libraries that lie in a folder of the user's own: used where they are. Throws FILE_NOT_FOUND, LIBRARY_INVALID. */
export async function describeFolder(folder: string, signal?: AbortSignal): Promise<Libraries> {
  const directory = resolve(folder);
  const files = await describeFiles(directory, signal);
  const id = `folder-${LIBRARY_FILES.map((name) => files[name]?.sha256.slice(0, 12)).join('-')}`;
  return {
    directory,
    manifest: { id, source: directory, tensorflow: undefined, device: undefined, archiveSha256: undefined, files },
  };
}

async function describeFiles(
  directory: string,
  signal?: AbortSignal,
): Promise<Record<string, { bytes: number; sha256: string }>> {
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const name of LIBRARY_FILES) {
    const path = join(directory, name);
    await checkSharedObject(path);
    files[name] = { bytes: (await stat(path)).size, sha256: await sha256File(path, signal) };
  }
  return files;
}

/** Runs `work` with a new folder on the cache's own disk, and removes that folder however the work ends. */
export async function withTemporaryFolder<T>(cacheDirectory: string, work: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(cacheDirectory, { recursive: true }).catch((cause: unknown) => {
    throw new TensorflowSetupError(
      'USAGE',
      `the cache folder ${cacheDirectory} can not be made; give another with --cache`,
      { cause },
    );
  });
  const folder = await mkdtemp(join(cacheDirectory, 'tmp-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what set-ups that were killed left behind more than a day ago. */
export async function removeAbandoned(cacheDirectory: string, nowMs: number): Promise<void> {
  const names = await readdir(cacheDirectory).catch((): string[] => []);
  for (const name of names.filter((candidate) => candidate.startsWith('tmp-'))) {
    const path = join(cacheDirectory, name);
    const modifiedMs = (await stat(path).catch(() => undefined))?.mtimeMs;
    if (modifiedMs !== undefined && nowMs - modifiedMs > ABANDONED_AFTER_MS)
      await rm(path, { recursive: true, force: true });
  }
}
