import type { TensorInfo } from '@tensorflow/tfjs';
import type { OrtKernels } from '../onnx/ort-kernels.js';
import { broadcastStrides, eachOffset, findBroadcastShape } from './broadcast.js';
import { transposeInto } from './transpose.js';
import { floats, type HeapCall, registerHeapKernel, runHeapKernel, sizeOf, type WasmHeap } from './wasm-heap.js';

/** Two operands of a product, [..., rows, columns] each, as stored. */
interface Operands {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly heap: WasmHeap;
}

/**
 * Puts all matrix products of the wasm backend on its one fast way, [M, K] · [K, N]: with a transposed or a batched
 * operand its own kernels run a scalar loop, 13 to 19 times slower, which every gradient of a product would meet.
 * @param findOrt the ONNX Runtime product to use instead, asked for at each call
 */
export function registerMatmul(findOrt: () => OrtKernels | undefined): void {
  registerHeapKernel('BatchMatMul', (call) => {
    const operands = operandsOf(call);
    if (operands === undefined) return undefined;
    const ort = findOrt();
    if (ort !== undefined) return multiplyByOrt(operands, ort);
    return isPlain(operands) ? undefined : multiplyByRows(operands);
  });
  registerHeapKernel('_FusedMatMul', fusedMatmul);
}

function operandsOf({ inputs, attributes, heap }: HeapCall): Operands | undefined {
  const { a, b } = inputs;
  if (a?.dtype !== 'float32' || b?.dtype !== 'float32') return undefined;
  const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
  return { a, b, transposeA, transposeB, heap };
}

function isPlain({ a, b, transposeA, transposeB }: Operands): boolean {
  return a.shape.length === 2 && b.shape.length === 2 && !transposeA && !transposeB;
}

/** The shape of the product: broadcast batch axes, then [M, N]. */
function outputShape({ a, b, transposeA, transposeB }: Operands): number[] {
  const batch = findBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [m, innerA] = lastTwo(a.shape, transposeA);
  const [innerB, n] = lastTwo(b.shape, transposeB);
  if (batch === undefined || innerA !== innerB) throw new Error(`matMul: [${a.shape}] does not fit [${b.shape}]`);
  return [...batch, m, n];
}

function lastTwo(shape: readonly number[], swapped: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return swapped ? [columns, rows] : [rows, columns];
}

function multiplyByOrt(operands: Operands, ort: OrtKernels): TensorInfo {
  const { a, b, transposeA, transposeB, heap } = operands;
  const shape = outputShape(operands);
  const out = heap.makeOutput(shape, 'float32');
  const product = floats(heap, out);
  if (product.length === 0) return out;
  const valuesA = floats(heap, a);
  if (valuesA.length === 0) {
    product.fill(0);
    return out;
  }
  ort.multiply(
    { values: valuesA, shape: a.shape, transposed: transposeA },
    { values: floats(heap, b), shape: b.shape, transposed: transposeB },
    product,
    shape,
  );
  return out;
}

/** One plain product after the other, each operand brought into plain form first. */
function multiplyByRows(operands: Operands): TensorInfo {
  const { a, b, transposeA, transposeB, heap } = operands;
  const shape = outputShape(operands);
  const out = heap.makeOutput(shape, 'float32');
  const batch = shape.slice(0, -2);
  const [m, n] = shape.slice(-2) as [number, number];
  const inner = lastTwo(a.shape, transposeA)[1];
  const stridesA = broadcastStrides(a.shape.slice(0, -2), batch);
  const stridesB = broadcastStrides(b.shape.slice(0, -2), batch);
  eachOffset(batch, stridesA, stridesB, (indexA, indexB, position) => {
    const plainA = copyPlain(heap, a, indexA, transposeA, [m, inner]);
    const plainB = copyPlain(heap, b, indexB, transposeB, [inner, n]);
    const product = runHeapKernel('BatchMatMul', heap, { a: plainA, b: plainB }, PLAIN);
    floats(heap, out).set(floats(heap, product), position * m * n);
    for (const tensor of [plainA, plainB, product]) heap.disposeData(tensor.dataId);
  });
  return out;
}

const PLAIN = { transposeA: false, transposeB: false };

/**
 * A copy of matrix `index` of a batch, transposed when asked. Always a new tensor: the backend packs a right operand
 * once and keeps the packed form for as long as that tensor lives, so one may never be written to again.
 */
function copyPlain(
  heap: WasmHeap,
  source: TensorInfo,
  index: number,
  swapped: boolean,
  shape: [number, number],
): TensorInfo {
  const [rows, columns] = lastTwo(source.shape, false);
  const copy = heap.makeOutput(shape, 'float32');
  const values = floats(heap, source).subarray(index * rows * columns, (index + 1) * rows * columns);
  if (swapped) transposeInto(values, rows, columns, floats(heap, copy));
  else floats(heap, copy).set(values);
  return copy;
}

const ACTIVATION_KERNELS: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
};

/** A fused product as its parts, so that the product is the fast one. */
function fusedMatmul({ inputs, attributes, heap }: HeapCall): TensorInfo | undefined {
  const { a, b, bias, preluActivationWeights } = inputs;
  const activation = attributes.activation as string;
  const kernel = ACTIVATION_KERNELS[activation];
  if (kernel === undefined && activation !== 'linear') return undefined;
  let result = runHeapKernel('BatchMatMul', heap, { a, b }, attributes);
  if (bias !== undefined && bias !== null) result = replace(heap, result, 'Add', { a: result, b: bias });
  if (kernel === undefined || sizeOf(result.shape) === 0) return result;
  const operands = activation === 'prelu' ? { x: result, alpha: preluActivationWeights } : { x: result };
  const factor = { alpha: attributes.leakyreluAlpha };
  return replace(heap, result, kernel, activation === 'leakyrelu' ? { x: result } : operands, factor);
}

/** Runs a kernel and releases the tensor that it was made from. */
function replace(heap: WasmHeap, former: TensorInfo, kernel: string, inputs: object, attributes = {}): TensorInfo {
  const result = runHeapKernel(kernel, heap, inputs, attributes);
  heap.disposeData(former.dataId);
  return result;
}
