import { addRow } from '../add-row.js';
import type { HistoryConvolution } from './model-artefact.js';

/** What is left of a negative value between two convolutions (Maas et al., ICML 2013). */
export const CONVOLUTION_LEAK = 0.2;

/** How many places a stack of convolutions starts from: each halves them, and one is left. */
export function placesOf(convolutions: number): number {
  return 2 ** convolutions;
}

/** How many places a window has: the two that become one and the one before them, which the last convolution has not. */
export function windowOf(places: number): number {
  return places > 2 ? 3 : 2;
}

/**
 * Convolutions of stride 2 over rows in order of time, down to one: window t reads the places 2t - 1, 2t and 2t + 1; before
 * the first place there is nothing. Leaky rectifiers stand between them.
 * @param rows [2^n, w], oldest first, n convolutions
 * @returns [w]
 */
export function convolve({ kernels }: HistoryConvolution, rows: Float32Array, width: number): Float32Array {
  return kernels.reduce<Float32Array>((values, kernel, depth) => {
    const inputs = depth === 0 ? values : values.map((x) => (x > 0 ? x : CONVOLUTION_LEAK * x));
    return convolved(inputs, kernel, width);
  }, rows);
}

/** One of them. @param kernel [window w, w] @returns half as many rows */
function convolved(rows: Float32Array, kernel: Float32Array, width: number): Float32Array {
  const out = new Float32Array(rows.length / 2);
  for (let at = 0; at < out.length; at += width) {
    const end = 2 * (at + width);
    const start = end - kernel.length / width;
    for (let k = Math.max(0, start); k < end; k++) {
      const value = rows[k] as number;
      // Places that nobody fills are zeros throughout.
      if (value !== 0) addRow(kernel, (k - start) * width, value, out, at, width);
    }
  }
  return out;
}
