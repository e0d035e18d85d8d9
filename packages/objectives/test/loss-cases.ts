import { Random } from '@kindred/domain';
import {
  barlowTwinsLoss,
  bslLoss,
  directAuLoss,
  historySoftmaxLoss,
  infoNceLoss,
  infoNceLossByAutodiff,
  type LossResult,
  marginContrastiveLoss,
  sampledSoftmaxLoss,
  type Tensor2D,
  type TensorFlow,
  tripletLoss,
} from '../src/index.js';
import {
  type Matrix,
  type NaiveOwnNegatives,
  type NaiveSharedNegatives,
  naiveBarlowTwins,
  naiveBsl,
  naiveDirectAu,
  naiveInfoNce,
  naiveMarginContrastive,
  naiveSampledSoftmax,
  naiveSharedHistorySoftmax,
  naiveTriplet,
} from './naive-losses.js';
import { randomMatrix } from './random-matrix.js';

/** B pairs of vectors of `width` numbers, with so many negatives (of each pair, or shared by all). */
export interface BatchSize {
  readonly batch: number;
  readonly width: number;
  readonly negatives: number;
}

/** What a loss is differentiated by, each by the name of its gradient. */
export type Matrices = Readonly<Record<string, Matrix>>;

/** One batch: the loss on tensors, and its twin in plain double precision. */
export interface LossOnBatch {
  readonly inputs: Matrices;
  /** Places that may not serve as negatives; the suite makes the loss's mask of it. */
  readonly masked?: readonly (readonly boolean[])[] | undefined;
  naive(inputs: Matrices): number;
  loss(tf: TensorFlow, tensors: Readonly<Record<string, Tensor2D>>, mask: Tensor2D | undefined): LossResult<string>;
}

interface LossCase {
  readonly name: string;
  /** Step of plain gradient descent with which it goes down, step by step. */
  readonly rate: number;
  batchOf(size: BatchSize): LossOnBatch;
}

type Named<Input extends string> = Readonly<Record<Input, Matrix>>;
type NamedTensors<Input extends string> = Readonly<Record<Input, Tensor2D>>;

/** Keeps the names of a case's inputs among the case's own functions. */
function lossCase<Input extends string>(
  name: string,
  rate: number,
  batchOf: (size: BatchSize) => {
    inputs: Named<Input>;
    masked?: LossOnBatch['masked'];
    naive: (inputs: Named<Input>) => number;
    loss: (tf: TensorFlow, tensors: NamedTensors<Input>, mask: Tensor2D | undefined) => LossResult<Input>;
  },
): LossCase {
  return { name, rate, batchOf: batchOf as unknown as LossCase['batchOf'] };
}

const temperature = 0.2;

const pairsOf = ({ batch, width }: BatchSize) => ({
  users: randomMatrix(batch, width, 'users'),
  items: randomMatrix(batch, width, 'items'),
});
const weightsOf = ({ batch }: BatchSize) =>
  randomMatrix(1, batch, 'weights')
    .flat()
    .map((value) => 0.2 + value ** 2);
const numbers = (count: number, label: string) => randomMatrix(1, count, label).flat();
/** Ids of which some stand twice. */
const idsOf = (count: number, label: string) => {
  const random = new Random(7, label);
  return Array.from({ length: count }, () => random.below(Math.max(1, Math.ceil(count * 0.7))));
};
function ownNegatives(size: BatchSize) {
  const negatives = randomMatrix(size.batch * size.negatives, size.width, 'negatives');
  const weights = weightsOf(size);
  return {
    inputs: { ...pairsOf(size), negatives },
    weights: Float32Array.from(weights),
    naive: (inputs: Named<'users' | 'items' | 'negatives'>): NaiveOwnNegatives => ({ ...inputs, weights }),
  };
}

/** About a fifth of the negatives masked, and in the last row of a batch all of them. */
function sharedNegatives(size: BatchSize) {
  const negatives = randomMatrix(size.negatives, size.width, 'negatives');
  const weights = weightsOf(size);
  const draw = randomMatrix(size.batch, size.negatives, 'mask');
  const masked = draw.map((row, b) => row.map((value) => value > 0.8 || (b > 0 && b === size.batch - 1)));
  return {
    inputs: { ...pairsOf(size), negatives },
    naive: (inputs: Named<'users' | 'items' | 'negatives'>): NaiveSharedNegatives => ({
      ...inputs,
      weights,
      temperature,
      masked,
    }),
    masked,
    options: { temperature, weights: Float32Array.from(weights) },
  };
}

