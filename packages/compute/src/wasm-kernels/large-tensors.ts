import type { OrtKernels, OrtOperator } from '../onnx/ort-kernels.js';
import { floats, type HeapCall, registerHeapKernel, sizeOf } from './wasm-heap.js';

/** For fewer values a call of ONNX Runtime takes longer than the backend's own kernel. */
const LEAST_VALUES = 8192;

/**
 * Exp and softmax of large tensors. The backend's own exp takes 11 ns a value, which was half of an autoencoder's step, ONNX
 * Runtime's .3 on two threads; softmax 1.6 and .5.
 * @param findOrt asked for at each call
 */
export function registerLargeTensors(findOrt: () => OrtKernels | undefined): void {
  registerHeapKernel('Exp', (call) => applied(call, 'x', 'Exp', findOrt()));
  registerHeapKernel('Softmax', (call) => applied(call, 'logits', 'Softmax', findOrt()));
}

function applied({ inputs, heap }: HeapCall, name: string, operator: OrtOperator, ort: OrtKernels | undefined) {
  const input = inputs[name];
  if (ort === undefined || input?.dtype !== 'float32' || sizeOf(input.shape) < LEAST_VALUES) return undefined;
  const out = heap.makeOutput(input.shape, 'float32');
  ort.apply(operator, floats(heap, input), input.shape, floats(heap, out));
  return out;
}
