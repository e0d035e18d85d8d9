import type { Engine } from '@kindred/compute';
import { lossOperation, multinomialLoss, type Scalar, type Tensor2D, type TensorFlow } from '@kindred/objectives';
import type { Forward } from './autoencoder-body.js';

/**
 * What a method adds to the likelihood, by what the generator makes of the batch.
 * @param made h, [B, h], and W of the candidates, [K, h]
 */
export type GeneratorTerm = (tf: TensorFlow, made: { readonly hidden: Tensor2D; readonly items: Tensor2D }) => Scalar;

/** All of a step that the engine computes with; arrays of the host. */
interface AutoencoderLossInputs {
  readonly forward: Forward;
  readonly term?: GeneratorTerm | undefined;
  /** What the body starts from, [B, w] */
  readonly rows: Float32Array;
  /** w */
  readonly rowWidth: number;
  /** t, [B, d] */
  readonly targets: Float32Array;
  /** W of the candidates, [K, d] */
  readonly items: Float32Array;
  /** d */
  readonly width: number;
  /** [K] */
  readonly offsets: Float32Array;
  /** [B] */
  readonly positiveWeights: Float32Array;
  /** Of the body, in order; [inputs + 1, outputs]. */
  readonly layers: readonly { readonly values: Float32Array; readonly width: number }[];
}

/** Where the gradients go, each in the shape of its input. */
interface AutoencoderGradients {
  readonly rows: Float32Array;
  readonly targets: Float32Array;
  readonly items: Float32Array;
  readonly layers: readonly Float32Array[];
}

/**
 * The negative log likelihood of what is to be found, and what the body and the method add to it. TensorFlow.js differentiates the body, the
 * losses bring their own gradients.
 * @returns the loss
 */
export function autoencoderLoss(
  engine: Engine,
  inputs: AutoencoderLossInputs,
  into: AutoencoderGradients,
): Promise<number> {
  const { tf } = engine;
  const { forward, term, rowWidth, width, offsets, positiveWeights, layers } = inputs;
  return engine.scope(async () => {
    const differentiate = tf.valueAndGrads((...args) => {
      const [rows, targets, items, ...weights] = args as [Tensor2D, Tensor2D, Tensor2D, ...Tensor2D[]];
      const { hidden, penalty } = forward(tf, rows, weights);
      const likelihood = lossOperation(tf, { hidden, targets, items }, (given) =>
        multinomialLoss(tf, { ...given, offsets, positiveWeights }),
      );
      const terms = [penalty, term?.(tf, { hidden, items })];
      return terms.reduce<Scalar>((sum, next) => (next === undefined ? sum : tf.add(sum, next)), likelihood);
    });
    const matrix = (values: Float32Array, columns: number) => tf.tensor2d(values, [values.length / columns, columns]);
    const { value, grads } = differentiate([
      matrix(inputs.rows, rowWidth),
      matrix(inputs.targets, width),
      matrix(inputs.items, width),
      ...layers.map((layer) => matrix(layer.values, layer.width)),
    ]);
    const places = [into.rows, into.targets, into.items, ...into.layers];
    for (const [k, gradient] of grads.entries()) await engine.read(gradient, places[k]);
    return (await engine.read(value))[0] as number;
  });
}
