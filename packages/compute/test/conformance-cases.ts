import { Random } from '@kindred/domain';
import type { Tensor } from '@tensorflow/tfjs';
import type { TensorFlow } from '../src/engine.js';

/** One function of tensors that every engine must compute and differentiate as the reference does. */
export interface ConformanceCase {
  readonly name: string;
  /** Values and shapes of the arguments. */
  readonly inputs: readonly Input[];
  run(tf: TensorFlow, ...inputs: Tensor[]): Tensor;
  /** False for functions without a gradient. */
  readonly differentiable: boolean;
}

interface Input {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** A tensor's values in -1 .. 1, or in low .. high. */
function input(label: string, shape: readonly number[], low = -1, high = 1): Input {
  const random = new Random(7, `${label} ${shape}`);
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { values: Float32Array.from({ length: size }, () => low + (high - low) * random.next()), shape };
}

/** 1, a prime, a multiple of 4 and 8, and sizes next to the side of a tile (32). */
const SIZES: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 7],
  [7, 1],
  [13, 5],
  [8, 16],
  [33, 31],
];

type Unary = (tf: TensorFlow, x: Tensor) => Tensor;
type Binary = (tf: TensorFlow, x: Tensor, y: Tensor) => Tensor;

const UNARY: Readonly<Record<string, Unary>> = {
  softmax: (tf, x) => tf.softmax(x),
  logSoftmax: (tf, x) => tf.logSoftmax(x),
  'logSumExp over columns': (tf, x) => tf.logSumExp(x, 1),
  'logSumExp over rows': (tf, x) => tf.logSumExp(x, 0),
  exp: (tf, x) => tf.exp(x),
  square: (tf, x) => tf.square(x),
  negate: (tf, x) => tf.neg(x),
  abs: (tf, x) => tf.abs(x),
  'sum of all': (tf, x) => tf.sum(x),
  'sum over rows': (tf, x) => tf.sum(x, 0),
  'sum over rows, axis kept': (tf, x) => tf.sum(x, -2, true),
  'sum over columns': (tf, x) => tf.sum(x, 1),
  'mean over rows': (tf, x) => tf.mean(x, 0),
  'mean over columns': (tf, x) => tf.mean(x, 1, true),
  'max over columns': (tf, x) => tf.max(x, 1),
  transpose: (tf, x) => tf.transpose(x),
  reshape: (tf, x) => tf.reshape(x, [-1]),
  sigmoid: (tf, x) => tf.sigmoid(x),
  softplus: (tf, x) => tf.softplus(x),
  logSigmoid: (tf, x) => tf.logSigmoid(x),
  tanh: (tf, x) => tf.tanh(x),
  relu: (tf, x) => tf.relu(x),
  leakyRelu: (tf, x) => tf.leakyRelu(x, 0.2),
  elu: (tf, x) => tf.elu(x),
  clip: (tf, x) => tf.clipByValue(x, -0.5, 0.5),
  tile: (tf, x) => tf.tile(x, [2, 3]),
  'concat of rows': (tf, x) => tf.concat([x, tf.square(x)], 0),
  'concat of columns': (tf, x) => tf.concat([x, tf.square(x)], 1),
  'unit rows': (tf, x) => tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-12))),
  'multiplied by a column': (tf, x) => tf.mul(x, tf.sum(x, 1, true)),
  'divided by a row': (tf, x) => tf.div(x, tf.add(tf.sum(tf.square(x), 0, true), 1)),
  'chosen by a condition': (tf, x) => tf.where(tf.greater(unevenly(tf, x), 0), x, tf.square(x)),
  'custom gradient': (tf, x) => tripledWithGradientFive(tf, x),
};

/** Constants of the shape of x with both signs. */
function unevenly(tf: TensorFlow, x: Tensor): Tensor {
  return tf.cos(tf.reshape(tf.range(0, x.size), x.shape));
}

/** 3x, whose gradient is declared to be 5: shows that the declared one is used. */
function tripledWithGradientFive(tf: TensorFlow, x: Tensor): Tensor {
  const tripled = tf.customGrad((...args: unknown[]) => ({
    value: tf.mul(args[0] as Tensor, 3),
    gradFunc: (dy: Tensor) => tf.mul(dy, 5),
  }));
  return tripled(x);
}

