import { type Engine, type EngineName, loadEngine, plainArena } from '@kindred/compute';
import { emptyMatrix, matrixFromTriples, Random, type TrainingData } from '@kindred/domain';
import type { Tensor2D } from '@kindred/objectives';
import { describe, expect, it } from 'vitest';
import { Profiles } from '../src/autoencoder/profiles.js';
import { orderedReading } from '../src/gan/ordered-reading.js';
import { getMethod, itemDistribution, resolveSettings } from '../src/index.js';
import { CONV_WIDTH, randomConv } from './conv-fixture.js';
import { randomData, vocabularyOf } from './learned-fixture.js';
import { ORDERED_GROUPS, orderedLog } from './ordered-log.js';
import { trainToEnd } from './planted-clusters.js';

type Matrix = readonly (readonly number[])[];
const ENGINES: readonly EngineName[] = ['cpu', 'wasm', 'tensorflow'];

describe.each(ENGINES)('convolutions on %s', (name) => {
  const withEngine = async (work: (engine: Engine) => Promise<void>) => {
    const engine = await loadEngine(name).catch(() => undefined);
    if (engine !== undefined) await work(engine);
  };

  it.each([2, 3, 5])('of %i items have the values and the gradients of their naive twin', (items) =>
    withEngine(async (engine) => {
      const { tf } = engine;
      const { body } = randomConv(engine, randomData(9, 8, 'naive'), items);
      const users = 2;
      const columns = body.reading?.width as number;
      const random = new Random(4, 'rows');
      const rows = Float32Array.from({ length: users * columns }, () => random.normal());
      const weights = body.layers.map(({ values }) => values.slice());
      const naive = ([given, bias, ...kernels]: readonly Float32Array[]) => {
        let sum = 0;
        for (let user = 0; user < users; user++) {
          const own = matrixOf((given as Float32Array).subarray(user * columns, (user + 1) * columns));
          naiveConvolutions(own, kernels.map(matrixOf)).forEach((x, c) => {
            sum += (c + 1) * (user + 1) * Math.tanh(x + ((bias as Float32Array)[c] as number));
          });
        }
        return sum;
      };
      const forward = body.prepare({
        users: new Uint32Array(users),
        rows,
        positiveWeights: new Float32Array(users).fill(1),
        progress: 0,
      });
      await engine.scope(async () => {
        const { value, grads } = tf.valueAndGrads((...args) => {
          const [inputs, ...layers] = args as [Tensor2D, ...Tensor2D[]];
          const factors = Array.from({ length: users }, (_, user) => [1, 2, 3].map((c) => c * (user + 1)));
          return tf.sum(tf.mul(forward(tf, inputs, layers).hidden, tf.tensor2d(factors)));
        })([
          tf.tensor2d(rows, [users, columns]),
          ...body.layers.map(({ values, width }) => tf.tensor2d(values, [values.length / width, width])),
        ]);
        const inputs = [rows, ...weights];
        expect((await engine.read(value))[0]).toBeCloseTo(naive(inputs), 4);
        for (const [place, input] of inputs.entries()) {
          const gradient = await engine.read(grads[place] as Tensor2D);
          input.forEach((_, k) => {
            expect(gradient[k]).toBeCloseTo(slopeAt(naive, inputs, place, k), 2);
          });
        }
      });
    }),
  );

  it('learn what comes after which order, and a sum of the same items can not', () =>
    withEngine(async (engine) => {
      const shareOf = async (body: string) => {
        const method = getMethod('conditional-gan');
        const alone = { noise: 0, adversarialWeight: 0 };
        const given = { body, dimensions: 16, epochs: 40, batchSize: 8, learningRate: 0.01, conditionItems: 3 };
        const settings = resolveSettings(method.settings, { ...given, ...alone });
        const run = await method.prepare({ data: orderedLog(), settings, engine, seed: 1 });
        const tensors = engine.tensorCount();
        await trainToEnd(run);
        expect(engine.tensorCount()).toBe(tensors);
        const artefact = run.artefact(vocabularyOf(orderedLog()));
        const rightOf = (group: number, [first, second]: readonly [number, number], next: number, other: number) => {
          const items = Uint32Array.of(4 * group + first, 4 * group + second);
          const chances = itemDistribution(artefact, items, Float32Array.of(1, 1), undefined, Float64Array.of(1, 2));
          return (chances[4 * group + next] as number) > (chances[4 * group + other] as number) ? 1 : 0;
        };
        const right = Array.from(
          { length: ORDERED_GROUPS },
          (_, g) => rightOf(g, [0, 1], 2, 3) + rightOf(g, [1, 0], 3, 2),
        );
        return right.reduce<number>((sum, count) => sum + count, 0) / (2 * ORDERED_GROUPS);
      };
      expect(await shareOf('conv')).toBe(1);
      // The same vector for both orders: right for one of them at most.
      expect(await shareOf('dense')).toBeLessThanOrEqual(0.5);
    }));
});

