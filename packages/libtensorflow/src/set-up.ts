import { realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { addonPath, compileAddon, hasAddon } from './addon.js';
import { TensorflowSetupError } from './errors.js';
import { checkSum, fetchArchive, findClient, missingClient } from './fetch-archive.js';
import {
  describeFolder,
  findLibraries,
  type Libraries,
  publishLibraries,
  releaseId,
  removeAbandoned,
  withTemporaryFolder,
} from './library-cache.js';
import { acquireLock, type Lock } from './lock.js';
import { checkPlatform } from './platform.js';
import type { Environment } from './processes.js';
import {
  type Device,
  findReleaseBySha256,
  getCandidates,
  type PackageClient,
  RELEASES,
  type Release,
} from './releases.js';
import { type Probed, runProbe } from './run-probe.js';
import { sha256File } from './shared-object.js';
import {
  findPlacement,
  findTfjsPackage,
  installTfjsPackage,
  layOut,
  place,
  TFJS_PACKAGE,
  type TfjsPackage,
} from './tfjs-package.js';

export interface SetupOptions {
  /** The folder of the project whose node_modules hold (or shall hold) the package. */
  readonly root: string;
  readonly cacheDirectory: string;
  /** The environment: PATH for the tools, and all that the package clients read. */
  readonly env: Environment;
  readonly device?: Device | undefined;
  readonly tensorflow?: string | undefined;
  readonly client?: PackageClient | undefined;
  readonly mavenBase?: string | undefined;
  /** A jar or wheel on disk; `sha256` vouches for one that the table does not know. */
  readonly archive?: string | undefined;
  readonly sha256?: string | undefined;
  /** A folder with the two libraries, used where it is. */
  readonly libraries?: string | undefined;
  /** site-packages/nvidia, where NVIDIA's wheels put CUDA and cuDNN. */
  readonly nvidia?: string | undefined;
  readonly compiler?: string | undefined;
  /** Take nothing from the cache. */
  readonly fresh?: boolean | undefined;
  readonly releases?: readonly Release[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((line: string) => void) | undefined;
}

export interface SetupReport {
  readonly package: TfjsPackage;
  readonly tensorflow: string;
  /** Where operations run: a GPU build falls back to the CPU where it finds no usable card. */
  readonly device: Device;
  readonly libraries: Libraries;
  readonly reused: { readonly libraries: boolean; readonly addon: boolean; readonly placement: boolean };
  readonly seconds: number;
}

interface Work extends SetupOptions {
  readonly cacheDirectory: string;
  readonly onProgress: (line: string) => void;
}

/**
 * Makes @tensorflow/tfjs-node-gpu run: brings libtensorflow into the cache, compiles the addon, tries both in a child
 * process, and only then puts them into the package. Whatever fails, the package stays as it was.
 * @throws TensorflowSetupError
 */
export async function setUpTensorflow(options: SetupOptions): Promise<SetupReport> {
  const startedMs = Date.now();
  const work: Work = {
    ...options,
    cacheDirectory: resolve(options.cacheDirectory),
    onProgress: options.onProgress ?? (() => undefined),
  };
  checkPlatform();
  await checkNvidia(options.nvidia);
  const locks: Lock[] = [];
  try {
    locks.push(await lock(work.cacheDirectory, work));
    await removeAbandoned(work.cacheDirectory, startedMs);
    const tfjs = (await findTfjsPackage(options.root)) ?? (await bringPackage(work));
    locks.push(await lock(await realpath(tfjs.directory), work));
    const done = await setUpPackage(tfjs, work);
    return { ...done, package: tfjs, seconds: (Date.now() - startedMs) / 1000 };
  } catch (error) {
    if (options.signal?.aborted && !(error instanceof TensorflowSetupError)) {
      throw new TensorflowSetupError('INTERRUPTED', 'stopped before the end', { cause: error });
    }
    throw error;
  } finally {
    for (const held of locks.reverse()) await held.release();
  }
}

async function setUpPackage(tfjs: TfjsPackage, work: Work): Promise<Omit<SetupReport, 'package' | 'seconds'>> {
  const { libraries, reused: librariesReused } = await provideLibraries(work);
  const addon = await addonPath(work.cacheDirectory, tfjs, libraries);
  const addonReused = !work.fresh && (await hasAddon(addon));
  if (!addonReused) await compile(addon, tfjs, libraries, work);

  const placed = await isPlaced(tfjs, addon, libraries, work);
  if (!placed) {
    await tryThenPlace(tfjs, addon, addonReused, libraries, work);
  }
  const probed = await runProbe(tfjs, { env: work.env, signal: work.signal });
  return { ...probed, libraries, reused: { libraries: librariesReused, addon: addonReused, placement: placed } };
}

async function tryThenPlace(
  tfjs: TfjsPackage,
  addon: string,
  reused: boolean,
  libraries: Libraries,
  work: Work,
): Promise<void> {
  work.onProgress('trying it in a child process');
  try {
    await probeStaged(tfjs, addon, libraries, work);
  } catch (error) {
    // An addon out of a cache that several machines share may have been compiled for another system.
    const worthCompiling = reused && error instanceof TensorflowSetupError && error.code === 'PROBE_FAILED';
    if (!worthCompiling) throw error;
    await compile(addon, tfjs, libraries, work);
    await probeStaged(tfjs, addon, libraries, work);
  }
  await place(tfjs, addon, libraries, work.nvidia);
}

function probeStaged(tfjs: TfjsPackage, addon: string, libraries: Libraries, work: Work): Promise<Probed> {
  return withTemporaryFolder(work.cacheDirectory, async (folder) => {
    const staged = await layOut(folder, addon, libraries, work.nvidia);
    return runProbe(tfjs, { env: work.env, addon: staged, signal: work.signal });
  });
}

async function isPlaced(tfjs: TfjsPackage, addon: string, libraries: Libraries, work: Work): Promise<boolean> {
  const placement = await findPlacement(tfjs);
  const nvidia = work.nvidia === undefined ? undefined : resolve(work.nvidia);
  return (
    placement !== undefined &&
    placement.librariesId === libraries.manifest.id &&
    placement.librariesDirectory === libraries.directory &&
    placement.nvidia === nvidia &&
    placement.addonSha256 === (await sha256File(addon))
  );
}

async function compile(addon: string, tfjs: TfjsPackage, libraries: Libraries, work: Work): Promise<void> {
  work.onProgress(`compiling the addon of ${TFJS_PACKAGE} ${tfjs.version}`);
  await compileAddon(addon, work.cacheDirectory, tfjs, libraries, work);
}

async function bringPackage(work: Work): Promise<TfjsPackage> {
  work.onProgress(`${TFJS_PACKAGE} is not in ${work.root}: asking npm for it`);
  return installTfjsPackage(work.root, work);
}

function lock(path: string, work: Work): Promise<Lock> {
  const onWait = () => work.onProgress(`waiting for another set-up that works on ${path}`);
  return acquireLock(path, { onWait, signal: work.signal });
}

interface Provided {
  readonly libraries: Libraries;
  readonly reused: boolean;
}

async function provideLibraries(work: Work): Promise<Provided> {
  if (work.libraries !== undefined)
    return { libraries: await describeFolder(work.libraries, work.signal), reused: true };
  if (work.archive !== undefined) return provideFromFile(work.archive, work);
  return provideFromRelease(getCandidates(candidateQuery(work), work.releases), work);
}

function candidateQuery(work: Work) {
  // With a base URL no client is needed, and only Maven archives are found below it.
  const client = work.client ?? (work.mavenBase === undefined ? undefined : 'mvn');
  return { device: work.device ?? 'cpu', tensorflow: work.tensorflow, client } as const;
}

async function provideFromFile(path: string, work: Work): Promise<Provided> {
  if (!(await stat(path).catch(() => undefined))?.isFile())
    throw new TensorflowSetupError('FILE_NOT_FOUND', `${path} is not there`);
  if (work.sha256 !== undefined) await checkSum(path, work.sha256.toLowerCase(), work.signal);
  const sum = work.sha256?.toLowerCase() ?? (await sha256File(path, work.signal));
  const release = findReleaseBySha256(sum, work.releases ?? RELEASES);
  if (release === undefined && work.sha256 === undefined) {
    throw new TensorflowSetupError('CHECKSUM_UNKNOWN', `${path} has sha256 ${sum}, which no pinned release has`);
  }
  const id = release === undefined ? `archive-${sum.slice(0, 12)}` : releaseId(release);
  const cached = await findCached(id, work);
  if (cached !== undefined) return { libraries: cached, reused: true };
  const about = {
    id,
    source: resolve(path),
    tensorflow: release?.tensorflow,
    device: release?.device,
    archiveSha256: sum,
  };
  work.onProgress(`unpacking ${path}`);
  return { libraries: await publishLibraries(work.cacheDirectory, path, about, work.signal), reused: false };
}

// What the cache holds comes before what a client would have to fetch; a client that fails leaves the next one its turn.
async function provideFromRelease(candidates: readonly Release[], work: Work): Promise<Provided> {
  const reachable = candidates.filter((release) => isReachable(release, work));
  const inOrder = [...reachable, ...candidates.filter((release) => !reachable.includes(release))];
  for (const release of inOrder) {
    const cached = await findCached(releaseId(release), work);
    if (cached !== undefined) return { libraries: cached, reused: true };
  }
  let failure: TensorflowSetupError = missingClient(candidates.map((release) => release.archive.client));
  for (const release of reachable) {
    try {
      return { libraries: await fetchRelease(release, work), reused: false };
    } catch (error) {
      const nextMayDo = error instanceof TensorflowSetupError && error.code === 'FETCH_FAILED';
      if (!nextMayDo) throw error;
      failure = error;
      work.onProgress(error.message);
    }
  }
  throw failure;
}

function isReachable(release: Release, work: Work): boolean {
  const { client } = release.archive;
  return (client === 'mvn' && work.mavenBase !== undefined) || findClient(client, work.env) !== undefined;
}

async function findCached(id: string, work: Work): Promise<Libraries | undefined> {
  if (work.fresh) return undefined;
  const found = await findLibraries(work.cacheDirectory, id, { verify: true, signal: work.signal });
  if (found !== undefined) work.onProgress(`libtensorflow is in the cache: ${found.directory}`);
  return found;
}

async function fetchRelease(release: Release, work: Work): Promise<Libraries> {
  const { archive } = release;
  const megabytes = Math.round(archive.bytes / 1e6);
  const how = archive.client === 'mvn' && work.mavenBase !== undefined ? work.mavenBase : archive.client;
  work.onProgress(
    `fetching TensorFlow ${release.tensorflow} (${release.device}), ${megabytes} MB, by ${how}: ${archive.coordinates}`,
  );
  return withTemporaryFolder(work.cacheDirectory, async (folder) => {
    const path = await fetchArchive(release, folder, work);
    const about = {
      id: releaseId(release),
      source: `${archive.client} ${archive.coordinates}`,
      tensorflow: release.tensorflow,
      device: release.device,
      archiveSha256: archive.sha256,
    };
    work.onProgress(`unpacking ${archive.file}`);
    return publishLibraries(work.cacheDirectory, path, about, work.signal);
  });
}

async function checkNvidia(nvidia: string | undefined): Promise<void> {
  if (nvidia === undefined) return;
  const probe = join(resolve(nvidia), 'cuda_runtime', 'lib');
  if (!(await stat(probe).catch(() => undefined))?.isDirectory()) {
    throw new TensorflowSetupError(
      'FILE_NOT_FOUND',
      `${probe} is not there; --nvidia takes the folder site-packages/nvidia that the nvidia-…-cu12 wheels fill`,
    );
  }
}