const POSITIVE: Readonly<Record<string, Unary>> = {
  log: (tf, x) => tf.log(x),
  log1p: (tf, x) => tf.log1p(x),
  sqrt: (tf, x) => tf.sqrt(x),
  rsqrt: (tf, x) => tf.rsqrt(x),
  power: (tf, x) => tf.pow(x, tf.scalar(1.7)),
};

const BINARY: Readonly<Record<string, Binary>> = {
  add: (tf, x, y) => tf.add(x, y),
  subtract: (tf, x, y) => tf.sub(x, y),
  multiply: (tf, x, y) => tf.mul(x, y),
  divide: (tf, x, y) => tf.div(x, tf.add(tf.abs(y), 0.5)),
  maximum: (tf, x, y) => tf.maximum(x, y),
  minimum: (tf, x, y) => tf.minimum(x, y),
  'squared difference': (tf, x, y) => tf.squaredDifference(x, y),
};

/** TensorFlow.js 4.22 gives these gradients the shape of the result instead of the argument's, on every engine. */
const GRADIENT_DOES_NOT_BROADCAST = ['maximum', 'minimum', 'squared difference'];

const COMPARISONS = ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'] as const;

/** [m, k, n] of products. */
const PRODUCTS: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, 7, 3],
  [5, 1, 9],
  [13, 17, 11],
  [8, 16, 4],
  [33, 65, 34],
];

function elementwiseCases(): ConformanceCase[] {
  return SIZES.flatMap((shape) => {
    const [rows, columns] = shape;
    const unary = Object.entries(UNARY).map(([name, run]) => make(name, [input(name, shape)], run));
    const positive = Object.entries(POSITIVE).map(([name, run]) => make(name, [input(name, shape, 0.2, 2)], run));
    const others = [shape, [rows, 1], [1, columns], [columns], []];
    const binary = Object.entries(BINARY).flatMap(([name, run]) =>
      others.map((other) => {
        const differentiable = other === shape || !GRADIENT_DOES_NOT_BROADCAST.includes(name);
        return make(name, [input(`${name} x`, shape), input(`${name} y`, other)], run, differentiable);
      }),
    );
    return [...unary, ...positive, ...binary];
  });
}

/** Comparisons of values that often tie, NaN among them. */
function comparisonCases(): ConformanceCase[] {
  const shapes = [
    [
      [6, 5],
      [6, 5],
    ],
    [
      [6, 5],
      [6, 1],
    ],
    [
      [6, 5],
      [1, 5],
    ],
    [
      [6, 1],
      [1, 5],
    ],
    [[5], [6, 5]],
    [[6, 5], []],
    [
      [2, 3, 4],
      [3, 1],
    ],
    [
      [2, 1, 4],
      [3, 4],
    ],
  ] as const;
  return COMPARISONS.flatMap((name) =>
    shapes.map(([a, b]) => {
      const inputs = [coarse(input(`${name} a`, a)), coarse(input(`${name} b`, b))];
      return make(name, inputs, (tf, x, y) => tf.cast(tf[name](x as Tensor, y as Tensor), 'float32'), false);
    }),
  );
}

function coarse({ values, shape }: Input): Input {
  return { values: values.map((value, k) => (k % 7 === 3 ? Number.NaN : Math.round(value))), shape };
}

function productCases(): ConformanceCase[] {
  const plain = PRODUCTS.flatMap(([m, k, n]) => transposes('matMul', [], [m, k], [], [k, n]));
  const batched = [
    ...transposes('batched matMul', [3], [5, 7], [3], [7, 2]),
    ...transposes('batched matMul', [1], [5, 7], [4], [7, 2]),
    ...transposes('batched matMul', [2, 3], [4, 5], [2, 3], [5, 1]),
  ];
  const layer = ['linear', 'relu', 'elu', 'sigmoid', 'leakyrelu'].map((activation) =>
    make(
      `dense layer, ${activation}`,
      [input('layer x', [9, 6]), input('layer w', [6, 5]), input('layer bias', [5])],
      (tf, x, w, bias) =>
        tf.fused.matMul({
          a: x as Tensor,
          b: w as Tensor,
          bias: bias as Tensor,
          activation: activation as 'relu',
          leakyreluAlpha: 0.3,
        }),
    ),
  );
  return [...plain, ...batched, ...layer];
}

