import { Random, type SparseMatrix } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { equalLengths, withRoom } from '../src/equal-lengths.js';
import { InteractionGraph, type NodeRows } from '../src/graph/interaction-graph.js';
import { layerNoise } from '../src/graph/layer-noise.js';
import {
  type LayerWeights,
  meanOfAllLayers,
  meanWithoutStart,
  onlyLayer,
  propagate,
  propagateBack,
} from '../src/graph/propagation.js';
import { denseOf } from './graph-fixture.js';
import { randomData, referenceEngine } from './learned-fixture.js';

const width = 3;

/** The whole symmetric operator, users before items, from its definition. */
function operatorOf(positives: SparseMatrix): number[][] {
  const h = denseOf(positives);
  const [users, items] = [positives.rowCount, positives.columnCount];
  const userSum = h.map((row) => row.reduce((a, b) => a + b, 0));
  const itemSum = Array.from({ length: items }, (_, item) => h.reduce((sum, row) => sum + (row[item] as number), 0));
  const all = Array.from({ length: users + items }, () => new Array<number>(users + items).fill(0));
  h.forEach((row, user) => {
    row.forEach((value, item) => {
      if (value === 0) return;
      const weight = value / Math.sqrt((userSum[user] as number) * (itemSum[item] as number));
      (all[user] as number[])[users + item] = weight;
      (all[users + item] as number[])[user] = weight;
    });
  });
  return all;
}

function randomRows(graph: InteractionGraph, label: string): NodeRows {
  const random = new Random(3, label);
  const { users, items } = graph.rows();
  return { users: users.map(() => random.normal()), items: items.map(() => random.normal()) };
}

const flat = ({ users, items }: NodeRows) => [...users, ...items];
const dot = (a: NodeRows, b: NodeRows) => flat(a).reduce((sum, value, k) => sum + value * (flat(b)[k] as number), 0);

describe('InteractionGraph', () => {
  it('is symmetric, and carries nothing to or from nodes without an edge', () => {
    const { positives } = randomData(9, 7, 'graph');
    const graph = new InteractionGraph(positives, width);
    const [a, b] = [randomRows(graph, 'a'), randomRows(graph, 'b')];
    const [carriedA, carriedB] = [graph.rows(), graph.rows()];
    graph.hop(a, carriedA);
    graph.hop(b, carriedB);
    expect(dot(carriedA, b)).toBeCloseTo(dot(a, carriedB), 4);
    expect([...carriedA.users.slice(-width), ...carriedA.items.slice(-width)]).toEqual(new Array(2 * width).fill(0));
  });
});

describe('propagate', () => {
  it.each<[string, LayerWeights[]]>([
    ['the mean of all layers', [meanOfAllLayers(3)]],
    ['the mean without the start', [meanWithoutStart(2)]],
    ['two readouts of one pass', [meanWithoutStart(3), onlyLayer(1)]],
    ['the start alone', [onlyLayer(0)]],
  ])(
    'equals the powers of the operator, and its way back is the gradient that autodiff finds: %s',
    async (_, readouts) => {
      const { tf } = await referenceEngine();
      const { positives } = randomData(7, 6, 'autodiff');
      const graph = new InteractionGraph(positives, width);
      const start = randomRows(graph, 'start');
      const targets = readouts.map((_, r) => randomRows(graph, `target ${r}`));
      const sums = propagate(graph, start, readouts);
      const [expected, gradient] = tf.tidy(() => {
        const operator = tf.tensor2d(operatorOf(positives));
        const shape: [number, number] = [13, width];
        const readOf = (rows: ReturnType<typeof tf.tensor2d>) =>
          readouts.map((weights) => {
            let layer = rows;
            let sum = tf.mul(layer, weights[0] as number);
            for (const weight of weights.slice(1)) {
              layer = tf.matMul(operator, layer);
              sum = tf.add(sum, tf.mul(layer, weight));
            }
            return sum;
          });
        const rows = tf.tensor2d(flat(start), shape);
        // f = sum_r |readout_r|^2 . target_r, whose gradient by readout is 2 readout target.
        const objective = (x: unknown) =>
          readOf(x as typeof rows)
            .map((sum, r) => tf.sum(tf.mul(tf.square(sum), tf.tensor2d(flat(targets[r] as NodeRows), shape))))
            .reduce((a, b) => tf.add(a, b));
        return [
          readOf(rows).map((sum) => [...sum.dataSync()]),
          [
            ...tf
              .grad(objective as never)(rows)
              .dataSync(),
          ],
        ];
      });
      const gradients = sums.map((sum, r) => {
        const target = targets[r] as NodeRows;
        return {
          users: sum.users.map((value, k) => 2 * value * (target.users[k] as number)),
          items: sum.items.map((value, k) => 2 * value * (target.items[k] as number)),
        };
      });
      const back = flat(propagateBack(graph, readouts, gradients));
      sums.forEach((sum, r) => {
        flat(sum).forEach((value, k) => {
          expect(value).toBeCloseTo((expected as number[][])[r]?.[k] as number, 5);
        });
      });
      back.forEach((value, k) => {
        expect(value).toBeCloseTo(gradient[k] as number, 4);
      });
    },
  );
});

describe('layerNoise', () => {
  it('moves every row by the given length, away from zero in each coordinate', () => {
    const graph = new InteractionGraph(randomData(9, 7, 'noise').positives, width);
    const before = randomRows(graph, 'noise');
    const after = { users: before.users.slice(), items: before.items.slice() };
    layerNoise(new Random(1, 'noise'), width, 0.25)(after);
    for (const side of ['users', 'items'] as const) {
      for (let start = 0; start < before[side].length; start += width) {
        const moved = [...after[side].subarray(start, start + width)].map(
          (value, c) => value - (before[side][start + c] as number),
        );
        expect(Math.hypot(...moved)).toBeCloseTo(0.25, 5);
        moved.forEach((value, c) => {
          expect(Math.sign(value)).toBe(Math.sign(before[side][start + c] as number));
        });
      }
    }
  });
});

describe('equalLengths', () => {
  it('gives all rows one length and keeps every inner product with a row that has room', () => {
    const random = new Random(2, 'lengths');
    const rows = Float32Array.from({ length: 5 * width }, () => random.normal());
    const query = Float32Array.from({ length: width }, () => random.normal());
    const equal = equalLengths(rows, width);
    const roomy = withRoom(query, width);
    const lengths: number[] = [];
    for (let row = 0; row < 5; row++) {
      const extended = [...equal.subarray(row * (width + 1), (row + 1) * (width + 1))];
      lengths.push(Math.hypot(...extended));
      const product = extended.reduce((sum, value, c) => sum + value * (roomy[c] as number), 0);
      const plain = query.reduce((sum, value, c) => sum + value * (rows[row * width + c] as number), 0);
      expect(product).toBeCloseTo(plain, 5);
    }
    for (const length of lengths) expect(length).toBeCloseTo(lengths[0] as number, 5);
  });
});
