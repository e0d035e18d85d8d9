import type { Engine } from '@kindred/compute';
import { KindredError } from '@kindred/domain';
import type { Scalar, Tensor2D } from '@kindred/objectives';
import type { TrainedTable } from '../run-state.js';
import type { Network } from './mapping-network.js';
import type { VectorSet } from './vector-set.js';

/** How much slower the last step is than the first. */
export const FINAL_RATE_SHARE = 0.1;

/** So many are mapped at once. */
const ROWS_AT_ONCE = 4096;

/**
 * One step of Adam along the gradient of a loss that TensorFlow.js differentiates.
 * @param lossOf of the tables as tensors, in order; no other tensor is differentiated by
 * @returns the loss before the step
 * @throws KindredError TRAINING_DEGENERATE when it is not finite; the tables are as they were
 */
export async function gradientStep(
  engine: Engine,
  tables: readonly TrainedTable[],
  rate: number,
  lossOf: (weights: readonly Tensor2D[]) => Scalar,
): Promise<number> {
  const { tf } = engine;
  const gradients = tables.map(({ values }) => new Float32Array(values.length));
  const loss = await engine.scope(async () => {
    const differentiate = tf.valueAndGrads((...weights) => lossOf(weights as Tensor2D[]));
    const { value, grads } = differentiate(tensorsOf(engine, tables));
    for (const [k, gradient] of grads.entries()) await engine.read(gradient, gradients[k]);
    return (await engine.read(value))[0] as number;
  });
  if (!Number.isFinite(loss)) {
    const step = (tables[0]?.adam.steps ?? 0) + 1;
    throw new KindredError('TRAINING_DEGENERATE', `the loss became ${loss} in step ${step}; lower learningRate`);
  }
  tables.forEach(({ adam }, k) => {
    adam.stepAll(gradients[k] as Float32Array, rate);
  });
  return loss;
}

/** To be called in a scope of the engine. */
export function tensorsOf({ tf }: Engine, tables: readonly TrainedTable[]): Tensor2D[] {
  return tables.map(({ values, width }) => tf.tensor2d(values, [values.length / width, width]));
}

/** What a network makes of vectors; calls may overlap, for no scope is open while results are read. @returns [N, outputs] */
export async function mapRows(engine: Engine, network: Network, { vectors, width }: VectorSet): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (let start = 0; start < vectors.length; start += ROWS_AT_ONCE * width) {
    const rows = vectors.subarray(start, start + ROWS_AT_ONCE * width);
    const outputs = engine.scope(() => {
      const inputs = engine.tf.tensor2d(rows, [rows.length / width, width]);
      return network.forward(engine.tf, inputs, tensorsOf(engine, network.tables));
    });
    try {
      parts.push(await engine.read(outputs));
    } finally {
      outputs.dispose();
    }
  }
  const out = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
