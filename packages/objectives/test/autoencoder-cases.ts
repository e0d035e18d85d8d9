import {
  absoluteActivityLoss,
  activityKlLoss,
  compositePriorLoss,
  gaussianKlLoss,
  multinomialLoss,
} from '../src/index.js';
import { type LossCase, lossCase, lossOnBatch, numbers, weightsOf } from './loss-case.js';
import {
  naiveAbsoluteActivity,
  naiveActivityKl,
  naiveCompositePrior,
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
