import { createRequire } from 'node:module';

/**
 * @tensorflow/tfjs-node-gpu 4.22.0 calls two functions of Node's `util` that Node 23 dropped. Importing this module
 * before it, or starting with `node --import @kindred/libtensorflow/node-shim`, puts them back where they are missing.
 */
const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;
util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
util.isArray ??= Array.isArray;
