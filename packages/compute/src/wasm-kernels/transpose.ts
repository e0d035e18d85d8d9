import { floats, registerHeapKernel } from './wasm-heap.js';

/** Side of the square that is moved at a time, so that both sides of the copy stay in cache. */
const TILE = 32;

/** Writes the transpose of a row-major [rows, columns] matrix. */
export function transposeInto(source: Float32Array, rows: number, columns: number, target: Float32Array): void {
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(rows, top + TILE);
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(columns, left + TILE);
      for (let r = top; r < bottom; r++) {
        for (let c = left; c < right; c++) target[c * rows + r] = source[r * columns + c] as number;
      }
    }
  }
}

/** The wasm backend transposes a matrix in one pass over columns, missing the cache at each step. */
export function registerTranspose(): void {
  registerHeapKernel('Transpose', ({ inputs, attributes, heap }) => {
    const { x } = inputs;
    const order = attributes.perm as number[];
    if (x?.dtype !== 'float32' || order.length !== 2 || order[0] !== 1) return undefined;
    const [rows, columns] = x.shape as [number, number];
    const out = heap.makeOutput([columns, rows], 'float32');
    transposeInto(floats(heap, x), rows, columns, floats(heap, out));
    return out;
  });
}
