import { columnDegrees, Random, rowDegrees, type TrainingData } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { itemPopularity, type MethodRun } from '../src/index.js';
import { itemGraph } from '../src/ultragcn/item-graph.js';
import { unownedCells } from '../src/unowned-cells.js';
import { denseOf } from './graph-fixture.js';
import { prepare, randomData, referenceEngine } from './learned-fixture.js';

type Tf = Awaited<ReturnType<typeof referenceEngine>>['tf'];
type Rows = ReturnType<Tf['tensor2d']>;
/** A whole training loss, all users in one batch, as a function of the tables; written densely from its definition. */
type DenseLoss = (tf: Tf, tables: readonly Rows[]) => Rows;

const d = 4;
const data = randomData(9, 6, 'gradient');
const temperature = 0.3;

/** Compares one step's loss and, as a tenth of the gradient, Adam's means with automatic differentiation. */
async function expectStep(run: MethodRun, names: readonly string[], dense: DenseLoss): Promise<void> {
  const { tf } = await referenceEngine();
  const [value, gradients] = tf.tidy(() => {
    const tables = names.map((name) => {
      const { data: values, shape } = run.save().tensors[name] as { data: Float32Array; shape: readonly number[] };
      return tf.tensor2d(values.slice(), shape as [number, number]);
    });
    const objective = (...rows: unknown[]) => tf.sum(dense(tf, rows as Rows[]));
    const found = tf.valueAndGrads(objective as never)(tables);
    return [found.value.dataSync()[0] as number, found.grads.map((gradient) => [...gradient.dataSync()])];
  });
  const loss = await run.step();
  expect(Math.abs(loss - (value as number)) / Math.abs(value as number)).toBeLessThan(1e-4);
  names.forEach((name, n) => {
    const expected = (gradients as number[][])[n] as number[];
    const scale = Math.max(...expected.map(Math.abs));
    const mean = run.save().tensors[`${name}Mean`]?.data ?? [];
    expected.forEach((gradient, k) => {
      expect(Math.abs((mean[k] as number) * 10 - gradient) / scale, `${name}[${k}]`).toBeLessThan(2e-3);
    });
  });
}

const unit = (tf: Tf, rows: Rows) => tf.div(rows, tf.sqrt(tf.add(tf.sum(tf.square(rows), 1, true), 1e-12))) as Rows;
const weightsOf = ({ positives, weights }: TrainingData) => denseOf({ ...positives, values: weights });
const totalOf = (matrix: number[][]) => matrix.flat().reduce((sum, value) => sum + value, 0);

/** The readout and the layers of both sides, by the dense normalised matrix. */
function layersOf(tf: Tf, users: Rows, items: Rows, layers: number): { users: Rows; items: Rows }[] {
  const h = tf.tensor2d(denseOf(data.positives));
  const scale = tf.outerProduct(
    tf.rsqrt(tf.maximum(tf.sum(h, 1), 1e-9)) as never,
    tf.rsqrt(tf.maximum(tf.sum(h, 0), 1e-9)) as never,
  );
  const a = tf.mul(h, scale) as Rows;
  const found = [{ users, items }];
  for (let k = 1; k <= layers; k++) {
    const last = found[k - 1] as { users: Rows; items: Rows };
    found.push({ users: tf.matMul(a, last.items), items: tf.matMul(tf.transpose(a), last.users) as Rows });
  }
  return found;
}

const meanOf = (tf: Tf, rows: Rows[]) => tf.div(tf.addN(rows), rows.length) as Rows;

/** Softmax over all items with one row a user, offset .5: the ranking loss of the graph methods. */
function ranking(tf: Tf, users: Rows, items: Rows): Rows {
  const logits = tf.div(tf.matMul(unit(tf, users), unit(tf, items), false, true), temperature);
  const offsets = tf.tensor1d(itemPopularity(data).map((count) => 0.5 * Math.log(count)));
  const logSum = tf.logSumExp(tf.add(logits, offsets), 1, true);
  const weights = weightsOf(data);
  const losses = tf.mul(tf.sub(logSum, logits), tf.tensor2d(weights));
  return tf.div(tf.sum(losses), totalOf(weights)) as Rows;
}

