import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TensorflowSetupError } from './errors.js';
import type { Environment } from './processes.js';
import { RELEASES } from './releases.js';
import type { SetupOptions } from './set-up.js';

const RELEASE_LIST = RELEASES.map(
  (r) =>
    `  ${r.tensorflow.padEnd(7)} ${r.device}  ${r.archive.client}  ${String(Math.round(r.archive.bytes / 1e6)).padStart(4)} MB`,
).join('\n');

export const HELP = `setup-tensorflow: makes @tensorflow/tfjs-node-gpu 4.22.0 run on a present-day libtensorflow

usage: setup-tensorflow [flags]

  --gpu                 the build for NVIDIA cards (falls back to the CPU where there is none)
  --tensorflow VERSION  a release of the table below; the default is the client's first
  --from mvn|pip        the package client that brings it; the default is mvn, then pip
  --maven-base URL      fetch the jar below this URL, without mvn
  --jar FILE            take it out of this jar
  --wheel FILE          take it out of this wheel
  --libs DIR            use the libtensorflow_cc.so.2 and libtensorflow_framework.so.2 of this folder, where they are
  --sha256 HEX          vouch for a --jar or --wheel that is not in the table
  --nvidia DIR          site-packages/nvidia, where NVIDIA's wheels put CUDA and cuDNN
  --root DIR            the project whose node_modules hold the package (default: this folder)
  --cache DIR           (default: tfjs-libtensorflow in XDG_CACHE_HOME or ~/.cache)
  --cxx PROGRAM         the C++ compiler (default: CXX, g++, c++, clang++)
  --fresh               take nothing from the cache
  --check               only report what is there
  --json                the result as one JSON object
  --help

examples:
  setup-tensorflow
  setup-tensorflow --gpu --nvidia "$(python3 -c 'import nvidia; print(nvidia.__path__[0])')"
  setup-tensorflow --jar ./tensorflow-core-api-0.5.0-linux-x86_64.jar
  setup-tensorflow --check

releases (checksums pinned):
${RELEASE_LIST}

exit codes: 0 done, 1 failed, 2 wrong usage or bad input, 130 interrupted
`;

export interface Command {
  readonly help: boolean;
  readonly check: boolean;
  readonly json: boolean;
  readonly setup: SetupOptions;
}

const FLAGS = {
  gpu: { type: 'boolean' },
  tensorflow: { type: 'string' },
  from: { type: 'string' },
  'maven-base': { type: 'string' },
  jar: { type: 'string' },
  wheel: { type: 'string' },
  libs: { type: 'string' },
  sha256: { type: 'string' },
  nvidia: { type: 'string' },
  root: { type: 'string' },
  cache: { type: 'string' },
  cxx: { type: 'string' },
  fresh: { type: 'boolean' },
  check: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

function usage(message: string): TensorflowSetupError {
  return new TensorflowSetupError('USAGE', message);
}

/** From flags and environment to options. Throws USAGE. */
export function parseCommand(argumentList: readonly string[], env: Environment, workingDirectory: string): Command {
  const flags = parseFlags(argumentList);
  const { from, jar, wheel, libs, sha256 } = flags;
  if (from !== undefined && from !== 'mvn' && from !== 'pip') throw usage(`--from takes mvn or pip, not ${from}`);
  const given = [jar, wheel, libs].filter((value) => value !== undefined);
  if (given.length > 1) throw usage('give one of --jar, --wheel and --libs');
  if (given.length > 0 && (from ?? flags.tensorflow ?? flags['maven-base']) !== undefined) {
    throw usage('--jar, --wheel and --libs go without --from, --tensorflow and --maven-base');
  }
  if (sha256 !== undefined && (jar ?? wheel) === undefined) throw usage('--sha256 goes with --jar or --wheel');
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) throw usage('--sha256 takes 64 hexadecimal digits');
  const base = flags['maven-base'];
  if (base !== undefined && !/^https?:\/\//.test(base)) throw usage('--maven-base takes an http or https URL');
  if (base !== undefined && from === 'pip') throw usage('--maven-base goes with --from mvn');
  return {
    help: flags.help ?? false,
    check: flags.check ?? false,
    json: flags.json ?? false,
    setup: {
      root: flags.root ?? workingDirectory,
      cacheDirectory: flags.cache ?? defaultCacheDirectory(env),
      env,
      device: flags.gpu ? 'gpu' : 'cpu',
      tensorflow: flags.tensorflow,
      client: from,
      mavenBase: base,
      archive: jar ?? wheel,
      sha256,
      libraries: libs,
      nvidia: flags.nvidia,
      compiler: flags.cxx ?? (env.CXX === '' ? undefined : env.CXX),
      fresh: flags.fresh,
    },
  };
}

function parseFlags(argumentList: readonly string[]) {
  try {
    return parseArgs({ args: [...argumentList], options: FLAGS, allowPositionals: false }).values;
  } catch (cause) {
    throw new TensorflowSetupError('USAGE', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The XDG cache folder of this user. A relative XDG_CACHE_HOME is ignored, as its specification says. */
export function defaultCacheDirectory(env: Environment): string {
  const base = env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : join(env.HOME ?? homedir(), '.cache');
  return join(base, 'tfjs-libtensorflow');
}
