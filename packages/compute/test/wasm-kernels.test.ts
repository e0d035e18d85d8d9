import type { Tensor } from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../src/engine.js';
import { loadEngine } from '../src/engines.js';
import { broadcastStrides, eachOffset, findBroadcastShape } from '../src/wasm-kernels/broadcast.js';
import { transposeInto } from '../src/wasm-kernels/transpose.js';

describe('broadcasting', () => {
  it('aligns shapes at the right', () => {
    expect(findBroadcastShape([4, 1, 3], [2, 1])).toEqual([4, 2, 3]);
    expect(findBroadcastShape([], [2])).toEqual([2]);
    expect(findBroadcastShape([3], [2])).toBeUndefined();
    expect(broadcastStrides([4, 1, 3], [4, 2, 3])).toEqual([3, 0, 1]);
    expect(broadcastStrides([3], [4, 2, 3])).toEqual([0, 0, 1]);
  });

  it('visits every position in row-major order', () => {
    const seen: number[][] = [];
    eachOffset([2, 3], [3, 1], [0, 1], (a, b, position) => seen.push([a, b, position]));
    expect(seen).toEqual([
      [0, 0, 0],
      [1, 1, 1],
      [2, 2, 2],
      [3, 0, 3],
      [4, 1, 4],
      [5, 2, 5],
    ]);
    eachOffset([2, 0], [1, 1], [1, 1], () => expect.fail('there is no position'));
  });
});

describe('transposeInto', () => {
  it.each([
    [1, 1],
    [1, 40],
    [31, 33],
    [32, 64],
    [65, 3],
  ])('transposes %i by %i', (rows, columns) => {
    const source = Float32Array.from({ length: rows * columns }, (_, k) => k);
    const target = new Float32Array(rows * columns).fill(-1);
    transposeInto(source, rows, columns, target);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) expect(target[c * rows + r]).toBe(r * columns + c);
    }
  });
});

