import { addRow } from './add-row.js';

/** x W. @param x [n, inputs] @param weights [inputs, outputs] @returns [n, outputs] */
export function denseProduct(x: Float32Array, weights: Float32Array, inputs: number, outputs: number): Float32Array {
  const count = x.length / inputs;
  const out = new Float32Array(count * outputs);
  for (let row = 0; row < count; row++) {
    const into = out.subarray(row * outputs, (row + 1) * outputs);
    addProduct(x.subarray(row * inputs, (row + 1) * inputs), weights, into);
  }
  return out;
}

/** out += x W, of one row. @param x [inputs] @param weights [inputs or more, outputs] @param out [outputs] */
export function addProduct(x: Float32Array, weights: Float32Array, out: Float32Array): void {
  const [inputs, outputs] = [x.length, out.length];
  let k = 0;
  // Four inputs at a time: a quarter of the loads and stores of the sum.
  for (; k + 3 < inputs; k += 4) {
    const x0 = x[k] as number;
    const x1 = x[k + 1] as number;
    const x2 = x[k + 2] as number;
    const x3 = x[k + 3] as number;
    const start = k * outputs;
    for (let c = 0; c < outputs; c++) {
      out[c] =
        (out[c] as number) +
        x0 * (weights[start + c] as number) +
        x1 * (weights[start + outputs + c] as number) +
        x2 * (weights[start + 2 * outputs + c] as number) +
        x3 * (weights[start + 3 * outputs + c] as number);
    }
  }
  for (; k < inputs; k++) addRow(weights, k * outputs, x[k] as number, out, 0, outputs);
}