/** InfoNCE of rows against rows at .2, over those that have an edge. */
function contrast(tf: Tf, first: Rows, second: Rows): Rows {
  const count = first.shape[0] - 1; // the last node of either side has no edge
  const [a, b] = [tf.slice(unit(tf, first), 0, count), tf.slice(unit(tf, second), 0, count)];
  const logits = tf.div(tf.matMul(a, b, false, true), 0.2);
  const own = tf.div(tf.sum(tf.mul(a, b), 1), 0.2);
  return tf.mean(tf.sub(tf.logSumExp(logits, 1), own)) as Rows;
}

describe('one step takes the exact gradient of the whole loss', () => {
  const settings = { dimensions: d, temperature, offsetStrength: 0.5, layers: 2 };
  const still = { ...settings, noise: 0, contrastWeight: 0.3, contrastTemperature: 0.2 };
  const allItemsTaken = columnDegrees(data.positives)
    .subarray(0, 5)
    .every((degree) => degree > 0);

  it('has an edge for every node but the last of each side', () => {
    expect(allItemsTaken).toBe(true);
  });

  it('of lightgcn', async () => {
    const run = await prepare('lightgcn', data, settings);
    await expectStep(run, ['users', 'items'], (tf, [users, items]) => {
      const layers = layersOf(tf, users as Rows, items as Rows, 2);
      return ranking(
        tf,
        meanOf(
          tf,
          layers.map((l) => l.users),
        ),
        meanOf(
          tf,
          layers.map((l) => l.items),
        ),
      );
    });
  });

  it('of simgcl, without noise', async () => {
    const run = await prepare('simgcl', data, still);
    await expectStep(run, ['users', 'items'], (tf, tables) => {
      const layers = layersOf(tf, tables[0] as Rows, tables[1] as Rows, 2).slice(1);
      const users = meanOf(
        tf,
        layers.map((l) => l.users),
      );
      const items = meanOf(
        tf,
        layers.map((l) => l.items),
      );
      const apart = tf.add(contrast(tf, users, users), contrast(tf, items, items));
      return tf.add(ranking(tf, users, items), tf.mul(apart, 0.3)) as Rows;
    });
  });

  it('of xsimgcl, without noise', async () => {
    const run = await prepare('xsimgcl', data, still);
    await expectStep(run, ['users', 'items'], (tf, tables) => {
      const layers = layersOf(tf, tables[0] as Rows, tables[1] as Rows, 2).slice(1);
      const users = meanOf(
        tf,
        layers.map((l) => l.users),
      );
      const items = meanOf(
        tf,
        layers.map((l) => l.items),
      );
      const [first] = layers as [{ users: Rows; items: Rows }];
      const apart = tf.add(contrast(tf, users, first.users), contrast(tf, items, first.items));
      return tf.add(ranking(tf, users, items), tf.mul(apart, 0.3)) as Rows;
    });
  });

  it('of simplex', async () => {
    const run = await prepare('simplex', data, { dimensions: d, margin: 0.1, negativeWeight: 3, ownShare: 0.4 });
    const every = Uint32Array.from({ length: 9 }, (_, user) => user);
    const free = unownedCells(
      data.positives,
      every,
      Uint32Array.from({ length: 6 }, (_, item) => item),
    );
    await expectStep(run, ['users', 'items', 'mixing'], (tf, tables) => {
      const [own, items, mixing] = tables as [Rows, Rows, Rows];
      const h = tf.tensor2d(denseOf(data.positives));
      const means = tf.div(tf.matMul(h, items), tf.maximum(tf.sum(h, 1, true), 1e-9)) as Rows;
      const users = tf.add(tf.mul(own, 0.4), tf.mul(tf.matMul(means, mixing), 0.6)) as Rows;
      const cosines = tf.matMul(unit(tf, users), unit(tf, items), false, true);
      const weights = tf.tensor2d(weightsOf(data));
      const cells = tf.tensor2d(free, [9, 6]);
      const shares = tf.div(cells, tf.sum(cells, 1, true));
      const excess = tf.sum(tf.mul(tf.relu(tf.sub(cosines, 0.1)), shares), 1, true);
      const losses = tf.mul(tf.add(tf.sub(1, cosines), tf.mul(excess, 3)), weights);
      return tf.div(tf.sum(losses), totalOf(weightsOf(data))) as Rows;
    });
  });

  it('of ultragcn', async () => {
    const given = { dimensions: d, negativeWeight: 3, neighbourWeight: 0.7, neighbours: 2, weightDecay: 0 };
    const run = await prepare('ultragcn', data, { ...given, baseWeight: 0.1 });
    const { positives } = data;
    const [byUser, byItem] = [rowDegrees(positives), columnDegrees(positives)];
    const beta = (user: number, item: number) =>
      Math.sqrt((byUser[user] as number) + 1) / (byUser[user] as number) / Math.sqrt((byItem[item] as number) + 1);
    const weights = weightsOf(data);
    const total = totalOf(weights);
    const linked = denseOf(itemGraph(positives, 2));
    const cells = (weightOf: (user: number, item: number) => number) =>
      weights.map((row, user) => row.map((_, item) => (byUser[user] === 0 ? 0 : weightOf(user, item) / total)));
    const attraction = cells((user, item) => {
      const own = weights[user] as number[];
      const viaNeighbours = own.reduce((sum, weight, from) => sum + weight * (linked[from]?.[item] as number), 0);
      return (own[item] as number) * (0.1 + beta(user, item)) + 0.7 * viaNeighbours;
    });
    const repulsion = cells((user, item) => {
      const own = weights[user] as number[];
      const n = own.reduce((sum, weight) => sum + weight, 0);
      return (own[item] as number) > 0 ? 0 : ((3 * n) / 6) * (0.1 + beta(user, item));
    });
    await expectStep(run, ['users', 'items'], (tf, [users, items]) => {
      const scores = tf.matMul(users as Rows, items as Rows, false, true);
      const positive = tf.mul(tf.softplus(tf.neg(scores)), tf.tensor2d(attraction));
      return tf.sum(tf.add(positive, tf.mul(tf.softplus(scores), tf.tensor2d(repulsion)))) as Rows;
    });
  });
});