describe('kernels of the wasm heap', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine('wasm', { onnxRuntime: false });
  });
  afterAll(() => engine.dispose());

  it.each([
    [[3, 1], 1],
    [[1, 4, 2], -1],
    [[5, 0, 3], 1],
  ])('put matrices of %j columns beside each other along axis %i', async (widths, axis) => {
    const { tf } = engine;
    const rows = 3;
    const value = (part: number, r: number, c: number) => 100 * part + 10 * r + c;
    const matrix = (width: number, part: number) =>
      Array.from({ length: rows }, (_, r) => Array.from({ length: width }, (_, c) => value(part, r, c)));
    const side = await engine.scope(() => {
      const parts = widths.map((width, part) => tf.tensor2d(matrix(width, part).flat(), [rows, width]));
      return engine.read(tf.concat(parts, axis));
    });
    const expected = Array.from({ length: rows }, (_, r) => widths.flatMap((width, part) => matrix(width, part)[r]));
    expect([...side]).toEqual(expected.flat());
  });

  it('leave other ways of joining to the backend, and its errors', async () => {
    const { tf } = engine;
    const below = await engine.scope(() => engine.read(tf.concat([tf.ones([1, 2]), tf.zeros([2, 2])], 0)));
    expect([...below]).toEqual([1, 1, 0, 0, 0, 0]);
    expect(() => engine.scope(() => void tf.concat([tf.ones([1, 2]), tf.zeros([2, 2])], 1))).toThrow(/[Ss]hape/);
  });

  it('drop segment ids out of range', async () => {
    const { tf } = engine;
    const sums = await engine.scope(() => {
      const rows = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]);
      return engine.read(tf.unsortedSegmentSum(rows, tf.tensor1d([1, -1, 1, 7], 'int32'), 3) as Tensor);
    });
    expect([...sums]).toEqual([0, 0, 6, 8, 0, 0]);
  });

  it('cut columns, rows and blocks out of a matrix', async () => {
    const numbers = (tensor: Tensor) => engine.read(tensor);
    const { tf } = engine;
    const matrix = tf.tensor2d(
      Float32Array.from({ length: 12 }, (_, k) => k),
      [3, 4],
    );
    expect([...(await numbers(tf.slice(matrix, [0, 2], [3, 1])))]).toEqual([2, 6, 10]);
    expect([...(await numbers(tf.slice(matrix, [1, 1], [-1, 2])))]).toEqual([5, 6, 9, 10]);
    expect([...(await numbers(tf.slice(matrix, 1, 1)))]).toEqual([4, 5, 6, 7]);
  });

  it('use a variable as it is after it changed, not as it was packed', async () => {
    const { tf } = engine;
    const weights = tf.variable(tf.tensor2d([1, 2], [2, 1]));
    const product = () => engine.scope(async () => [...(await engine.read(tf.matMul(tf.tensor2d([[3, 4]]), weights)))]);
    expect(await product()).toEqual([11]);
    engine.scope(() => weights.assign(tf.tensor2d([5, 6], [2, 1])));
    expect(await product()).toEqual([39]);
    weights.dispose();
  });

  it('give each product the same numbers with and without ONNX Runtime', async () => {
    const values = Float32Array.from({ length: 600 }, (_, k) => Math.cos(k));
    const plain = await engine.matmul(values, [20, 30], values, [30, 20]);
    const other = await loadEngine('wasm');
    const second = await other.matmul(values, [20, 30], values, [30, 20]);
    for (const [k, value] of plain.entries()) expect(second[k]).toBeCloseTo(value, 4);
    engine = await loadEngine('wasm', { onnxRuntime: false });
  });

  it.each([
    [10, 12],
    [120, 140],
  ])(
    'take exp and softmax of %i by %i alike with and without ONNX Runtime, at their limits too',
    async (rows, columns) => {
      const values = Float32Array.from({ length: rows * columns }, (_, k) => 20 * Math.cos(k));
      values.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1e9, 1000, 0]);
      values.fill(-1e9, columns, columns + 5);
      const results = async () => {
        const { tf } = engine;
        const matrix = () => tf.tensor2d(values, [rows, columns]);
        const exps = await engine.scope(() => engine.read(tf.exp(matrix())));
        const shares = await engine.scope(() => engine.read(tf.softmax(matrix())));
        return [exps.slice(), shares.slice()] as const;
      };
      const [, plainShares] = await results();
      engine = await loadEngine('wasm');
      const [exps, shares] = await results();
      engine = await loadEngine('wasm', { onnxRuntime: false });
      expect([...exps.slice(0, 6)]).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 0, 0, Number.POSITIVE_INFINITY, 1]);
      for (const [k, value] of exps.entries()) {
        if (k >= columns + 5) expect(Math.abs(value / Math.exp(values[k] as number) - 1)).toBeLessThan(1e-5);
      }
      expect([...shares.slice(0, columns)]).toEqual(Array.from({ length: columns }, () => Number.NaN));
      expect([...shares.slice(columns, columns + 5)]).toEqual([0, 0, 0, 0, 0]);
      for (let k = columns; k < values.length; k++) expect(shares[k]).toBeCloseTo(plainShares[k] as number, 6);
    },
  );

  it('hold no more memory after 2,000 calls of ONNX Runtime', async () => {
    engine = await loadEngine('wasm');
    const { tf } = engine;
    const step = () =>
      engine.scope(() => engine.read(tf.matMul(tf.softmax(tf.exp(tf.ones([128, 128]))), tf.ones([128, 8]))));
    for (let k = 0; k < 200; k++) await step();
    const [tensors, resident] = [engine.tensorCount(), process.memoryUsage.rss()];
    for (let k = 0; k < 2000; k++) await step();
    expect(engine.tensorCount()).toBe(tensors);
    // One matrix of each step kept would be 125 MiB.
    expect((process.memoryUsage.rss() - resident) / 2 ** 20).toBeLessThan(60);
    engine = await loadEngine('wasm', { onnxRuntime: false });
  });
});
