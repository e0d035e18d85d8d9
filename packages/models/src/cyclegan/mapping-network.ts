import { Random } from '@kindred/domain';
import type { Tensor2D, TensorFlow } from '@kindred/objectives';
import { denseLayer } from '../autoencoder/autoencoder-body.js';
import type { RunState, TrainedTable } from '../run-state.js';

/** A function of vectors whose weights are learned. */
export interface Network {
  /** Its weights, [inputs + 1, outputs] each, the bias as the last row. */
  readonly tables: readonly TrainedTable[];
  /** @param weights the tables as tensors, in order */
  forward(tf: TensorFlow, inputs: Tensor2D, weights: readonly Tensor2D[]): Tensor2D;
}

export interface NetworkSize {
  /** d: of the vectors. */
  readonly width: number;
  /** Hidden units; 0 leaves the linear part. */
  readonly hidden: number;
}

/**
 * From vectors to vectors: f(x) = x W + b + relu(x U + c) V + e, with V zero at the start, so that it starts as x W.
 * @param start W, [d, d]
 */
export function createGenerator(
  state: RunState,
  name: string,
  { width, hidden }: NetworkSize,
  start: Float32Array,
): Network {
  const linear = new Float32Array((width + 1) * width);
  linear.set(start);
  const straight = state.table(name, linear, width);
  if (hidden === 0) return { tables: [straight], forward: (tf, inputs, [w]) => denseLayer(tf, inputs, w as Tensor2D) };
  const inner = randomLayer(state, `${name}Hidden`, width, hidden);
  const outer = state.table(`${name}Output`, new Float32Array((hidden + 1) * width), width);
  return {
    tables: [straight, inner, outer],
    forward: (tf, inputs, weights) => {
      const [w, u, v] = weights as [Tensor2D, Tensor2D, Tensor2D];
      const bent = tf.relu(denseLayer(tf, inputs, u)) as Tensor2D;
      return tf.add(denseLayer(tf, inputs, w), denseLayer(tf, bent, v)) as Tensor2D;
    },
  };
}

/** From vectors to one number each, [B, 1]: how much like the real ones it looks. Two hidden layers. */
export function createDiscriminator(state: RunState, name: string, { width, hidden }: NetworkSize): Network {
  return {
    tables: [
      randomLayer(state, `${name}1`, width, hidden),
      randomLayer(state, `${name}2`, hidden, hidden),
      randomLayer(state, `${name}3`, hidden, 1),
    ],
    forward: (tf, inputs, weights) => {
      const [first, second, last] = weights as [Tensor2D, Tensor2D, Tensor2D];
      const low = tf.leakyRelu(denseLayer(tf, inputs, first), SLOPE) as Tensor2D;
      const high = tf.leakyRelu(denseLayer(tf, low, second), SLOPE) as Tensor2D;
      return denseLayer(tf, high, last);
    },
  };
}

/** Of leaky units below zero. */
const SLOPE = 0.2;

/** Normal weights that keep the size of what goes through (He et al., 2015), and no bias. */
function randomLayer(state: RunState, name: string, inputs: number, outputs: number): TrainedTable {
  const random = state.random(`${name} start`);
  const weights = new Float32Array((inputs + 1) * outputs);
  const scale = Math.sqrt(2 / inputs);
  for (let k = 0; k < inputs * outputs; k++) weights[k] = scale * random.normal();
  return state.table(name, weights, outputs);
}

/**
 * Where a generator may start: the first start is the identity, every further one a random rotation, mirrored or not (rows
 * of normals made orthonormal, one after the other).
 * @returns [d, d], orthogonal: its transpose is its inverse
 */
export function orthogonalStart(width: number, place: number, seed: number): Float64Array {
  const random = new Random(seed, `rotation ${place}`);
  const rows = Array.from({ length: width }, (_, r) =>
    Float64Array.from({ length: width }, (_, c) => (place > 0 ? random.normal() : Number(r === c))),
  );
  rows.forEach((row, r) => {
    for (const before of rows.slice(0, r)) addScaled(row, before, -dot(row, before));
    const length = Math.sqrt(dot(row, row));
    row.forEach((value, c) => {
      row[c] = value / length;
    });
  });
  return Float64Array.from(rows.flatMap((row) => [...row]));
}

/** [n, n] */
export function transposed(matrix: Float64Array, n: number): Float32Array {
  return Float32Array.from(matrix, (_, k) => matrix[(k % n) * n + Math.floor(k / n)] as number);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, k) => sum + value * (b[k] as number), 0);
}

function addScaled(into: Float64Array, row: Float64Array, factor: number): void {
  row.forEach((value, c) => {
    into[c] = (into[c] as number) + factor * value;
  });
}
