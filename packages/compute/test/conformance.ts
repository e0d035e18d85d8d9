import type { Tensor } from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, EngineName, EngineOptions, MatmulOptions, MatrixShape } from '../src/engine.js';
import { loadEngine } from '../src/engines.js';
import { CONFORMANCE_CASES, type ConformanceCase, NAN_CASES } from './conformance-cases.js';

/** Forward values and the gradient of each input. */
type Outcome = readonly Float32Array[];

/** Single precision, sums of up to 65 terms, libraries of different rounding. */
const TOLERANCE = 2e-5;

/**
 * Runs one engine against the cpu reference: values, gradients, NaN, the product of host arrays, tensor hygiene.
 * The engine named must be available.
 * @param takes which cases to run; default all
 */
export function describeConformance(
  name: EngineName,
  options: EngineOptions = {},
  takes: (each: ConformanceCase) => boolean = () => true,
): void {
  const cases = CONFORMANCE_CASES.filter(takes);
  const nanCases = name === 'webgpu' ? NAN_CASES.filter((each) => !isLostInShaders(each)) : NAN_CASES;

  let engine: Engine;
  let references: ReadonlyMap<ConformanceCase, Outcome>;

  beforeAll(async () => {
    const reference = await loadEngine('cpu');
    const outcomes = new Map<ConformanceCase, Outcome>();
    for (const each of [...cases, ...NAN_CASES]) outcomes.set(each, await evaluate(reference, each));
    references = outcomes;
    engine = await loadEngine(name, options);
    console.info(`engine conformance: ${name} runs (${engine.description})`);
  });
  afterAll(async () => {
    await engine?.dispose();
  });

  describe('values and gradients equal the reference', () => {
    it.each(cases.map((each) => [each.name, each] as const))('%s', async (_, each) => {
      expectClose(await evaluate(engine, each), references.get(each) as Outcome);
    });
  });

  describe('a NaN shows wherever it shows in the reference', () => {
    it.each(nanCases.map((each) => [each.name, each] as const))('%s', async (_, each) => {
      const [values] = await evaluate(engine, each);
      const [expected] = references.get(each) as Outcome;
      expect(nanPlaces(expected as Float32Array).length).toBeGreaterThan(0);
      expect(nanPlaces(values as Float32Array)).toEqual(nanPlaces(expected as Float32Array));
    });
  });

  describe('products of host arrays', () => {
    const sizes = [
      [1, 1, 1],
      [1, 7, 3],
      [5, 1, 9],
      [13, 17, 11],
      [33, 64, 20],
    ] as const;
    const flags = [
      {},
      { transposeA: true },
      { transposeB: true },
      { transposeA: true, transposeB: true },
    ] satisfies MatmulOptions[];
    it.each(flags)('out of place and in place, %o', async (flag) => {
      for (const [m, k, n] of sizes) {
        const shapeA: MatrixShape = flag.transposeA ? [k, m] : [m, k];
        const shapeB: MatrixShape = flag.transposeB ? [n, k] : [k, n];
        const a = wave(m * k, 0.3);
        const b = wave(k * n, 0.7);
        const expected = naiveProduct(a, shapeA, b, shapeB, flag);
        expectClose([await engine.matmul(a, shapeA, b, shapeB, flag)], [expected]);
        const room = new Float32Array(m * n + 2).fill(9);
        const out = room.subarray(1, m * n + 1).fill(Number.NaN);
        expect(await engine.matmul(a, shapeA, b, shapeB, { ...flag, out })).toBe(out);
        expectClose([out], [expected]);
        expect([room[0], room.at(-1)]).toEqual([9, 9]);
      }
    });

    it('takes views of a larger array and leaves inputs alone', async () => {
      const room = wave(40, 0.2);
      const a = room.subarray(3, 15);
      const b = room.subarray(20, 32);
      const before = room.slice();
      expectClose([await engine.matmul(a, [3, 4], b, [4, 3])], [naiveProduct(a, [3, 4], b, [4, 3], {})]);
      expect(room).toEqual(before);
    });

    it('refuses an output that overlaps an input', async () => {
      const room = wave(30, 0.2);
      const call = engine.matmul(room.subarray(0, 9), [3, 3], wave(9, 1), [3, 3], { out: room.subarray(8, 17) });
      await expect(call).rejects.toMatchObject({ code: 'MATRIX_INVALID' });
    });

    it('refuses shapes that do not fit', async () => {
      const six = wave(6, 1);
      for (const call of [
        engine.matmul(six, [2, 3], six, [2, 3]),
        engine.matmul(six, [2, 2], six, [3, 2]),
        engine.matmul(six, [2, 3], six, [3, 2], { out: new Float32Array(5) }),
        engine.matmul(six, [1.5, 4], six, [4, 1.5]),
      ]) {
        await expect(call).rejects.toMatchObject({ code: 'MATRIX_INVALID' });
      }
    });

    it('of nothing is empty, over nothing is zero', async () => {
      const none = new Float32Array(0);
      expect(await engine.matmul(none, [0, 3], wave(6, 1), [3, 2])).toEqual(none);
      const out = new Float32Array(4).fill(Number.NaN);
      expect(await engine.matmul(none, [2, 0], none, [0, 2], { out })).toEqual(new Float32Array(4));
    });

    it('carries NaN and infinity', async () => {
      const product = await engine.matmul(Float32Array.of(0, 1), [1, 2], Float32Array.of(Number.NaN, 2, 3, 4), [2, 2]);
      expect(product[0]).toBeNaN();
      expect(product[1]).toBe(4);
      expect((await engine.matmul(Float32Array.of(Infinity), [1, 1], Float32Array.of(2), [1, 1]))[0]).toBe(Infinity);
    });
  });

  describe('tensors', () => {
    it('are all released after the whole suite', async () => {
      const before = engine.tensorCount();
      for (const each of cases.slice(0, 60)) await evaluate(engine, each);
      await engine.matmul(wave(6, 1), [2, 3], wave(6, 1), [3, 2]);
      expect(engine.tensorCount()).toBe(before);
    });

    it('read as a copy', async () => {
      const tensor = engine.tf.tensor1d([1, 2, 3]);
      const copy = await engine.read(tensor);
      copy.fill(9);
      expect([...(await engine.read(tensor))]).toEqual([1, 2, 3]);
      tensor.dispose();
    });

    it('of other types read as floats', async () => {
      const [whole, truth] = engine.scope(() => [
        engine.tf.tensor1d([1, -2], 'int32'),
        engine.tf.greater(engine.tf.tensor1d([1, 2]), engine.tf.tensor1d([0, 3])),
      ]) as [Tensor, Tensor];
      expect([...(await engine.read(whole))]).toEqual([1, -2]);
      expect([...(await engine.read(truth))]).toEqual([1, 0]);
      engine.tf.dispose([whole, truth]);
    });

    it('train: thirty steps of Adam on a dense layer with gather descend and leak nothing', async () => {
      const { tf } = engine;
      const table = tf.variable(tf.tensor2d(wave(33, 0.4), [11, 3]));
      const target = tf.tensor2d(wave(15, 0.9), [5, 3]);
      const optimizer = tf.train.adam(0.05);
      const rows = tf.tensor1d([0, 4, 4, 10, 2], 'int32');
      const step = () =>
        engine.scope(async () => {
          const loss = () => tf.mean(tf.squaredDifference(tf.gather(table, rows), target)) as never;
          const value = optimizer.minimize(loss, true, [table]) as Tensor;
          return (await engine.read(value))[0] as number;
        });
      const first = await step();
      const held = engine.tensorCount();
      let last = first;
      for (let k = 0; k < 30; k++) last = await step();
      expect(last).toBeLessThan(first / 2);
      expect(engine.tensorCount()).toBe(held);
      optimizer.dispose();
      tf.dispose([table, target, rows]);
    });
  });
}

