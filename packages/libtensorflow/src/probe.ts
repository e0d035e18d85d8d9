import { createRequire } from 'node:module';
import { join } from 'node:path';
import './node-shim.js';

/**
 * Runs in a child process of its own, because a library that is cut short ends its process with a signal that nobody
 * can catch. Loads @tensorflow/tfjs-node-gpu, computes with it, prints one line of JSON.
 *
 *   node probe.js PACKAGE_DIRECTORY [ADDON]
 *
 * With ADDON the package's own JavaScript runs on that addon instead of the one in its place: so a new library is
 * tried before the package is touched.
 */
interface Tensor {
  dataSync(): ArrayLike<number | string>;
}
interface Tfjs {
  getBackend(): string;
  backend(): { binding: { TF_Version: string; isUsingGpuDevice(): boolean } };
  tensor(values: unknown): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  logSoftmax(logits: Tensor): Tensor;
  topk(values: Tensor, k: number): { values: Tensor; indices: Tensor };
  grad(f: (x: Tensor) => Tensor): (x: Tensor) => Tensor;
  square(x: Tensor): Tensor;
}

const [packageDirectory, addon] = process.argv.splice(2);
if (packageDirectory === undefined) throw new Error('usage: probe PACKAGE_DIRECTORY [ADDON]');
const require = createRequire(join(packageDirectory, 'package.json'));

// The package asks node-pre-gyp where its addon is; a stand-in for that module answers with the one to be tried.
if (addon !== undefined) {
  const id = require.resolve('@mapbox/node-pre-gyp');
  const stand = new (require('node:module') as new (id: string) => NodeJS.Module)(id);
  Object.assign(stand, { filename: id, loaded: true, exports: { find: () => addon } });
  require.cache[id] = stand;
}

const tf = require(packageDirectory) as Tfjs;
const longText = 'longer than the twenty-two bytes that fit into a string cell';
const checks: [string, Tensor, (number | string)[]][] = [
  [
    'matMul',
    tf.matMul(
      tf.tensor([
        [1, 2],
        [3, 4],
      ]),
      tf.tensor([
        [5, 6],
        [7, 8],
      ]),
    ),
    [19, 22, 43, 50],
  ],
  ['logSoftmax', tf.logSoftmax(tf.tensor([0, 0, 0, 0])), Array<number>(4).fill(-Math.log(4))],
  ['topk', tf.topk(tf.tensor([3, 9, 5]), 2).indices, [1, 2]],
  ['gradient of square', tf.grad((x) => tf.square(x))(tf.tensor([1.5, -2])), [3, -4]],
  ['strings', tf.tensor(['short', longText]), ['short', longText]],
];
for (const [name, tensor, expected] of checks) {
  const actual = Array.from(tensor.dataSync());
  const equal = actual.length === expected.length && actual.every((value, i) => isClose(value, expected[i]));
  if (!equal) throw new Error(`${name} gave ${JSON.stringify(actual)} where ${JSON.stringify(expected)} is right`);
}
if (tf.getBackend() !== 'tensorflow') throw new Error(`the backend is ${tf.getBackend()}, not tensorflow`);
const { binding } = tf.backend();
process.stdout.write(
  `${JSON.stringify({ tensorflow: binding.TF_Version, device: binding.isUsingGpuDevice() ? 'gpu' : 'cpu' })}\n`,
);

function isClose(a: number | string, b: number | string | undefined): boolean {
  return typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(b)) : a === b;
}
