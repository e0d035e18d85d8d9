import { Random } from '@kindred/domain';
import type { LossResult, Tensor2D, TensorFlow } from '../src/index.js';
import type { Matrix, NaiveOwnNegatives, NaiveSharedNegatives } from './naive-losses.js';
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
  /** What it takes besides, and is not differentiated by. */
  readonly constants?: Matrices | undefined;
  /** Places that may not serve as negatives; the suite makes the loss's mask of it. */
  readonly masked?: readonly (readonly boolean[])[] | undefined;
  naive(inputs: Matrices): number;
  loss(tf: TensorFlow, tensors: Readonly<Record<string, Tensor2D>>, mask: Tensor2D | undefined): LossResult<string>;
}

export interface LossCase {
  readonly name: string;
  /** Step of plain gradient descent with which it goes down, step by step. */
  readonly rate: number;
  batchOf(size: BatchSize): LossOnBatch;
}

type Named<Input extends string> = Readonly<Record<Input, Matrix>>;
type Names<Of extends Matrices> = Extract<keyof Of, string>;

/** A loss by itself on batches of every size. */
export function lossCase(name: string, rate: number, batchOf: LossCase['batchOf']): LossCase {
  return { name, rate, batchOf };
}

/** Keeps the names of a batch's inputs among its own functions. */
export function lossOnBatch<Inputs extends Matrices, Constants extends Matrices = Named<never>>(batch: {
  inputs: Inputs;
  constants?: Constants;
  masked?: LossOnBatch['masked'];
  naive: (inputs: Inputs) => number;
  loss: (
    tf: TensorFlow,
    tensors: Readonly<Record<Names<Inputs> | Names<Constants>, Tensor2D>>,
    mask: Tensor2D | undefined,
  ) => LossResult<Names<Inputs>>;
}): LossOnBatch {
  return batch as unknown as LossOnBatch;
}

export const temperature = 0.2;

export const pairsOf = ({ batch, width }: BatchSize) => ({
  users: randomMatrix(batch, width, 'users'),
  items: randomMatrix(batch, width, 'items'),
});
export const weightsOf = ({ batch }: BatchSize) =>
  randomMatrix(1, batch, 'weights')
    .flat()
    .map((value) => 0.2 + value ** 2);
export const numbers = (count: number, label: string) => randomMatrix(1, count, label).flat();
/** Ids of which some stand twice. */
export const idsOf = (count: number, label: string) => {
  const random = new Random(7, label);
  return Array.from({ length: count }, () => random.below(Math.max(1, Math.ceil(count * 0.7))));
};
/** Rows that sum to 1. */
export const distributions = (rows: number, columns: number, label: string) =>
  randomMatrix(rows, columns, label).map((row) => {
    const total = row.reduce((sum, value) => sum + Math.exp(value), 0);
    return row.map((value) => Math.exp(value) / total);
  });

export function ownNegatives(size: BatchSize) {
  const negatives = randomMatrix(size.batch * size.negatives, size.width, 'negatives');
  const weights = weightsOf(size);
  return {
    inputs: { ...pairsOf(size), negatives },
    weights: Float32Array.from(weights),
    naive: (inputs: Named<'users' | 'items' | 'negatives'>): NaiveOwnNegatives => ({ ...inputs, weights }),
  };
}

/** About a fifth of the negatives masked, and in the last row of a batch all of them. */
export function sharedNegatives(size: BatchSize) {
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
