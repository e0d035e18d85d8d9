import {
  barlowTwinsLoss,
  bootstrapLoss,
  bprLoss,
  bslLoss,
  candidateSoftmaxLoss,
  cclLoss,
  cosineBprLoss,
  directAuLoss,
  historyCclLoss,
  historySoftmaxLoss,
  infoNceLoss,
  infoNceLossByAutodiff,
  marginContrastiveLoss,
  ntXentLoss,
  queueContrastLoss,
  sampledSoftmaxLoss,
  swappedPredictionLoss,
  symmetricInfoNceLoss,
  type Tensor2D,
  tripletLoss,
  weightedBceLoss,
} from '../src/index.js';
import { ADVERSARIAL_CASES } from './adversarial-cases.js';
import { AUTOENCODER_CASES } from './autoencoder-cases.js';
import {
  type BatchSize,
  distributions,
  idsOf,
  type LossCase,
  lossCase,
  lossOnBatch,
  numbers,
  ownNegatives,
  pairsOf,
  sharedNegatives,
  temperature,
  weightsOf,
} from './loss-case.js';
import {
  naiveBarlowTwins,
  naiveBpr,
  naiveBsl,
  naiveCandidateSoftmax,
  naiveCcl,
  naiveCosineBpr,
  naiveDirectAu,
  naiveHistoryCcl,
  naiveInfoNce,
  naiveMarginContrastive,
  naiveSampledSoftmax,
  naiveSharedHistorySoftmax,
  naiveTriplet,
  naiveWeightedBce,
} from './naive-losses.js';
import {
  naiveBootstrap,
  naiveNtXent,
  naiveQueueContrast,
  naiveSwappedPrediction,
  naiveSymmetricInfoNce,
} from './naive-self-supervised.js';
import { randomMatrix } from './random-matrix.js';

/** In-batch InfoNCE with every option used: correction, weights, and a mask that hides about a quarter. */
function infoNceCase(name: string, loss: typeof infoNceLoss): LossCase {
  return lossCase(name, 0.3, (size) => {
    const logQ = numbers(size.batch, 'logQ');
    const weights = weightsOf(size);
    const draw = randomMatrix(size.batch, size.batch, 'mask');
    const masked = draw.map((row, b) => row.map((value, j) => b !== j && value > 0.7));
    return lossOnBatch({
      inputs: pairsOf(size),
      masked,
      naive: (inputs) => naiveInfoNce({ ...inputs, temperature, logQ, weights, masked }),
      loss: (tf, tensors, mask) =>
        loss(tf, {
          ...tensors,
          temperature,
          mask,
          logQ: Float32Array.from(logQ),
          weights: Float32Array.from(weights),
        }),
    });
  });
}

/** Users with the sum of their positives, and shared negatives. */
const historiesOf = ({ batch, width, negatives }: BatchSize) => ({
  users: randomMatrix(batch, width, 'users'),
  targets: randomMatrix(batch, width, 'targets'),
  negatives: randomMatrix(negatives, width, 'negatives'),
});

