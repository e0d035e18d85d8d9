import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { DriverUnavailable, type EngineDriver, faultLine } from '../driver.js';

const PACKAGE = '@tensorflow/tfjs-node-gpu';
const REMEDY = 'npm run setup:tensorflow (with a CUDA card: npm run setup:tensorflow -- --gpu)';

/** What tfjs-node's backend shows of itself. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

/**
 * Native TensorFlow: CUDA where its library finds a card, the CPU otherwise. The package is optional and its library
 * comes by `npm run setup:tensorflow`. A damaged library ends the process, so a child process tries it first.
 */
export const tensorflowDriver: EngineDriver = {
  name: 'tensorflow',
  tryInChild: true,
  findObstacle() {
    const folder = findPackageFolder();
    if (folder === undefined) return new DriverUnavailable(`${PACKAGE} is not installed`, REMEDY);
    if (!hasAddon(folder)) return new DriverUnavailable(`the native part of ${PACKAGE} is not set up`, REMEDY);
    return undefined;
  },
  async load({ threads }) {
    prepareProcess(threads);
    try {
      const specifier: string = PACKAGE;
      await import(specifier);
    } catch (fault) {
      throw new DriverUnavailable(`${PACKAGE} does not load (${faultLine(fault)})`, REMEDY, { cause: fault });
    }
    if (tf.findBackendFactory('tensorflow') === undefined) {
      throw new DriverUnavailable(`${PACKAGE} brought a second copy of TensorFlow.js`, 'npm dedupe @tensorflow/tfjs');
    }
    await tf.setBackend('tensorflow');
    await tf.ready();
    const { isUsingGpuDevice, binding } = tf.backend() as unknown as NodeBackend;
    return {
      description: `TensorFlow ${binding.TF_Version}, ${isUsingGpuDevice ? 'CUDA' : 'CPU'}`,
      tf,
      readsCopy: false,
      release: () => undefined,
    };
  },
};

function findPackageFolder(): string | undefined {
  try {
    return path.dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`));
  } catch {
    return undefined;
  }
}

/** Whether the package holds a compiled addon: lib/napi-v8/tfjs_binding.node. */
function hasAddon(folder: string): boolean {
  const lib = path.join(folder, 'lib');
  return existsSync(lib) && readdirSync(lib).some((name) => existsSync(path.join(lib, name, 'tfjs_binding.node')));
}

/**
 * What has to stand before the library loads. TensorFlow itself reads these variables (Kindred reads none of them);
 * what the person has set stays.
 */
function prepareProcess(threads: number | undefined): void {
  offerVariable('TF_CPP_MIN_LOG_LEVEL', '2');
  // Without it TensorFlow takes all memory of the card at once.
  offerVariable('TF_FORCE_GPU_ALLOW_GROWTH', 'true');
  // On NVIDIA's cards products of 32-bit numbers keep 10 bits of each factor unless told otherwise: a thousandth is lost.
  offerVariable('NVIDIA_TF32_OVERRIDE', '0');
  if (threads !== undefined) offerVariable('TF_NUM_INTRAOP_THREADS', String(threads));
  // tfjs-node 4.22 calls a function that Node 23 removed.
  const legacy = util as unknown as { isNullOrUndefined?: (value: unknown) => boolean };
  legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
}

function offerVariable(name: string, value: string): void {
  // biome-ignore lint/style/noProcessEnv: written for the native library, which has no other door; no setting is read here
  process.env[name] ??= value;
}
