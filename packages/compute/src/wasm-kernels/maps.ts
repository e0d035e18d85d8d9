import type { OrtKernels, OrtMap } from '../onnx/ort-kernels.js';
import { floats, type HeapCall, registerHeapKernel, sizeOf } from './wasm-heap.js';

/** Of fewer values the call of ONNX Runtime takes longer than the backend's own kernel. */
const LEAST_VALUES = 8192;

/**
 * Exp of large tensors: the backend's own takes 11 ns a value, which was half of an autoencoder's step; ONNX Runtime .3 on
 * two threads. Softmax: 1.6 and .5.
 * @param findOrt asked for at each call
 */
export function registerMaps(findOrt: () => OrtKernels | undefined): void {
  registerHeapKernel('Exp', (call) => mapped(call, 'x', 'Exp', findOrt()));
  registerHeapKernel('Softmax', (call) => mapped(call, 'logits', 'Softmax', findOrt()));
}

function mapped({ inputs, heap }: HeapCall, name: string, operator: OrtMap, ort: OrtKernels | undefined) {
  const input = inputs[name];
  if (ort === undefined || input?.dtype !== 'float32' || sizeOf(input.shape) < LEAST_VALUES) return undefined;
  const out = heap.makeOutput(input.shape, 'float32');
  ort.map(operator, floats(heap, input), input.shape, floats(heap, out));
  return out;
}