function transposes(
  name: string,
  batchA: number[],
  a: readonly [number, number],
  batchB: number[],
  b: readonly [number, number],
): ConformanceCase[] {
  // As above: the gradient of a product does not broadcast batch axes back.
  const differentiable = String(batchA) === String(batchB);
  return [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => {
      const shapeA = [...batchA, ...(transposeA ? [a[1], a[0]] : a)];
      const shapeB = [...batchB, ...(transposeB ? [b[1], b[0]] : b)];
      const label = `${name}${transposeA ? ' Aᵀ' : ''}${transposeB ? ' Bᵀ' : ''}`;
      const run: Binary = (tf, x, y) => tf.matMul(x, y, transposeA, transposeB);
      return make(label, [input('a', shapeA), input('b', shapeB)], run, differentiable);
    }),
  );
}

function indexCases(): ConformanceCase[] {
  const table = input('table', [11, 5]);
  return [
    make('gather with repeats', [table], (tf, x) => tf.gather(x as Tensor, tf.tensor1d([3, 0, 10, 3, 3], 'int32'))),
    make('gather of one row', [table], (tf, x) => tf.gather(x as Tensor, tf.tensor1d([10], 'int32'))),
    make('gather of nested rows', [input('cube', [5, 2, 3])], (tf, x) =>
      tf.gather(x as Tensor, tf.tensor1d([4, 4, 0], 'int32')),
    ),
    make('slice', [table], (tf, x) => tf.slice(x as Tensor, [2, 1], [7, 3])),
    make('pad', [table], (tf, x) =>
      tf.pad(x as Tensor, [
        [1, 2],
        [0, 3],
      ]),
    ),
    make('stack', [table], (tf, x) => tf.stack([x as Tensor, tf.square(x as Tensor)])),
    make(
      'diagonal by gatherND',
      [input('square', [6, 6])],
      (tf, x) => tf.gatherND(x as Tensor, diagonal(tf, 6)),
      false,
    ),
    make('sum of a cube over its first axis', [input('cube', [5, 2, 3])], (tf, x) => tf.sum(x as Tensor, 0)),
  ];
}

function diagonal(tf: TensorFlow, size: number): Tensor {
  return tf.tensor2d(
    Int32Array.from({ length: 2 * size }, (_, k) => k >> 1),
    [size, 2],
    'int32',
  );
}

/** In-batch InfoNCE as the textbook has it: products, norms and logSumExp in one tape. */
function lossCases(): ConformanceCase[] {
  return [1, 2, 13, 33].map((batch) =>
    make('InfoNCE', [input('users', [batch, 6]), input('items', [batch, 6])], (tf, users, items) => {
      const unit = (x: Tensor) => tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-12)));
      const u = unit(users as Tensor);
      const v = unit(items as Tensor);
      const similarity = tf.mul(tf.matMul(u, v, false, true), 10);
      return tf.mean(tf.sub(tf.logSumExp(similarity, 1), tf.mul(tf.sum(tf.mul(u, v), 1), 10)));
    }),
  );
}

function make(
  name: string,
  inputs: readonly Input[],
  run: (tf: TensorFlow, ...inputs: [Tensor, Tensor, Tensor]) => Tensor,
  differentiable = true,
): ConformanceCase {
  const shapes = inputs.map(({ shape }) => `[${shape}]`).join(' ');
  return { name: `${name} ${shapes}`, inputs, run: run as ConformanceCase['run'], differentiable };
}

export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  ...elementwiseCases(),
  ...comparisonCases(),
  ...productCases(),
  ...indexCases(),
  ...lossCases(),
];

/** Functions through which a NaN in one place must show: a diverged model has to be seen. */
export const NAN_CASES: readonly ConformanceCase[] = [
  ...Object.entries({ ...UNARY, ...POSITIVE }).map(([name, run]) =>
    make(name, [withNaN(input(name, [5, 6], 0.2, 2))], run, false),
  ),
  make('matMul', [withNaN(input('a', [5, 6])), input('b', [6, 3])], (tf, x, y) => tf.matMul(x, y), false),
  make(
    'matMul Aᵀ Bᵀ',
    [input('a', [6, 5]), withNaN(input('b', [3, 6]))],
    (tf, x, y) => tf.matMul(x, y, true, true),
    false,
  ),
];

function withNaN({ values, shape }: Input): Input {
  return { values: values.map((value, k) => (k === 8 ? Number.NaN : value)), shape };
}
