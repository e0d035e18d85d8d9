import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KindredError } from '@kindred/domain';
import { type Checksum, type PublicDataset, publicDatasetByName } from './dataset-catalogue.js';
import { ZipArchive } from './zip-archive.js';

export interface PullOptions {
  /** How bytes are fetched; default: the global fetch. */
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
  /** Told after each chunk; `totalBytes` is undefined when the publisher does not say. */
  readonly onProgress?: (progress: { receivedBytes: number; totalBytes: number | undefined }) => void;
  /** No byte for this long ends the attempt; default 60 seconds. */
  readonly idleTimeoutMs?: number;
}

export interface PulledDataset {
  readonly name: string;
  readonly folder: string;
  /** True when the folder was there before: nothing was fetched. */
  readonly alreadyThere: boolean;
  /** What the download was checked against, or `unverified`. */
  readonly verified: string;
  /** Rows of each file. */
  readonly rows: Readonly<Record<string, number>>;
}

/**
 * Brings a public data set from its publisher into `targetDir/NAME`: fetched to a temporary folder beside it, checked,
 * unpacked into our layout, then renamed; whatever fails leaves nothing behind.
 * @param dataset a name of DATASETS, or an entry of one's own
 * @throws KindredError NOT_FOUND, DOWNLOAD_FAILED, DOWNLOAD_CORRUPT; USAGE when nothing can be written there
 */
export async function pullDataset(
  dataset: string | PublicDataset,
  targetDir: string,
  options: PullOptions = {},
): Promise<PulledDataset> {
  const wanted = typeof dataset === 'string' ? publicDatasetByName(dataset) : dataset;
  const folder = join(targetDir, wanted.name);
  const common = { name: wanted.name, folder };
  if (existsSync(folder)) return { ...common, alreadyThere: true, verified: 'as it was', rows: {} };
  const work = await workFolder(targetDir, wanted.name);
  try {
    const archivePath = join(work, 'archive.zip');
    const sha256 = await download(wanted.url, archivePath, options);
    const verified = checkArchive(wanted, sha256);
    const unpacked = join(work, 'unpacked');
    await mkdir(unpacked);
    const archive = await ZipArchive.open(archivePath, wanted.url);
    let rows: Record<string, number>;
    try {
      rows = await wanted.convert(archive, unpacked, wanted.checksum);
    } finally {
      archive.close();
    }
    await writeFile(join(unpacked, 'README.md'), readme(wanted, sha256, verified, rows));
    await putInPlace(unpacked, folder);
    return { ...common, alreadyThere: false, verified, rows };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function workFolder(targetDir: string, name: string): Promise<string> {
  try {
    await mkdir(targetDir, { recursive: true });
    return await mkdtemp(join(targetDir, `.${name}-`));
  } catch (cause) {
    const because = cause instanceof Error ? cause.message : String(cause);
    throw new KindredError('USAGE', `nothing can be written to ${targetDir} (${because})`, { field: '--to', cause });
  }
}

/** A checksum of a file inside the archive is compared by `convert`, when that file is unpacked. */
function checkArchive(dataset: PublicDataset, sha256: string): string {
  const { checksum } = dataset;
  if (checksum === undefined) return 'unverified';
  if (checksum.of === 'archive' && checksum.digest !== sha256) {
    throw new KindredError('DOWNLOAD_CORRUPT', `${dataset.url} has the SHA-256 ${sha256}, known is ${checksum.digest}`);
  }
  return describeChecksum(checksum);
}

function describeChecksum(checksum: Checksum): string {
  return `${checksum.algorithm} of ${checksum.of === 'archive' ? 'the archive' : checksum.of}`;
}

/** @returns the SHA-256 of what was fetched, hex */
async function download(url: string, path: string, options: PullOptions): Promise<string> {
  const idle = new AbortController();
  const idleTimeoutMs = options.idleTimeoutMs ?? 60_000;
  let timer = setTimeout(() => idle.abort(), idleTimeoutMs);
  const signals = options.signal === undefined ? [idle.signal] : [idle.signal, options.signal];
  const file = await open(path, 'w');
  const digest = createHash('sha256');
  let receivedBytes = 0;
  try {
    const response = await (options.fetch ?? fetch)(url, { signal: AbortSignal.any(signals), redirect: 'follow' });
    if (!response.ok || response.body === null)
      throw new Error(`the server answered ${response.status} ${response.statusText}`);
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const totalBytes =
      Number.isFinite(length) && response.headers.get('content-encoding') === null ? length : undefined;
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      timer = setTimeout(() => idle.abort(), idleTimeoutMs);
      digest.update(chunk);
      await file.writeFile(chunk);
      receivedBytes += chunk.length;
      options.onProgress?.({ receivedBytes, totalBytes });
    }
    if (totalBytes !== undefined && receivedBytes !== totalBytes)
      throw new Error(`${receivedBytes} of ${totalBytes} bytes came`);
  } catch (cause) {
    if (options.signal?.aborted === true)
      throw new KindredError('INTERRUPTED', `the download of ${url} was interrupted`, { cause });
    throw new KindredError('DOWNLOAD_FAILED', `${url}: ${failure(cause, idle.signal, idleTimeoutMs, receivedBytes)}`, {
      cause,
    });
  } finally {
    clearTimeout(timer);
    await file.close();
  }
  return digest.digest('hex');
}

function failure(cause: unknown, idle: AbortSignal, idleTimeoutMs: number, receivedBytes: number): string {
  if (idle.aborted) return `no byte came for ${idleTimeoutMs / 1000} s`;
  const deeper = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const message = deeper instanceof Error ? deeper.message || (deeper as NodeJS.ErrnoException).code : String(deeper);
  return receivedBytes === 0 ? `${message}` : `${message}, after ${receivedBytes} bytes`;
}

/** Another process may have pulled the same set meanwhile: what is there stays, it is the same. */
async function putInPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (cause) {
    if (!existsSync(to)) throw cause;
  }
}

function readme(
  dataset: PublicDataset,
  sha256: string,
  verified: string,
  rows: Readonly<Record<string, number>>,
): string {
  const files = Object.entries(rows).map(([name, count]) => `- ${name}: ${count} rows`);
  const share = dataset.redistributable ? 'It may be passed on under its licence.' : 'Do not pass it on.';
  return `${[
    `# ${dataset.name}`,
    dataset.what,
    `Source: ${dataset.url} (${dataset.page}), sha256 ${sha256}, checked against: ${verified}.`,
    `Licence: ${dataset.licence} ${share}`,
    `Cite: ${dataset.citation}`,
    files.join('\n'),
  ].join('\n\n')}\n`;
}
