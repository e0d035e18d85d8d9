import type { DataType, KernelBackend, KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

/** The parts of the wasm backend that kernels work on: tensors are stretches of one heap. */
export interface WasmHeap extends KernelBackend {
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array;
  disposeData(dataId: object): boolean;
}

/** A call of a kernel on the wasm backend. */
export interface HeapCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly heap: WasmHeap;
}

/** A kernel of our own; undefined hands the call to the kernel that was there before. */
export type HeapKernel = (call: HeapCall) => TensorInfo | undefined;

/** Puts a kernel of our own before the wasm backend's one of that name (or registers it where there is none). */
export function registerHeapKernel(kernelName: string, kernel: HeapKernel): void {
  const original = tf.getKernel(kernelName, 'wasm') as KernelConfig | undefined;
  const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) => {
    const call = { inputs: inputs as HeapCall['inputs'], attributes: attrs ?? {}, heap: backend as WasmHeap };
    const result = kernel(call) ?? original?.kernelFunc({ inputs, attrs, backend });
    if (result === undefined) throw new Error(`the kernel ${kernelName} does not take these tensors on wasm`);
    return result;
  };
  if (original !== undefined) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ ...original, kernelName, backendName: 'wasm', kernelFunc });
}

/** Runs a kernel of the wasm backend as it is registered now. */
export function runHeapKernel(kernelName: string, heap: WasmHeap, inputs: object, attrs: object = {}): TensorInfo {
  const kernel = tf.getKernel(kernelName, 'wasm');
  return kernel.kernelFunc({ inputs, attrs, backend: heap } as Parameters<KernelFunc>[0]) as TensorInfo;
}

/** The floats of a tensor. Making a tensor may move the heap: take views after the last `makeOutput`. */
export function floats(heap: WasmHeap, tensor: TensorInfo): Float32Array {
  return heap.typedArrayFromHeap(tensor) as Float32Array;
}

/** How many values a shape holds. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, extent) => size * extent, 1);
}
