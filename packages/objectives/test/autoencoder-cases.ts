import {
  absoluteActivityLoss,
  activityKlLoss,
  compositePriorLoss,
  expectedRows,
  gaussianKlLoss,
  multinomialLoss,
  multinomialValue,
  type Scalar,
  type Tensor2D,
} from '../src/index.js';
import { type LossCase, lossCase, lossOnBatch, numbers, weightsOf } from './loss-case.js';
import {
  naiveAbsoluteActivity,
  naiveActivityKl,
  naiveCompositePrior,
  naiveExpectedRows,
  naiveGaussianKl,
  naiveMultinomial,
} from './naive-autoencoder.js';
import { randomMatrix } from './random-matrix.js';

/** What the autoencoders are trained by. */
export const AUTOENCODER_CASES: readonly LossCase[] = [
  lossCase('multinomial', 0.1, (size) => {
    const offsets = numbers(size.negatives, 'offsets');
    const positiveWeights = weightsOf(size);
    return lossOnBatch({
      inputs: {
        hidden: randomMatrix(size.batch, size.width, 'hidden'),
        targets: randomMatrix(size.batch, size.width, 'targets'),
        items: randomMatrix(size.negatives, size.width, 'items'),
      },
      naive: (inputs) => naiveMultinomial(inputs, offsets, positiveWeights),
      loss: (tf, tensors) =>
        multinomialLoss(tf, {
          ...tensors,
          offsets: Float32Array.from(offsets),
          positiveWeights: Float32Array.from(positiveWeights),
        }),
    });
  }),
  expectedRowsCase(false),
  expectedRowsCase(true),
  lossCase('gaussian-kl', 0.3, (size) => {
    const weights = weightsOf(size);
    return lossOnBatch({
      inputs: {
        means: randomMatrix(size.batch, size.width, 'means'),
        logVariances: randomMatrix(size.batch, size.width, 'variances'),
      },
      naive: (inputs) => naiveGaussianKl(inputs, weights),
      loss: (tf, tensors) => gaussianKlLoss(tf, { ...tensors, weights: Float32Array.from(weights) }),
    });
  }),
  lossCase('composite-prior', 0.003, (size) => {
    const weights = weightsOf(size);
    const matrix = (label: string) => randomMatrix(size.batch, size.width, label);
    const constants = { oldMeans: matrix('old means'), oldLogVariances: matrix('old variances') };
    return lossOnBatch({
      inputs: { latents: matrix('latents'), means: matrix('means'), logVariances: matrix('variances') },
      constants,
      naive: (inputs) => naiveCompositePrior({ ...inputs, ...constants }, weights),
      loss: (tf, tensors) => compositePriorLoss(tf, { ...tensors, weights: Float32Array.from(weights) }),
    });
  }),
  lossCase('absolute activity', 0.02, (size) =>
    lossOnBatch({
      inputs: { activations: randomMatrix(size.batch, size.width, 'activations') },
      naive: ({ activations }) => naiveAbsoluteActivity(activations),
      loss: (tf, { activations }) => absoluteActivityLoss(tf, activations),
    }),
  ),
  lossCase('activity kl', 0.02, (size) =>
    lossOnBatch({
      inputs: {
        activations: randomMatrix(size.batch, size.width, 'activations').map((row) => row.map(Math.tanh)),
      },
      naive: ({ activations }) => naiveActivityKl(activations, 0.1),
      loss: (tf, { activations }) => activityKlLoss(tf, activations, 0.1),
    }),
  ),
];

/** The likelihood with slopes by what is seen, as an adversarial generator has it. @param isMasked by half of it */
function expectedRowsCase(isMasked: boolean): LossCase {
  return lossCase(`expected rows${isMasked ? ', masked' : ''}`, 0.1, (size) => {
    const offsets = numbers(size.negatives, 'offsets');
    const positiveWeights = weightsOf(size);
    const seen = randomMatrix(size.negatives, size.width, 'seen');
    const slopes = randomMatrix(size.batch, size.width, 'slopes');
    const mask = isMasked
      ? randomMatrix(size.batch, size.negatives, 'mask').map((row) => row.map((value) => (value > 0 ? 1 : 0)))
      : undefined;
    return lossOnBatch({
      inputs: {
        hidden: randomMatrix(size.batch, size.width, 'hidden'),
        targets: randomMatrix(size.batch, size.width, 'targets'),
        items: randomMatrix(size.negatives, size.width, 'items'),
      },
      naive: (inputs) =>
        naiveMultinomial(inputs, offsets, positiveWeights) +
        naiveExpectedRows(inputs, offsets, seen, mask)
          .flatMap((row, u) => row.map((value, c) => value * (slopes[u]?.[c] as number)))
          .reduce((sum, value) => sum + value, 0),
      loss: (tf, { hidden, targets, items }) => {
        const ofMatrix = (matrix: readonly (readonly number[])[]) => tf.tensor2d(matrix.map((row) => [...row]));
        const { value, grads } = tf.tidy(() =>
          // Constants made within, as a training step makes them: what is not saved of them is gone after the forward pass.
          tf.valueAndGrads((...args) => {
            const [h, t, w] = args as [Tensor2D, Tensor2D, Tensor2D];
            const given = { offsets: Float32Array.from(offsets), seen: ofMatrix(seen), mask: mask && ofMatrix(mask) };
            const { rows, logSums } = expectedRows(tf, { hidden: h, items: w, ...given });
            const count = tf.tensor2d([...positiveWeights], [size.batch, 1]);
            const likelihood = multinomialValue(tf, { hidden: h, targets: t, logSums, count });
            return tf.add(likelihood, tf.sum(tf.mul(rows, ofMatrix(slopes)))) as Scalar;
          })([hidden, targets, items]),
        );
        const [byHidden, byTargets, byItems] = grads as [Tensor2D, Tensor2D, Tensor2D];
        return { loss: value as Scalar, gradients: { hidden: byHidden, targets: byTargets, items: byItems } };
      },
    });
  });
}
