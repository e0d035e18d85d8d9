import type { Engine } from '@kindred/compute';
import {
  expectedRows,
  lossOperation,
  multinomialLoss,
  multinomialValue,
  type Scalar,
  type Tensor2D,
  type TensorFlow,
} from '@kindred/objectives';
import type { Forward } from './autoencoder-body.js';

/** What a method adds to the likelihood, by what the generator makes of the batch. */
export interface GeneratorTerm {
  /** What the candidates are seen as, where `value` reads `rows`. */
  readonly sight?: Sight | undefined;
  value(tf: TensorFlow, made: Made): Scalar;
}

interface Sight {
  /** Q, [K, w]: what each of the candidates is seen as. */
  readonly items: Float32Array;
  /** w */
  readonly width: number;
  /** What is seen of each candidate, [B, K]; absent: all of all. */
  readonly mask?: Float32Array | undefined;
}

/** What a generator makes of a batch. */
interface Made {
  /** h, [B, h] */
  readonly hidden: Tensor2D;
  /** W of the candidates, [K, h] */
  readonly items: Tensor2D;
  /** What its distribution expects to be seen, [B, w]; absent where the term has no sight. */
  readonly rows: Tensor2D | undefined;
}

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
  const { forward, term, rowWidth, width, layers } = inputs;
  return engine.scope(async () => {
    const differentiate = tf.valueAndGrads((...args) => {
      const [rows, targets, items, ...weights] = args as [Tensor2D, Tensor2D, Tensor2D, ...Tensor2D[]];
      const { hidden, penalty } = forward(tf, rows, weights);
      const asked = { hidden, targets, items };
      const { likelihood, rows: expected } =
        term?.sight === undefined
          ? { likelihood: likelihoodAlone(tf, asked, inputs), rows: undefined }
          : likelihoodAndRows(tf, asked, inputs, term.sight);
      const terms = [penalty, term?.value(tf, { hidden, items, rows: expected })];
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

type Asked = Readonly<Record<'hidden' | 'targets' | 'items', Tensor2D>>;
type Weighted = Pick<AutoencoderLossInputs, 'offsets' | 'positiveWeights'>;

function likelihoodAlone(tf: TensorFlow, asked: Asked, { offsets, positiveWeights }: Weighted): Scalar {
  return lossOperation(tf, asked, (given) => multinomialLoss(tf, { ...given, offsets, positiveWeights }));
}

/** Both of one softmax. */
function likelihoodAndRows(
  tf: TensorFlow,
  { hidden, targets, items }: Asked,
  { offsets, positiveWeights }: Weighted,
  sight: Sight,
): { likelihood: Scalar; rows: Tensor2D } {
  const seen = tf.tensor2d(sight.items, [offsets.length, sight.width]);
  const mask = sight.mask && tf.tensor2d(sight.mask, [positiveWeights.length, offsets.length]);
  const { rows, logSums } = expectedRows(tf, { hidden, items, offsets, seen, mask });
  const count = tf.tensor2d(positiveWeights, [positiveWeights.length, 1]);
  return { likelihood: multinomialValue(tf, { hidden, targets, logSums, count }), rows };
}