describe('a profile in order', () => {
  it('has its newest items at the end, those of one instant by their index, and sends gradients back to them', () => {
    const data = timedUser([30, 10, 20, 10, 40], [1, 2, 3, 4, 5]);
    const profiles = new Profiles(data, plainArena);
    const users = Uint32Array.of(0);
    profiles.corrupt(users, 0, new Random(1, 'corruption'));
    const reading = orderedReading(profiles, 4, 8, 1);
    const table = Float32Array.of(100, 200, 300, 400, 500);
    const rows = new Float32Array(8).fill(7);
    reading.read(users, table, rows);
    const length = Math.hypot(1, 2, 3, 4, 5);
    // By time 1, 3, 2, 0, 4: item 1 is the oldest and left out.
    const expected = [0, 0, 0, 0, 4 * 400, 3 * 300, 1 * 100, 5 * 500].map((x) => expect.closeTo(x / length, 2));
    expect([...rows]).toEqual(expected);
    const gradient = new Float32Array(5).fill(1);
    reading.scatter(users, Float32Array.of(1, 1, 1, 1, 10, 20, 30, 40), gradient);
    const back = [1 + (1 * 30) / length, 1, 1 + (3 * 20) / length, 1 + (4 * 10) / length, 1 + (5 * 40) / length];
    expect([...gradient]).toEqual(back.map((x) => expect.closeTo(x, 4)));
  });

  it('without times is in the order of the indexes', () => {
    const profiles = new Profiles({ ...timedUser([3, 2, 1], [1, 1, 1]), times: undefined }, plainArena);
    const users = Uint32Array.of(0);
    profiles.corrupt(users, 0, new Random(1, 'corruption'));
    const rows = new Float32Array(4);
    orderedReading(profiles, 3, 4, 1).read(users, Float32Array.of(1, 2, 3), rows);
    expect([...rows]).toEqual([0, 1, 2, 3].map((x) => expect.closeTo(x / Math.sqrt(3), 5)));
  });
});

/** One user of all items. */
function timedUser(times: readonly number[], strengths: readonly number[]): TrainingData {
  const count = times.length;
  const columns = Uint32Array.from({ length: count }, (_, k) => k);
  const positives = matrixFromTriples(1, count, new Uint32Array(count), columns, Float32Array.from(strengths));
  return {
    positives,
    weights: positives.values,
    times: Float64Array.from(times),
    negatives: emptyMatrix(1, count),
    endTimeMs: Math.max(...times),
  };
}

function matrixOf(values: Float32Array): number[][] {
  return Array.from({ length: values.length / CONV_WIDTH }, (_, row) => [
    ...values.subarray(row * CONV_WIDTH, (row + 1) * CONV_WIDTH),
  ]);
}

/** By the definition: window t of the places 2t - 1, 2t and 2t + 1, those outside being nothing. */
function naiveConvolutions(rows: Matrix, kernels: readonly Matrix[]): readonly number[] {
  const last = kernels.reduce<Matrix>((values, kernel, depth) => {
    const inputs = values.map((row) => row.map((x) => (depth > 0 && x < 0 ? 0.2 * x : x)));
    const window = kernel.length / CONV_WIDTH;
    return Array.from({ length: inputs.length / 2 }, (_, t) =>
      Array.from({ length: CONV_WIDTH }, (_, c) => {
        let sum = 0;
        for (let k = 0; k < window; k++) {
          const row = inputs[2 * t + 2 - window + k] ?? [];
          row.forEach((x, r) => {
            sum += x * (kernel[k * CONV_WIDTH + r]?.[c] as number);
          });
        }
        return sum;
      }),
    );
  }, rows);
  return last[0] as readonly number[];
}

/** Of a function of several arrays by one element, by central differences. */
function slopeAt(
  of: (inputs: readonly Float32Array[]) => number,
  inputs: readonly Float32Array[],
  place: number,
  k: number,
): number {
  const shifted = (by: number) =>
    of(
      inputs.map((input, at) => {
        if (at !== place) return input;
        const copy = input.slice();
        copy[k] = (copy[k] as number) + by;
        return copy;
      }),
    );
  return (shifted(0.01) - shifted(-0.01)) / 0.02;
}