describe('itemGraph', () => {
  it('keeps the items with the largest omega, from the definition', () => {
    const log = randomData(40, 12, 'items').positives;
    const r = denseOf({ ...log, values: new Float32Array(log.values.length).fill(1) });
    const g = Array.from({ length: 12 }, (_, i) =>
      Array.from({ length: 12 }, (_, j) => r.reduce((sum, row) => sum + (row[i] as number) * (row[j] as number), 0)),
    );
    const sums = g.map((row) => row.reduce((a, b) => a + b, 0));
    const graph = itemGraph(log, 3);
    g.forEach((row, i) => {
      const omega = row
        .map((shared, j) =>
          i === j || shared === 0
            ? 0
            : (shared / ((sums[i] as number) - (row[i] as number))) *
              Math.sqrt((sums[i] as number) / (sums[j] as number)),
        )
        .filter((value) => value > 0)
        .sort((a, b) => b - a)
        .slice(0, 3);
      const found = [...graph.values.subarray(graph.offsets[i], graph.offsets[i + 1])].sort((a, b) => b - a);
      expect(found.length).toBe(omega.length);
      omega.forEach((value, k) => {
        expect(found[k]).toBeCloseTo(value, 5);
      });
    });
  });

  it('is empty without neighbours', () => {
    expect(itemGraph(randomData(9, 6, 'none').positives, 0).columns.length).toBe(0);
  });
});

describe('unownedCells', () => {
  it('never gives a user an item of theirs as a negative', () => {
    const { positives } = randomData(20, 15, 'unowned');
    const items = new Random(1, 'unowned').sample(15, 7);
    const users = Uint32Array.from({ length: 20 }, (_, user) => user);
    const dense = denseOf(positives);
    unownedCells(positives, users, items).forEach((free, k) => {
      expect(free).toBe((dense[Math.floor(k / 7)]?.[items[k % 7] as number] as number) > 0 ? 0 : 1);
    });
  });
});
