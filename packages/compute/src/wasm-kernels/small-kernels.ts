import type { TensorInfo } from '@tensorflow/tfjs';
import { floats, type HeapCall, registerHeapKernel, sizeOf } from './wasm-heap.js';

/** Kernels that the wasm backend lacks, is slow at, or gets wrong. */
export function registerSmallKernels(): void {
  registerHeapKernel('UnsortedSegmentSum', segmentSum);
  registerHeapKernel('Sum', (call) => sumOfRows(call, false));
  registerHeapKernel('Mean', (call) => sumOfRows(call, true));
  registerHeapKernel('ClipByValue', clip);
  registerHeapKernel('Tile', tile);
  registerHeapKernel('Slice', sliceOfMatrix);
  registerHeapKernel('Concat', concatOfMatrices);
}

/** The gradient of gather, which the wasm backend lacks. Ids outside 0 .. numSegments - 1 are dropped. */
function segmentSum({ inputs, attributes, heap }: HeapCall) {
  const { x, segmentIds } = inputs;
  const segmentCount = attributes.numSegments as number;
  if (x?.dtype !== 'float32' || segmentIds === undefined || segmentIds.shape.length !== 1) return undefined;
  const rowShape = x.shape.slice(1);
  const width = sizeOf(rowShape);
  const out = heap.makeOutput([segmentCount, ...rowShape], 'float32');
  const values = floats(heap, x);
  const ids = heap.typedArrayFromHeap(segmentIds);
  const sums = floats(heap, out).fill(0);
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row] as number;
    if (id < 0 || id >= segmentCount) continue;
    for (let k = 0; k < width; k++) {
      sums[id * width + k] = (sums[id * width + k] as number) + (values[row * width + k] as number);
    }
  }
  return out;
}

/** Sum or mean over the first axis alone: the backend transposes the whole tensor first (7 to 12 times slower). */
function sumOfRows({ inputs, attributes, heap }: HeapCall, mean: boolean) {
  const { x } = inputs;
  const axes = [attributes.axis as number | number[]].flat();
  if (x?.dtype !== 'float32' || x.shape.length < 2 || axes.length !== 1) return undefined;
  if (axes[0] !== 0 && axes[0] !== -x.shape.length) return undefined;
  const rowCount = x.shape[0] as number;
  const restShape = x.shape.slice(1);
  const width = sizeOf(restShape);
  const out = heap.makeOutput(attributes.keepDims === true ? [1, ...restShape] : restShape, 'float32');
  const values = floats(heap, x);
  const sums = new Float64Array(width);
  for (let at = 0; at < values.length; at += width) {
    for (let k = 0; k < width; k++) sums[k] = (sums[k] as number) + (values[at + k] as number);
  }
  const results = floats(heap, out);
  for (let k = 0; k < width; k++) results[k] = (sums[k] as number) / (mean ? rowCount : 1);
  return out;
}

/** The backend clips NaN to the lower bound, which would hide a diverged model. */
function clip({ inputs, attributes, heap }: HeapCall) {
  const { x } = inputs;
  if (x?.dtype !== 'float32') return undefined;
  const low = attributes.clipValueMin as number;
  const high = attributes.clipValueMax as number;
  const out = heap.makeOutput(x.shape, 'float32');
  const values = floats(heap, x);
  const results = floats(heap, out);
  for (let k = 0; k < values.length; k++) results[k] = Math.min(Math.max(values[k] as number, low), high);
  return out;
}

/** Repeats a matrix (broadcastTo is built on this): the backend copies value by value, 40 times slower than adding. */
function tile({ inputs, attributes, heap }: HeapCall) {
  const { x } = inputs;
  const repeats = attributes.reps as number[];
  if (x?.dtype !== 'float32' || x.shape.length !== 2 || repeats.length !== 2) return undefined;
  const [rows, columns] = x.shape as [number, number];
  const [down, across] = repeats as [number, number];
  const out = heap.makeOutput([rows * down, columns * across], 'float32');
  const values = floats(heap, x);
  const results = floats(heap, out);
  const width = columns * across;
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * columns, (r + 1) * columns);
    if (columns === 1) results.fill(row[0] as number, r * width, (r + 1) * width);
    else for (let k = 0; k < across; k++) results.set(row, r * width + k * columns);
  }
  for (let k = 1; k < down; k++) results.copyWithin(k * rows * width, 0, rows * width);
  return out;
}

/** Some columns of a matrix: the backend copies the whole matrix out of its heap first, 16 MB for one of 1,024 x 4,096. */
function sliceOfMatrix({ inputs, attributes, heap }: HeapCall) {
  const { x } = inputs;
  const { begin, size } = attributes;
  if (x?.dtype !== 'float32' || x.shape.length !== 2 || !Array.isArray(begin) || !Array.isArray(size)) return undefined;
  const [rows, columns] = x.shape as [number, number];
  const [top = 0, left = 0] = begin as number[];
  const [height, width] = (size as number[]).map((extent, axis) =>
    extent < 0 ? (x.shape[axis] as number) - (axis === 0 ? top : left) : extent,
  ) as [number, number];
  if (top < 0 || left < 0 || top + height > rows || left + width > columns) return undefined;
  const out = heap.makeOutput([height, width], 'float32');
  const values = floats(heap, x);
  const results = floats(heap, out);
  for (let r = 0; r < height; r++) {
    const start = (top + r) * columns + left;
    for (let c = 0; c < width; c++) results[r * width + c] = values[start + c] as number;
  }
  return out;
}

/** Matrices beside each other: the backend makes two views a row, half of all garbage of a training step. */
function concatOfMatrices({ inputs, attributes, heap }: HeapCall) {
  const parts = Object.values(inputs);
  const rows = parts[0]?.shape[0] ?? 0;
  const fits = ({ dtype, shape }: TensorInfo) => dtype === 'float32' && shape.length === 2 && shape[0] === rows;
  if (parts.length < 2 || (attributes.axis !== 1 && attributes.axis !== -1) || !parts.every(fits)) return undefined;
  const width = parts.reduce((sum, { shape }) => sum + (shape[1] as number), 0);
  const out = heap.makeOutput([rows, width], 'float32');
  const { buffer, byteOffset } = floats(heap, out);
  const memory = new Float32Array(buffer);
  let to = byteOffset / 4;
  for (const part of parts) {
    const columns = part.shape[1] as number;
    const from = floats(heap, part).byteOffset / 4;
    for (let r = 0; r < rows; r++) {
      const start = from + r * columns;
      if (columns === 1) memory[to + r * width] = memory[start] as number;
      else memory.copyWithin(to + r * width, start, start + columns);
    }
    to += columns;
  }
  return out;
}
