import type { Engine } from '@kindred/compute';
import { candidateSoftmaxOperation, type Tensor2D, unitRows } from '@kindred/objectives';
import type { SequenceShape, WeightPlace } from '../artefact/index.js';
import type { Dropout } from './dropout.js';
import type { PackedBatch } from './packed-batch.js';
import { runTransformer } from './transformer.js';

/** All of a step that the engine computes with; arrays of the host, d wide. */
interface SequenceLossInputs {
  readonly shape: SequenceShape;
  readonly batch: PackedBatch;
  /** [R * C, d]: items with their positions added */
  readonly rows: Float32Array;
  /** [P, d]: the right answers */
  readonly targets: Float32Array;
  /** [K, d]: see `candidateSoftmaxLoss` */
  readonly candidates: Float32Array;
  /** [P] */
  readonly isCandidate: Float32Array;
  /** The array of all weights, and those places of it that the transformer multiplies with: the last ones. */
  readonly weights: Float32Array;
  readonly places: readonly WeightPlace[];
  readonly temperature: number;
  readonly drop: Dropout;
}

/** The loss, and its gradients in the shapes of the inputs; of the weights, those of `places`, one after the other. */
export interface SequenceLossResult {
  readonly loss: number;
  readonly rows: Float32Array;
  readonly targets: Float32Array;
  readonly candidates: Float32Array;
  readonly weights: Float32Array;
}

/**
 * The transformer's outputs at the places asked against the right answers, by cosine. TensorFlow.js differentiates
 * the transformer, the softmax brings its own gradient.
 */
export function sequenceLoss(engine: Engine, inputs: SequenceLossInputs): Promise<SequenceLossResult> {
  const { tf } = engine;
  const { shape, batch, places, temperature, drop } = inputs;
  const { width } = shape;
  const { rowCount, rowLength } = batch;
  return engine.scope(async () => {
    const sight = tf.tensor4d(batch.sight, [rowCount, 1, rowLength, rowLength]);
    const asked = tf.tensor1d(Int32Array.from(batch.asked), 'int32');
    const differentiate = tf.valueAndGrads((...args) => {
      const [rows, targets, candidates, ...weights] = args as [Tensor2D, Tensor2D, Tensor2D, ...Tensor2D[]];
      const byName = new Map(places.map(({ name }, k) => [name, weights[k] as Tensor2D]));
      const outputs = runTransformer(tf, shape, {
        rows,
        sight,
        rowCount,
        weights: (name) => byName.get(name) as Tensor2D,
        drop,
      });
      return candidateSoftmaxOperation(tf, {
        queries: unitRows(tf, tf.gather(outputs, asked)).unit, // [P, d]
        targets: unitRows(tf, targets).unit,
        candidates: unitRows(tf, candidates).unit,
        isCandidate: inputs.isCandidate,
        temperature,
      });
    });
    const table = (rows: Float32Array) => tf.tensor2d(rows, [rows.length / width, width]);
    const { value, grads } = differentiate([
      table(inputs.rows),
      table(inputs.targets),
      table(inputs.candidates),
      ...places.map(({ start, end, shape: [rows, columns] }) =>
        tf.tensor2d(inputs.weights.subarray(start, end), [rows, columns]),
      ),
    ]);
    const [rows, targets, candidates, ...weights] = grads as [Tensor2D, Tensor2D, Tensor2D, ...Tensor2D[]];
    return {
      rows: await engine.read(rows),
      targets: await engine.read(targets),
      candidates: await engine.read(candidates),
      weights: await engine.read(tf.concat(weights.map((gradient) => tf.reshape(gradient, [-1, width])))),
      loss: (await engine.read(value))[0] as number,
    };
  });
}
