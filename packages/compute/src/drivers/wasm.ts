import { createRequire } from 'node:module';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as wasmBackend from '@tensorflow/tfjs-backend-wasm';
import { availableThreads } from '../available-threads.js';
import { DriverUnavailable, type EngineDriver, type LoadedBackend } from '../driver.js';
import type { EngineOptions } from '../engine.js';
import type { HostMatmul } from '../host-matrix.js';
import { loadOrtKernels, type OrtKernels } from '../onnx/ort-kernels.js';
import { registerComparisons } from '../wasm-kernels/comparisons.js';
import { registerLargeTensors } from '../wasm-kernels/large-tensors.js';
import { registerMatmul } from '../wasm-kernels/matmul.js';
import { registerSmallKernels } from '../wasm-kernels/small-kernels.js';
import { registerTranspose } from '../wasm-kernels/transpose.js';
import type { WasmHeap } from '../wasm-kernels/wasm-heap.js';

/** What the wasm kernels use now; undefined: their own. */
let ort: OrtKernels | undefined;
let kernelsRegistered = false;

/**
 * WebAssembly with SIMD, always there; matrix products, and exp and softmax of large tensors, by ONNX Runtime where that
 * loads. The heap stays unshared and so single-threaded: ONNX Runtime refuses views of shared memory, and its threads gain
 * more than the heap's would.
 */
export const wasmDriver: EngineDriver = {
  name: 'wasm',
  tryInChild: false,
  findObstacle: () => undefined,
  async load(options) {
    await startBackend();
    registerKernels();
    const limitation = renewOrt(options);
    const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? 'wasm SIMD' : 'wasm without SIMD';
    const backend = { tf, readsCopy: true, findView: heapView };
    if (ort === undefined) {
      return { ...backend, description: `${simd}, 1 thread`, limitation, release: () => undefined };
    }
    const kernels = ort;
    return {
      ...backend,
      release: () => releaseOrt(kernels),
      description: `${simd} + ONNX Runtime matmul, ${kernels.threads} thread${kernels.threads === 1 ? '' : 's'}`,
      hostProduct: (host: HostMatmul) => multiplyHost(kernels, host),
    };
  },
};

/** The backend's own reading makes two copies on the way. */
function heapView(tensor: tf.Tensor): ArrayBufferView | undefined {
  return tensor.dtype === 'string' ? undefined : (tf.backend() as WasmHeap).typedArrayFromHeap(tensor);
}

async function startBackend(): Promise<void> {
  const manifest = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
  if (tf.findBackend('wasm') === null)
    wasmBackend.setWasmPaths(path.join(path.dirname(manifest), 'wasm-out', path.sep));
  if (!(await tf.setBackend('wasm'))) {
    throw new DriverUnavailable('WebAssembly does not start here', 'Run Node without --jitless');
  }
  await tf.ready();
}

function registerKernels(): void {
  if (kernelsRegistered) return;
  kernelsRegistered = true;
  registerTranspose();
  registerComparisons();
  registerSmallKernels();
  registerMatmul(() => ort);
  registerLargeTensors(() => ort);
}

/** Loads ONNX Runtime for the wanted threads, or says what is missing. */
function renewOrt(options: EngineOptions): LoadedBackend['limitation'] {
  if (ort !== undefined) releaseOrt(ort);
  if (options.onnxRuntime === false) return undefined;
  try {
    ort = loadOrtKernels(options.threads ?? availableThreads());
    return undefined;
  } catch (fault) {
    if (fault instanceof DriverUnavailable) return fault;
    throw fault;
  }
}

function releaseOrt(kernels: OrtKernels): void {
  if (ort === kernels) ort = undefined;
  kernels.release();
}

function multiplyHost(kernels: OrtKernels, host: HostMatmul): void {
  kernels.multiply(
    { values: host.a, shape: host.shapeA, transposed: host.transposeA },
    { values: host.b, shape: host.shapeB, transposed: host.transposeB },
    host.out,
    host.shapeOut,
  );
}
