import { addonPath, findCompiler, findNodeHeaders, hasAddon } from './addon.js';
import { TensorflowSetupError } from './errors.js';
import { findClient } from './fetch-archive.js';
import { findLibraries, releaseId } from './library-cache.js';
import { checkPlatform } from './platform.js';
import type { Environment } from './processes.js';
import { RELEASES } from './releases.js';
import { type Probed, runProbe } from './run-probe.js';
import { findPlacement, findTfjsPackage, TFJS_PACKAGE, TFJS_VERSION, type TfjsPackage } from './tfjs-package.js';

export interface CheckOptions {
  readonly root: string;
  readonly cacheDirectory: string;
  readonly env: Environment;
  readonly compiler?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One thing that a running or a coming set-up needs. */
export interface Ingredient {
  readonly name: string;
  readonly found: boolean;
  readonly detail: string;
}

export interface StateReport {
  /** The package loads and computes, seen just now in a child process. */
  readonly ready: boolean;
  readonly running: Probed | undefined;
  readonly ingredients: readonly Ingredient[];
}

/** Reports what is set up, what is in the cache, and what a set-up would lack. Changes nothing, fetches nothing. */
export async function checkTensorflow(options: CheckOptions): Promise<StateReport> {
  const platform = await ingredient('platform', async () => {
    checkPlatform();
    return `Linux x64, Node ${process.versions.node}`;
  });
  const tfjs = await findTfjsPackage(options.root).catch(() => undefined);
  const installed = await ingredient(TFJS_PACKAGE, async () => {
    const found = await findTfjsPackage(options.root);
    return found === undefined ? undefined : `${found.version} in ${found.directory}`;
  });
  const tools = await checkTools(options);
  const cached = await checkCache(options, tfjs);
  const trial = platform.found && tfjs !== undefined ? await tryPackage(tfjs, options) : undefined;
  return {
    ready: trial?.running !== undefined,
    running: trial?.running,
    ingredients: [platform, installed, ...tools, ...cached, ...(trial === undefined ? [] : [trial.ingredient])],
  };
}

async function ingredient(name: string, find: () => Promise<string | undefined>): Promise<Ingredient> {
  try {
    const detail = await find();
    return { name, found: detail !== undefined, detail: detail ?? 'not found' };
  } catch (error) {
    return { name, found: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

async function checkTools(options: CheckOptions): Promise<Ingredient[]> {
  return [
    await ingredient('C++ compiler', async () => findCompiler(options.env, options.compiler)),
    await ingredient('node_api.h', () => findNodeHeaders(options.root)),
    await ingredient('mvn', async () => findClient('mvn', options.env)),
    await ingredient('python3 (pip)', async () => findClient('pip', options.env)),
  ];
}

// Missing here is no fault: the set-up fetches and compiles.
async function checkCache(options: CheckOptions, tfjs: TfjsPackage | undefined): Promise<Ingredient[]> {
  const found: Ingredient[] = [];
  for (const release of RELEASES) {
    const libraries = await findLibraries(options.cacheDirectory, releaseId(release), { verify: false });
    if (libraries === undefined) continue;
    const compiled = tfjs !== undefined && (await hasAddon(await addonPath(options.cacheDirectory, tfjs, libraries)));
    const detail = `${libraries.directory}, addon ${compiled ? 'compiled' : 'not compiled yet'}`;
    found.push({ name: `cached TensorFlow ${release.tensorflow} (${release.device})`, found: true, detail });
  }
  return found.length > 0
    ? found
    : [{ name: 'cached libtensorflow', found: false, detail: `none in ${options.cacheDirectory}` }];
}

async function tryPackage(
  tfjs: TfjsPackage,
  options: CheckOptions,
): Promise<{ ingredient: Ingredient; running?: Probed }> {
  const name = 'native TensorFlow';
  const placement = await findPlacement(tfjs);
  try {
    const running = await runProbe(tfjs, { env: options.env, signal: options.signal });
    const from = placement === undefined ? 'not set up by this tool' : placement.librariesDirectory;
    return {
      running,
      ingredient: { name, found: true, detail: `TensorFlow ${running.tensorflow} on ${running.device}, ${from}` },
    };
  } catch (error) {
    if (!(error instanceof TensorflowSetupError) || error.code !== 'PROBE_FAILED') throw error;
    const detail =
      placement === undefined ? `${TFJS_PACKAGE}@${TFJS_VERSION} is not set up` : `set up, but: ${error.message}`;
    return { ingredient: { name, found: false, detail } };
  }
}
