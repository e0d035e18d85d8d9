import type { Tensor2D, TensorFlow } from '@kindred/objectives';
import { denseLayer } from '../autoencoder/autoencoder-body.js';
import { criticInputs, type Seen } from './game.js';

/** What is left of a negative input (Maas et al., ICML 2013); the customary one of discriminators. */
const LEAK = 0.2;

/**
 * Scores of a critic: dense layers, leaky rectifiers between them.
 * @param inputs [B, w]
 * @param weights of each layer, [inputs + 1, outputs], the bias as the last row
 * @returns [B, outputs of the last]
 */
export function criticScores(tf: TensorFlow, inputs: Tensor2D, weights: readonly Tensor2D[]): Tensor2D {
  return weights.reduce<Tensor2D>(
    (values, layer, place) => denseLayer(tf, place === 0 ? values : (tf.leakyRelu(values, LEAK) as Tensor2D), layer),
    inputs,
  );
}

/** The same of samples as a critic of scores sees them. [B, 1] */
export function scoresOf(tf: TensorFlow, seen: Seen, weights: readonly Tensor2D[]): Tensor2D {
  return criticScores(tf, criticInputs(tf, seen), weights);
}

/**
 * df/dx of a critic of one output, in plain operations, so that it is a function of the weights which TensorFlow.js can
 * differentiate. Its own grad of grad is no way: it is silently wrong for tanh and missing for leakyRelu and elu. The slope of
 * a leaky rectifier is constant but at 0, so that the weights enter by the products alone.
 * @param inputs [B, w]
 * @returns [B, w]
 */
export function criticSlopes(tf: TensorFlow, inputs: Tensor2D, weights: readonly Tensor2D[]): Tensor2D {
  const steps: Tensor2D[] = [];
  let values = inputs;
  for (const layer of weights.slice(0, -1)) {
    const outputs = denseLayer(tf, values, layer);
    steps.push(tf.step(outputs, LEAK) as Tensor2D);
    values = tf.leakyRelu(outputs, LEAK) as Tensor2D;
  }
  let slopes = tf.ones([inputs.shape[0], 1]) as Tensor2D;
  for (let place = weights.length - 1; place >= 0; place--) {
    slopes = tf.matMul(slopes, transposedMatrix(tf, weights[place] as Tensor2D));
    const step = steps[place - 1];
    if (step !== undefined) slopes = tf.mul(slopes, step);
  }
  return slopes;
}

/** Of a layer without its bias. */
function transposedMatrix(tf: TensorFlow, weights: Tensor2D): Tensor2D {
  const [rows, outputs] = weights.shape;
  return tf.transpose(tf.slice2d(weights, [0, 0], [rows - 1, outputs]));
}