/** WGSL lets a shader take it for granted that there is no NaN: these functions lose it, sums and products do not. */
function isLostInShaders({ name }: ConformanceCase): boolean {
  return /^(relu|softmax|sigmoid|softplus|logSigmoid|elu) /.test(name);
}

/** Runs a case forward and, where it has one, through its gradient with uneven weights on the outputs. */
async function evaluate(engine: Engine, each: ConformanceCase): Promise<Outcome> {
  const { tf } = engine;
  return engine.scope(async () => {
    const inputs = each.inputs.map(({ values, shape }) => tf.tensor(values.slice(), [...shape]));
    const forward = each.run(tf, ...inputs);
    const outcome = [await engine.read(forward)];
    if (!each.differentiable) return outcome;
    const weights = tf.tensor(wave(forward.size, 0.5), forward.shape);
    const gradients = tf.grads((...args) => tf.sum(tf.mul(each.run(tf, ...args), weights)))(inputs);
    for (const gradient of gradients) outcome.push(await engine.read(gradient));
    return outcome;
  });
}

function expectClose(actual: Outcome, expected: Outcome): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((values, part) => {
    const wanted = expected[part] as Float32Array;
    expect(values.length).toBe(wanted.length);
    const scale = wanted.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
    for (let k = 0; k < values.length; k++) {
      const difference = Math.abs((values[k] as number) - (wanted[k] as number));
      if (Object.is(values[k], wanted[k]) || difference <= TOLERANCE * scale) continue;
      expect.fail(`part ${part}, place ${k}: ${values[k]} instead of ${wanted[k]}`);
    }
  });
}

function nanPlaces(values: Float32Array): number[] {
  return [...values.keys()].filter((k) => Number.isNaN(values[k]));
}

/** Uneven numbers in -1 .. 1. */
function wave(length: number, phase: number): Float32Array {
  return Float32Array.from({ length }, (_, k) => Math.sin(1.7 * k + phase));
}

function naiveProduct(
  a: Float32Array,
  shapeA: MatrixShape,
  b: Float32Array,
  shapeB: MatrixShape,
  { transposeA = false, transposeB = false }: MatmulOptions,
): Float32Array {
  const [m, inner] = transposeA ? [shapeA[1], shapeA[0]] : shapeA;
  const n = transposeB ? shapeB[0] : shapeB[1];
  const out = new Float32Array(m * n);
  for (let r = 0; r < m; r++) {
    for (let c = 0; c < n; c++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        const left = a[transposeA ? k * m + r : r * inner + k] as number;
        sum += left * (b[transposeB ? c * inner + k : k * n + c] as number);
      }
      out[r * n + c] = sum;
    }
  }
  return out;
}
