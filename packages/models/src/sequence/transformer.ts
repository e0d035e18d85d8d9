import type { Tensor2D, TensorFlow } from '@kindred/objectives';
import { type BlockWeight, blockWeight, type SequenceShape, VARIANCE_EPSILON } from '../artefact/index.js';

type Tensor4D = ReturnType<TensorFlow['tensor4d']>;

/** What the outputs are computed from. */
interface TransformerInputs {
  /** [R * C, d]: items with their positions added */
  readonly rows: Tensor2D;
  /** [R, 1, C, C]: see `PackedBatch` */
  readonly sight: Tensor4D;
  readonly rowCount: number;
  readonly weights: (name: string) => Tensor2D;
  /** Dropout, or nothing: called once for each place where it acts, always in the same order. */
  readonly drop: (values: Tensor2D) => Tensor2D;
}

/** The outputs of all places by the engine; `lastOutput` is the same on plain arrays, for serving. [R * C, d] */
export function runTransformer(tf: TensorFlow, shape: SequenceShape, inputs: TransformerInputs): Tensor2D {
  const { weights, drop } = inputs;
  let rows = drop(inputs.rows);
  for (let block = 0; block < shape.blocks; block++) {
    const of = (name: BlockWeight) => weights(blockWeight(block, name));
    const normal = normRows(tf, rows, of('attentionGain'), of('attentionShift'));
    const mixed = tf.matMul(attend(tf, shape, inputs, of, normal), of('attended')) as Tensor2D;
    rows = tf.add(rows, drop(mixed));
    const open = normRows(tf, rows, of('hiddenGain'), of('hiddenShift'));
    const hidden = tf.relu(tf.add(tf.matMul(open, of('hidden')), of('hiddenBias'))) as Tensor2D;
    rows = tf.add(rows, drop(tf.add(tf.matMul(hidden, of('output')), of('outputBias'))));
  }
  return normRows(tf, rows, weights('finalGain'), weights('finalShift'));
}

/** Scaled dot-product attention within the rows of the batch. [R * C, d] */
function attend(
  tf: TensorFlow,
  { width, heads }: SequenceShape,
  { sight, rowCount }: TransformerInputs,
  of: (name: BlockWeight) => Tensor2D,
  normal: Tensor2D,
): Tensor2D {
  const size = width / heads;
  const split = (weight: BlockWeight) => {
    const flat = tf.matMul(normal, of(weight));
    return tf.transpose(tf.reshape(flat, [rowCount, -1, heads, size]), [0, 2, 1, 3]); // [R, H, C, size]
  };
  const queries = tf.mul(split('query'), 1 / Math.sqrt(size));
  const similarity = tf.matMul(queries, split('key'), false, true); // [R, H, C, C]
  const chance = tf.softmax(tf.add(similarity, sight));
  const mixed = tf.matMul(chance, split('value')); // [R, H, C, size]
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [-1, width]);
}

/** Each row brought to mean 0 and deviation 1, then gain and shift (Ba et al., 2016). */
function normRows(tf: TensorFlow, rows: Tensor2D, gain: Tensor2D, shift: Tensor2D): Tensor2D {
  const perColumn = 1 / gain.shape[1];
  const centred = tf.sub(rows, tf.mul(tf.sum(rows, 1, true), perColumn));
  const variance = tf.mul(tf.sum(tf.square(centred), 1, true), perColumn);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, VARIANCE_EPSILON))), gain), shift);
}