/** Every loss of the package, as loss-cases.test.ts checks: a new one is a line here, and a twin in naive-losses.ts. */
export const LOSS_CASES: readonly LossCase[] = [
  infoNceCase('info-nce', infoNceLoss),
  infoNceCase('info-nce by autodiff', infoNceLossByAutodiff),
  lossCase('symmetric-info-nce', 0.3, (size) => {
    const weights = weightsOf(size);
    const { users: left, items: right } = pairsOf(size);
    return lossOnBatch({
      inputs: { left, right },
      naive: (inputs) => naiveSymmetricInfoNce({ ...inputs, temperature, weights }),
      loss: (tf, tensors) => symmetricInfoNceLoss(tf, { ...tensors, temperature, weights: Float32Array.from(weights) }),
    });
  }),
  lossCase('history-softmax', 0.3, (size) => {
    const offsets = numbers(size.negatives, 'offsets');
    const positiveWeights = weightsOf(size);
    return lossOnBatch({
      inputs: historiesOf(size),
      naive: (inputs) => naiveSharedHistorySoftmax(inputs, positiveWeights, offsets, temperature, 1.25),
      loss: (tf, tensors) =>
        historySoftmaxLoss(tf, {
          ...tensors,
          positiveWeights: Float32Array.from(positiveWeights),
          offsets: Float32Array.from(offsets),
          temperature,
          negativeWeight: 1.25,
        }),
    });
  }),
  lossCase('triplet', 0.3, (size) => {
    const { inputs, naive, weights } = ownNegatives(size);
    return lossOnBatch({
      inputs,
      naive: (at) => naiveTriplet(naive(at), 0.3),
      loss: (tf, tensors) => tripletLoss(tf, { ...tensors, weights, margin: 0.3 }),
    });
  }),
  lossCase('triplet weighted by rank', 0.1, (size) => {
    const { inputs, naive, weights } = ownNegatives(size);
    return lossOnBatch({
      inputs,
      naive: (at) => naiveTriplet(naive(at), 0.3, (inside) => Math.log1p(100 * inside)),
      loss: (tf, tensors) => tripletLoss(tf, { ...tensors, weights, margin: 0.3, rankAmong: 100 }),
    });
  }),
  lossCase('margin-contrastive', 0.3, (size) => {
    const { inputs, naive, weights } = ownNegatives(size);
    return lossOnBatch({
      inputs,
      naive: (at) => naiveMarginContrastive(naive(at), 1.3, 0.7),
      loss: (tf, tensors) => marginContrastiveLoss(tf, { ...tensors, weights, margin: 1.3, negativeWeight: 0.7 }),
    });
  }),
  lossCase('sampled-softmax', 0.3, (size) => {
    const { naive, options, ...batch } = sharedNegatives(size);
    const logQ = numbers(size.negatives, 'logQ');
    const positiveLogQ = numbers(size.batch, 'positiveLogQ');
    return lossOnBatch({
      ...batch,
      naive: (at) => naiveSampledSoftmax(naive(at), logQ, positiveLogQ),
      loss: (tf, tensors, mask) =>
        sampledSoftmaxLoss(tf, {
          ...tensors,
          ...options,
          mask,
          logQ: Float32Array.from(logQ),
          positiveLogQ: Float32Array.from(positiveLogQ),
        }),
    });
  }),
  lossCase('candidate-softmax', 0.1, ({ batch, width, negatives }) => {
    const warm = 1.5; // for inner products, which are larger than cosines: no candidate outweighs all others
    const isCandidate = numbers(batch, 'among the candidates').map((value) => value > 0);
    return lossOnBatch({
      inputs: {
        queries: randomMatrix(batch, width, 'queries'),
        targets: randomMatrix(batch, width, 'targets'),
        candidates: randomMatrix(negatives, width, 'candidates'),
      },
      naive: (inputs) => naiveCandidateSoftmax({ ...inputs, isCandidate, temperature: warm }),
      loss: (tf, tensors) =>
        candidateSoftmaxLoss(tf, {
          ...tensors,
          isCandidate: Float32Array.from(isCandidate, Number),
          temperature: warm,
        }),
    });
  }),
  lossCase('bsl, every row by itself', 0.1, (size) => {
    const { naive, options, ...batch } = sharedNegatives(size);
    return lossOnBatch({
      ...batch,
      naive: (at) => naiveBsl(naive(at), 1.2),
      loss: (tf, tensors, mask) => bslLoss(tf, { ...tensors, ...options, mask, negativePower: 1.2 }),
    });
  }),
  lossCase('bsl, positives of a user pooled', 0.1, (size) => {
    const { naive, options, ...batch } = sharedNegatives(size);
    const userOfRow = idsOf(size.batch, 'pools');
    const positives = { temperature: 0.4, userOfRow: Uint32Array.from(userOfRow) };
    return lossOnBatch({
      ...batch,
      naive: (at) => naiveBsl(naive(at), 0.9, { temperature: 0.4, userOfRow }),
      loss: (tf, tensors, mask) => bslLoss(tf, { ...tensors, ...options, mask, negativePower: 0.9, positives }),
    });
  }),
  lossCase('direct-au', 0.2, (size) => {
    const weights = weightsOf(size);
    const options = { uniformity: 1.5, userOfRow: idsOf(size.batch, 'user'), itemOfRow: idsOf(size.batch, 'item') };
    return lossOnBatch({
      inputs: pairsOf(size),
      naive: (at) => naiveDirectAu({ ...at, ...options, weights }),
      loss: (tf, tensors) =>
        directAuLoss(tf, {
          ...tensors,
          weights: Float32Array.from(weights),
          uniformity: options.uniformity,
          userOfRow: Uint32Array.from(options.userOfRow),
          itemOfRow: Uint32Array.from(options.itemOfRow),
        }),
    });
  }),
  lossCase('barlow-twins', 0.2, (size) =>
    lossOnBatch({
      inputs: pairsOf(size),
      naive: ({ users, items }) => naiveBarlowTwins(users, items, 0.1),
      loss: (tf, tensors) => barlowTwinsLoss(tf, { ...tensors, redundancy: 0.1 }),
    }),
  ),
  lossCase('bpr', 0.3, (size) => {
    const { inputs, naive, weights } = ownNegatives(size);
    return lossOnBatch({
      inputs,
      naive: (at) => naiveBpr(naive(at)),
      loss: (tf, tensors) => bprLoss(tf, { ...tensors, weights }),
    });
  }),
  lossCase('bpr of cosines', 0.1, (size) => {
    const { inputs, naive, weights } = ownNegatives(size);
    return lossOnBatch({
      inputs,
      naive: (at) => naiveCosineBpr(naive(at), temperature),
      loss: (tf, tensors) => cosineBprLoss(tf, { ...tensors, weights, temperature }),
    });
  }),
  lossCase('ccl', 0.1, (size) => {
    const { naive, options, ...batch } = sharedNegatives(size);
    return lossOnBatch({
      ...batch,
      naive: (at) => naiveCcl(naive(at), 0.1, 3),
      loss: (tf, tensors, mask) => cclLoss(tf, { ...tensors, ...options, mask, margin: 0.1, negativeWeight: 3 }),
    });
  }),
  lossCase('ccl of histories', 0.1, (size) => {
    const positiveWeights = weightsOf(size);
    const constants = { shares: distributions(size.batch, size.negatives, 'shares') };
    const options = { margin: 0.1, negativeWeight: 3 };
    return lossOnBatch({
      inputs: historiesOf(size),
      constants,
      naive: (inputs) => naiveHistoryCcl({ ...inputs, ...constants, ...options, positiveWeights }),
      loss: (tf, tensors) =>
        historyCclLoss(tf, { ...tensors, ...options, positiveWeights: Float32Array.from(positiveWeights) }),
    });
  }),
  lossCase('weighted-bce', 0.02, (size) => {
    const weights = (label: string) =>
      randomMatrix(size.batch, size.negatives, label).map((row) => row.map((value) => Math.max(0, value)));
    const constants = { attraction: weights('attraction'), repulsion: weights('repulsion') };
    return lossOnBatch({
      inputs: {
        users: randomMatrix(size.batch, size.width, 'users'),
        items: randomMatrix(size.negatives, size.width, 'items'),
      },
      constants,
      naive: (inputs) => naiveWeightedBce({ ...inputs, ...constants }),
      loss: (tf, tensors) => weightedBceLoss(tf, tensors),
    });
  }),
  lossCase('nt-xent', 0.3, ({ batch, width }) =>
    lossOnBatch({
      inputs: { first: randomMatrix(batch, width, 'first'), second: randomMatrix(batch, width, 'second') },
      naive: (inputs) => naiveNtXent({ ...inputs, temperature }),
      loss: (tf, tensors) => ntXentLoss(tf, { ...tensors, temperature }),
    }),
  ),
  lossCase('queue-contrast', 0.3, ({ batch, width, negatives }) => {
    const constants = { keys: randomMatrix(batch, width, 'keys'), queue: randomMatrix(negatives, width, 'queue') };
    const masked = randomMatrix(batch, negatives, 'mask').map((row) => row.map((value) => value > 0.7));
    return lossOnBatch({
      inputs: { queries: randomMatrix(batch, width, 'queries') },
      constants,
      masked,
      naive: ({ queries }) => naiveQueueContrast({ queries, ...constants, masked, temperature }),
      loss: (tf, tensors, mask) => queueContrastLoss(tf, { ...tensors, mask: mask as Tensor2D, temperature }),
    });
  }),
  lossCase('bootstrap', 0.1, ({ batch, width }) => {
    const constants = { targets: randomMatrix(batch, width, 'targets') };
    return lossOnBatch({
      inputs: { online: randomMatrix(batch, width, 'online'), predictor: randomMatrix(width, width, 'predictor') },
      constants,
      naive: (inputs) => naiveBootstrap({ ...inputs, ...constants }),
      loss: (tf, tensors) => bootstrapLoss(tf, tensors),
    });
  }),
  lossCase('swapped-prediction', 0.2, ({ batch, width, negatives: segments }) => {
    const constants = { codes: distributions(batch, segments, 'codes') };
    return lossOnBatch({
      inputs: { views: randomMatrix(batch, width, 'views'), prototypes: randomMatrix(segments, width, 'prototypes') },
      constants,
      naive: (inputs) => naiveSwappedPrediction({ ...inputs, ...constants, temperature }),
      loss: (tf, tensors) => swappedPredictionLoss(tf, { ...tensors, temperature }),
    });
  }),
  ...AUTOENCODER_CASES,
  ...ADVERSARIAL_CASES,
];