/** In-batch InfoNCE with every option used: correction, weights, and a mask that hides about a quarter. */
function infoNceCase(name: string, loss: typeof infoNceLoss): LossCase {
  return lossCase(name, 0.3, (size) => {
    const logQ = numbers(size.batch, 'logQ');
    const weights = weightsOf(size);
    const draw = randomMatrix(size.batch, size.batch, 'mask');
    const masked = draw.map((row, b) => row.map((value, j) => b !== j && value > 0.7));
    return {
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
    };
  });
}

/** Every loss of the package: a new one is a line here, and a twin in naive-losses.ts. */
export const LOSS_CASES: readonly LossCase[] = [
  infoNceCase('info-nce', infoNceLoss),
  infoNceCase('info-nce by autodiff', infoNceLossByAutodiff),
  lossCase('history-softmax', 0.3, (size) => {
    const offsets = numbers(size.negatives, 'offsets');
    const positiveWeights = weightsOf(size);
    return {
      inputs: {
        users: randomMatrix(size.batch, size.width, 'users'),
        targets: randomMatrix(size.batch, size.width, 'targets'),
        negatives: randomMatrix(size.negatives, size.width, 'negatives'),
      },
      naive: (inputs) => naiveSharedHistorySoftmax(inputs, positiveWeights, offsets, temperature, 1.25),
      loss: (tf, tensors) =>
        historySoftmaxLoss(tf, {
          ...tensors,
          positiveWeights: Float32Array.from(positiveWeights),
          offsets: Float32Array.from(offsets),
          temperature,
          negativeWeight: 1.25,
        }),
    };
  }),
  lossCase('triplet', 0.3, (size) => {
    const { inputs, naive, weights } = ownNegatives(size);
    return {
      inputs,
      naive: (at) => naiveTriplet(naive(at), 0.3),
      loss: (tf, tensors) => tripletLoss(tf, { ...tensors, weights, margin: 0.3 }),
    };
  }),
  lossCase('triplet weighted by rank', 0.1, (size) => {
    const { inputs, naive, weights } = ownNegatives(size);
    return {
      inputs,
      naive: (at) => naiveTriplet(naive(at), 0.3, (inside) => Math.log1p(100 * inside)),
      loss: (tf, tensors) => tripletLoss(tf, { ...tensors, weights, margin: 0.3, rankAmong: 100 }),
    };
  }),
  lossCase('margin-contrastive', 0.3, (size) => {
    const { inputs, naive, weights } = ownNegatives(size);
    return {
      inputs,
      naive: (at) => naiveMarginContrastive(naive(at), 1.3, 0.7),
      loss: (tf, tensors) => marginContrastiveLoss(tf, { ...tensors, weights, margin: 1.3, negativeWeight: 0.7 }),
    };
  }),
  lossCase('sampled-softmax', 0.3, (size) => {
    const { naive, options, ...batch } = sharedNegatives(size);
    const logQ = numbers(size.negatives, 'logQ');
    const positiveLogQ = numbers(size.batch, 'positiveLogQ');
    return {
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
    };
  }),
  lossCase('bsl, every row by itself', 0.1, (size) => {
    const { naive, options, ...batch } = sharedNegatives(size);
    return {
      ...batch,
      naive: (at) => naiveBsl(naive(at), 1.2),
      loss: (tf, tensors, mask) => bslLoss(tf, { ...tensors, ...options, mask, negativePower: 1.2 }),
    };
  }),
  lossCase('bsl, positives of a user pooled', 0.1, (size) => {
    const { naive, options, ...batch } = sharedNegatives(size);
    const userOfRow = idsOf(size.batch, 'pools');
    const positives = { temperature: 0.4, userOfRow: Uint32Array.from(userOfRow) };
    return {
      ...batch,
      naive: (at) => naiveBsl(naive(at), 0.9, { temperature: 0.4, userOfRow }),
      loss: (tf, tensors, mask) => bslLoss(tf, { ...tensors, ...options, mask, negativePower: 0.9, positives }),
    };
  }),
  lossCase('direct-au', 0.2, (size) => {
    const weights = weightsOf(size);
    const options = { uniformity: 1.5, userOfRow: idsOf(size.batch, 'user'), itemOfRow: idsOf(size.batch, 'item') };
    return {
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
    };
  }),
  lossCase('barlow-twins', 0.2, (size) => ({
    inputs: pairsOf(size),
    naive: ({ users, items }) => naiveBarlowTwins(users, items, 0.1),
    loss: (tf, tensors) => barlowTwinsLoss(tf, { ...tensors, redundancy: 0.1 }),
  })),
];
