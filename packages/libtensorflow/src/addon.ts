import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TensorflowSetupError } from './errors.js';
import { type Libraries, withTemporaryFolder } from './library-cache.js';
import { NAPI_VERSION } from './platform.js';
import { describeOutcome, type Environment, findTool, runProcess } from './processes.js';
import { checkSharedObject, LIBRARY_FILES } from './shared-object.js';
import { ADDON_FILE, type TfjsPackage } from './tfjs-package.js';

const SOURCES = ['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc'];
const COMPILERS = ['g++', 'c++', 'clang++'];
const INCLUDE_DIRECTORY = fileURLToPath(new URL('../native/include', import.meta.url));

// -z now: a library that lacks a function fails to load (an error that can be caught) instead of ending the process later.
function compilerFlags(): string[] {
  return [
    ...[
      '-O2',
      '-fPIC',
      '-shared',
      '-std=c++17',
      `-DNAPI_VERSION=${NAPI_VERSION}`,
      '-DNODE_GYP_MODULE_NAME=tfjs_binding',
    ],
    ...LIBRARY_FILES.map((name) => `-l:${name}`),
    ...['-Wl,-z,now', '-Wl,-rpath,$ORIGIN/../../deps/lib'],
  ];
}

/** The folder that holds node_api.h, if there is one: the npm package of headers, else those beside node, else the system's. */
export async function findNodeHeaders(root: string): Promise<string | undefined> {
  const candidates = [
    resolveHeaders(import.meta.url),
    resolveHeaders(join(root, 'package.json')),
    join(dirname(process.execPath), '..', 'include', 'node'),
    '/usr/include/node',
  ];
  for (const folder of candidates) {
    if (folder !== undefined && (await stat(join(folder, 'node_api.h')).catch(() => undefined))?.isFile())
      return folder;
  }
  return undefined;
}

function resolveHeaders(from: string): string | undefined {
  try {
    return join(dirname(createRequire(from).resolve('node-api-headers/package.json')), 'include');
  } catch {
    return undefined;
  }
}

/** The C++ compiler: the one that was named, else the first of g++, c++, clang++ on PATH. */
export function findCompiler(env: Environment, named?: string): string | undefined {
  return named === undefined ? COMPILERS.map((name) => findTool(name, env)).find(Boolean) : findTool(named, env);
}

/**
 * Where the compiled addon of this package for these libraries stands in the cache. Its name is a hash of all that
 * goes into it, so it is never stale: Node-API version, package version, its sources, our headers, flags, library.
 */
export async function addonPath(cacheDirectory: string, tfjs: TfjsPackage, libraries: Libraries): Promise<string> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([tfjs.version, libraries.manifest.id, compilerFlags()]));
  for (const folder of [join(tfjs.directory, 'binding'), INCLUDE_DIRECTORY]) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.sort()) hash.update(file.slice(folder.length)).update(await readFile(file));
  }
  const key = `napi-v${NAPI_VERSION}-${tfjs.version}-${hash.digest('hex').slice(0, 16)}`;
  return join(cacheDirectory, 'addons', key, ADDON_FILE);
}

export interface CompileOptions {
  readonly env: Environment;
  readonly root: string;
  readonly compiler?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Whether the cache holds a whole addon at this path. */
export async function hasAddon(path: string): Promise<boolean> {
  return checkSharedObject(path).then(
    () => true,
    () => false,
  );
}

/** Compiles the addon into the cache, whole or not at all. Throws TOOL_MISSING, COMPILE_FAILED, INTERRUPTED. */
export async function compileAddon(
  target: string,
  cacheDirectory: string,
  tfjs: TfjsPackage,
  libraries: Libraries,
  options: CompileOptions,
): Promise<void> {
  const compiler = findCompiler(options.env, options.compiler);
  if (compiler === undefined) {
    const wanted = options.compiler ?? 'C++ compiler';
    throw new TensorflowSetupError('TOOL_MISSING', `no ${wanted} on PATH: install g++ (Debian: apt-get install g++)`);
  }
  const nodeHeaders = await findNodeHeaders(options.root);
  if (nodeHeaders === undefined) {
    throw new TensorflowSetupError('TOOL_MISSING', 'node_api.h is nowhere: npm install node-api-headers');
  }
  await withTemporaryFolder(cacheDirectory, async (temporary) => {
    const output = join(temporary, ADDON_FILE);
    const includes = [nodeHeaders, INCLUDE_DIRECTORY, tfjs.directory].map((folder) => `-I${folder}`);
    const sources = SOURCES.map((source) => join(tfjs.directory, source));
    const outcome = await runProcess(
      compiler,
      [...includes, ...sources, '-o', output, `-L${libraries.directory}`, ...compilerFlags()],
      { env: { ...options.env, TMPDIR: temporary }, signal: options.signal },
    );
    if (outcome.exitCode !== 0)
      throw new TensorflowSetupError('COMPILE_FAILED', `${compiler}: ${describeOutcome(outcome, 12)}`);
    await checkSharedObject(output);
    await mkdir(dirname(target), { recursive: true });
    await rm(target, { force: true });
    await rename(output, target);
  });
}
