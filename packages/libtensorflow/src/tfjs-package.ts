import { copyFile, lstat, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { TensorflowSetupError } from './errors.js';
import type { Libraries } from './library-cache.js';
import { NAPI_VERSION } from './platform.js';
import { describeOutcome, type Environment, findTool, runProcess } from './processes.js';
import { LIBRARY_FILES, sha256File } from './shared-object.js';

export const TFJS_PACKAGE = '@tensorflow/tfjs-node-gpu';
export const TFJS_VERSION = '4.22.0';

/** The npm package that is to be made to run. */
export interface TfjsPackage {
  readonly directory: string;
  readonly version: string;
}

/** What was put into the package: stands in it as deps/libtensorflow.json. */
export interface Placement {
  readonly librariesId: string;
  readonly librariesDirectory: string;
  readonly addonSha256: string;
  readonly nvidia: string | undefined;
}

/** The file name that the package looks for in lib/napi-v8. */
export const ADDON_FILE = 'tfjs_binding.node';
const PLACEMENT_FILE = 'libtensorflow.json';
const STAGE_PREFIX = '.libtensorflow-';

/** The package as a program in `root` would find it; undefined when it is not installed. Throws PACKAGE_UNSUPPORTED. */
export async function findTfjsPackage(root: string): Promise<TfjsPackage | undefined> {
  let manifestPath: string;
  try {
    manifestPath = createRequire(join(resolve(root), 'package.json')).resolve(`${TFJS_PACKAGE}/package.json`);
  } catch {
    return undefined;
  }
  const { version } = JSON.parse(await readFile(manifestPath, 'utf8')) as { version: string };
  const directory = dirname(manifestPath);
  if (version !== TFJS_VERSION) {
    throw new TensorflowSetupError(
      'PACKAGE_UNSUPPORTED',
      `${directory} is ${version}; the set-up is made for ${TFJS_VERSION}`,
    );
  }
  return { directory, version };
}

export interface InstallOptions {
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings the package into `root` where npm left it out (npm 10 and older do, its own install script having failed).
 * package.json and the lock file stay as they are. npm prunes what neither of them names when it installs without
 * saving: the set-up asks it first, and refuses (PACKAGE_ABSENT) when that would take or change anything.
 */
export async function installTfjsPackage(root: string, options: InstallOptions): Promise<TfjsPackage> {
  const npm = findTool('npm', options.env);
  if (npm === undefined)
    throw new TensorflowSetupError(
      'TOOL_MISSING',
      `${TFJS_PACKAGE} is not installed in ${root}, and no npm is on PATH to bring it`,
    );
  const wanted = `${TFJS_PACKAGE}@${TFJS_VERSION}`;
  const install = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', wanted];
  const run = (flags: string[]) =>
    runProcess(npm, [...install, ...flags], { env: options.env, cwd: root, signal: options.signal });

  const rehearsal = await run(['--dry-run']);
  if (rehearsal.exitCode !== 0)
    throw new TensorflowSetupError('PACKAGE_ABSENT', `npm can not bring ${wanted}: ${describeOutcome(rehearsal)}`);
  const lines = rehearsal.stdout.split('\n');
  // "change x 1.0.0 => 1.0.0" only notes that x is now needed by something else.
  const losses = lines.filter((line) => /^(remove|change) /.test(line) && !/^change \S+ (\S+) => \1$/.test(line));
  if (losses.length > 0 || !lines.includes(`add ${TFJS_PACKAGE} ${TFJS_VERSION}`)) {
    const why = losses.length > 0 ? `would also ${losses.slice(0, 5).join(', ')}` : 'does not say what it would change';
    throw new TensorflowSetupError(
      'PACKAGE_ABSENT',
      `npm install --no-save ${wanted} ${why}, so it was not run in ${root}`,
    );
  }
  const outcome = await run([]);
  if (outcome.exitCode !== 0)
    throw new TensorflowSetupError('PACKAGE_ABSENT', `npm can not bring ${wanted}: ${describeOutcome(outcome)}`);
  const installed = await findTfjsPackage(root);
  if (installed === undefined) throw new TensorflowSetupError('PACKAGE_ABSENT', `npm left no ${wanted} in ${root}`);
  return installed;
}

/** Where the package looks for its addon under this Node. */
export function placedAddonPath(tfjs: TfjsPackage): string {
  return join(tfjs.directory, 'lib', `napi-v${NAPI_VERSION}`, ADDON_FILE);
}

/** What an earlier set-up put into the package, if the addon is still the one that it put there. */
export async function findPlacement(tfjs: TfjsPackage): Promise<Placement | undefined> {
  try {
    const placement = JSON.parse(await readFile(join(tfjs.directory, 'deps', PLACEMENT_FILE), 'utf8')) as Placement;
    const unchanged = (await sha256File(placedAddonPath(tfjs))) === placement.addonSha256;
    return unchanged ? placement : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Lays out a folder as the package is laid out (lib/napi-v8/addon, deps/lib/*.so), so that the addon finds the
 * libraries by its own run path; GPU builds look for NVIDIA's libraries in deps/nvidia.
 */
export async function layOut(
  folder: string,
  addon: string,
  libraries: Libraries,
  nvidia: string | undefined,
): Promise<string> {
  const addonFolder = join(folder, 'lib', `napi-v${NAPI_VERSION}`);
  await mkdir(addonFolder, { recursive: true });
  await copyFile(addon, join(addonFolder, ADDON_FILE));
  await fillDeps(join(folder, 'deps'), libraries, nvidia);
  return join(addonFolder, ADDON_FILE);
}

async function fillDeps(deps: string, libraries: Libraries, nvidia: string | undefined): Promise<void> {
  await mkdir(join(deps, 'lib'), { recursive: true });
  for (const name of LIBRARY_FILES) await symlink(join(libraries.directory, name), join(deps, 'lib', name));
  if (nvidia !== undefined) await symlink(resolve(nvidia), join(deps, 'nvidia'));
}

/**
 * Puts a tried addon and its libraries into the package. The addon comes first: one addon runs on every release in the
 * table, so the package loads at each moment in between. `deps` is a link that one rename turns to the new libraries.
 */
export async function place(
  tfjs: TfjsPackage,
  addon: string,
  libraries: Libraries,
  nvidia: string | undefined,
): Promise<Placement> {
  const placement: Placement = {
    librariesId: libraries.manifest.id,
    librariesDirectory: libraries.directory,
    addonSha256: await sha256File(addon),
    nvidia: nvidia === undefined ? undefined : resolve(nvidia),
  };
  const stage = `${STAGE_PREFIX}${process.pid}-${Date.now().toString(36)}`;
  const stagePath = join(tfjs.directory, stage);
  await fillDeps(stagePath, libraries, nvidia);
  await writeFile(join(stagePath, PLACEMENT_FILE), `${JSON.stringify(placement, undefined, 2)}\n`);

  const target = placedAddonPath(tfjs);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(addon, join(stagePath, ADDON_FILE));
  await rename(join(stagePath, ADDON_FILE), target);

  const deps = join(tfjs.directory, 'deps');
  const old = await lstat(deps).catch(() => undefined);
  if (old !== undefined && !old.isSymbolicLink())
    await rename(deps, join(tfjs.directory, `${STAGE_PREFIX}upstream-${stage}`));
  const link = join(tfjs.directory, `${stage}.link`);
  await symlink(stage, link);
  await rename(link, deps);
  await removeOtherStages(tfjs, stage);
  return placement;
}

async function removeOtherStages(tfjs: TfjsPackage, stage: string): Promise<void> {
  for (const name of await readdir(tfjs.directory)) {
    if (name.startsWith(STAGE_PREFIX) && name !== stage)
      await rm(join(tfjs.directory, name), { recursive: true, force: true });
  }
}
