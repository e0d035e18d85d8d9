import { closeSync, openSync, readSync } from 'node:fs';
import { TensorflowSetupError } from './errors.js';

export interface Platform {
  readonly os: string;
  readonly arch: string;
  readonly libc: 'glibc' | 'musl';
  /** The Node-API version that this Node speaks. */
  readonly napi: number;
}

/** The Node-API version that the addon is built for: the highest that tfjs-node 4.22.0 knows. */
export const NAPI_VERSION = 8;
const ELF_START_BYTES = 4096;

function thisPlatform(): Platform {
  return { os: process.platform, arch: process.arch, libc: thisLibc(), napi: Number(process.versions.napi ?? 0) };
}

// The start of a Linux program names its loader: /lib/ld-musl-… or /lib64/ld-linux-….
function thisLibc(): Platform['libc'] {
  const start = Buffer.alloc(ELF_START_BYTES);
  const file = openSync(process.execPath, 'r');
  try {
    readSync(file, start, 0, ELF_START_BYTES, 0);
  } finally {
    closeSync(file);
  }
  return start.includes('/ld-musl-') ? 'musl' : 'glibc';
}

/** Throws PLATFORM_UNSUPPORTED where the published libraries can not run. */
export function checkPlatform(platform: Platform = thisPlatform()): void {
  const fault = findFault(platform);
  if (fault !== undefined) {
    throw new TensorflowSetupError(
      'PLATFORM_UNSUPPORTED',
      `this is ${fault}; libtensorflow is published for Linux x64 with glibc`,
    );
  }
}

function findFault({ os, arch, libc, napi }: Platform): string | undefined {
  if (os !== 'linux' || arch !== 'x64') return `${os} on ${arch}`;
  if (libc === 'musl') return 'a Linux without glibc (musl)';
  if (napi < NAPI_VERSION) return `a Node with Node-API ${napi}, ${NAPI_VERSION} is needed`;
  return undefined;
}
