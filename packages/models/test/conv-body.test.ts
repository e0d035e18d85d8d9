import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Engine, type EngineName, loadEngine, plainArena } from '@kindred/compute';
import { emptyMatrix, matrixFromTriples, Random, type TrainingData } from '@kindred/domain';
import type { Tensor2D } from '@kindred/objectives';
import { describe, expect, it } from 'vitest';
import { truncateTo } from '../src/autoencoder/corruption.js';
import { ProfileGenerator } from '../src/autoencoder/profile-generator.js';
import { Profiles } from '../src/autoencoder/profiles.js';
import { readGanSettings } from '../src/gan/gan-settings.js';
import { createGeneratorBody } from '../src/gan/generator-body.js';
import { orderedReading } from '../src/gan/ordered-reading.js';
import {
  checkMeaning,
  encodeHistory,
  generatedItems,
  getMethod,
  itemDistribution,
  loadArtefact,
  pseudoItemsOf,
  resolveSettings,
  saveArtefact,
} from '../src/index.js';
import { RunState } from '../src/run-state.js';
import { servedArtefact } from '../src/served-artefact.js';
import { prepare, randomData, referenceEngine, vocabularyOf } from './learned-fixture.js';
import { trainToEnd } from './planted-clusters.js';

type Matrix = readonly (readonly number[])[];
const ENGINES: readonly EngineName[] = ['cpu', 'wasm', 'tensorflow'];
const WIDTH = 3;

/** A body with its settings, and the generator that it is in. */
function conv(engine: Engine, data: TrainingData, conditionItems: number) {
  const own = { body: 'conv', dimensions: WIDTH, noise: 0, conditionItems };
  const settings = readGanSettings(resolveSettings(getMethod('gan').settings, own), data);
  const state = new RunState(1, 'conv');
  const random = new Random(2, 'start');
  const start = Float32Array.from({ length: data.positives.columnCount * WIDTH }, () => random.normal());
  const context = { data, settings, engine, seed: 1 };
  const task = {
    hide: truncateTo(settings.conditionItems),
    createBody: (parts: Parameters<typeof createGeneratorBody>[0]) => createGeneratorBody(parts, settings),
  };
  const generator = new ProfileGenerator(state, context, settings, task, start);
  // Kernels at random: those that training starts from do not tell the two places of a pair apart.
  for (const { values } of generator.body.layers) values.set(Float32Array.from(values, () => 0.5 * random.normal()));
  return { generator, body: generator.body, settings };
}

describe.each(ENGINES)('convolutions on %s', (name) => {
  const withEngine = async (work: (engine: Engine) => Promise<void>) => {
    const engine = await loadEngine(name).catch(() => undefined);
    if (engine !== undefined) await work(engine);
  };

  it.each([2, 3, 5])('of %i items have the values and the gradients of their naive twin', (items) =>
    withEngine(async (engine) => {
      const { tf } = engine;
      const { body } = conv(engine, randomData(9, 8, 'naive'), items);
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
        const right = Array.from({ length: GROUPS }, (_, g) => rightOf(g, [0, 1], 2, 3) + rightOf(g, [1, 0], 3, 2));
        return right.reduce<number>((sum, count) => sum + count, 0) / (2 * GROUPS);
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

describe('serving', () => {
  it('gives a history the vector that training gives it, in whatever order it is told', async () => {
    const data = randomData(9, 8, 'served', true);
    const { generator, artefact } = await served(data, 3);
    const { tf } = await referenceEngine();
    const users = Uint32Array.of(0, 2, 3, 5, 7);
    const batch = generator.draw(users);
    const trained = tf.tidy(() => generator.forward(tf, batch, new Random(7, 'latent')).hidden.arraySync());
    users.forEach((user, row) => {
      const { kept, strengths, times } = generator.profiles.parts(user);
      const order = new Random(row, 'told').shuffle(Uint32Array.from(kept.keys()));
      const told = [
        order.map((k) => kept[k] as number),
        Float32Array.from(order, (k) => 5 * (strengths[k] as number)),
        Float64Array.from(order, (k) => times?.[k] as number),
      ] as const;
      const vector = encodeHistory(artefact, ...told).subarray(0, WIDTH);
      expect([...vector]).toEqual((trained[row] as number[]).map((x) => expect.closeTo(x, 5)));
    });
  });

  it('reads as many newest items as training did, and guesses that join them as older ones, the likeliest last', async () => {
    const { artefact } = await served(randomData(9, 8, 'guesses', true), 3);
    const vector = (items: number[], strengths: number[], times?: number[], pseudo?: number[]) => {
      const guesses = pseudo && { items: Uint32Array.from(pseudo), weight: 0.5 };
      const order = times && Float64Array.from(times);
      return encodeHistory(artefact, Uint32Array.from(items), Float32Array.from(strengths), order, undefined, guesses);
    };
    expect(vector([4, 1, 2, 6], [1, 1, 1, 1])).toEqual(vector([1, 2, 6], [1, 1, 1]));
    expect(vector([1, 2], [1, 1])).not.toEqual(vector([2, 1], [1, 1]));
    expect(vector([1, 2], [1, 1], [9, 3])).toEqual(vector([2, 1], [1, 1]));
    expect(vector([1, 2, 3], [1, 1, -1], [1, 2, 3])).toEqual(vector([1, 2], [1, 1]));
    for (const times of [undefined, [100, 200], [-5, -3]]) {
      expect(vector([1, 2], [2, 2], times, [5, 3])).toEqual(vector([5, 1, 2], [1, 2, 2]));
      expect(vector([1], [2], times?.slice(1), [5, 3])).toEqual(vector([3, 5, 1], [1, 1, 2]));
    }
  });

  it('expects something else after another order, drawn or not, and so does who asks for pseudo-items', async () => {
    const { artefact } = await served(randomData(9, 8, 'orders', true), 3);
    const told = [Uint32Array.of(1, 2), Float32Array.of(1, 1)] as const;
    const [early, late] = [Float64Array.of(1, 2), Float64Array.of(2, 1)];
    for (const seed of [undefined, 4]) {
      const chances = (times?: Float64Array) => itemDistribution(artefact, ...told, seed, times);
      expect(chances(early)).toEqual(chances());
      expect(chances(early)).not.toEqual(chances(late));
    }
    const source = { kind: 'generated', generator: artefact } as const;
    const augmented = { ...artefact, augmentation: { source, count: 6, weight: 1 } };
    const joins = (times: Float64Array) => pseudoItemsOf(augmented, ...told, () => new Uint32Array(0), times)?.items;
    expect(joins(early)).toEqual(generatedItems(artefact, ...told, 6, early));
    expect(joins(early)).not.toEqual(joins(late));
  });

  it('is the same from files, and refuses files whose convolutions do not fit', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'conv-'));
    try {
      const { artefact } = await served(randomData(9, 8, 'files', true), 5);
      await saveArtefact(dir, artefact);
      expect(await loadArtefact(dir)).toEqual(artefact);
      const file = path.join(dir, 'artefact.json');
      const description = JSON.parse(await readFile(file, 'utf8')) as { encoder: Record<string, unknown> };
      expect(description.encoder.convolution).toEqual({ items: 5, kernels: 3 });
      for (const convolution of [
        { items: 9, kernels: 3 },
        { items: 0, kernels: 3 },
        { items: 2.5, kernels: 3 },
        { items: 5, kernels: 4 },
        { items: 2, kernels: 1 },
        { items: 5 },
        { kernels: 3 },
      ]) {
        await writeFile(file, JSON.stringify({ ...description, encoder: { ...description.encoder, convolution } }));
        await expect(loadArtefact(dir)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
      }
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

describe('settings', () => {
  it('that convolutions can not go with are refused', async () => {
    const data = randomData(5, 4, 'refused');
    const one = prepare('gan', data, { dimensions: 4, body: 'conv', conditionItems: 1 });
    await expect(one).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const { settings } = getMethod('gan');
    const styled = resolveSettings(settings, { body: 'conv', styleWidth: 8 });
    expect(() => checkMeaning(settings, styled)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

/** A model of the body without noise, whose weights are at random. */
async function served(data: TrainingData, conditionItems: number) {
  const { generator, body, settings } = conv(await referenceEngine(), data, conditionItems);
  const artefact = servedArtefact({
    method: 'gan',
    settings,
    data,
    vocabulary: vocabularyOf(data),
    items: generator.items.values,
    context: generator.input.values,
    layers: body.served(),
    width: WIDTH,
    temperature: 1,
    priorStrength: 1,
    priorWindowDays: settings.priorWindowDays,
  });
  return { generator, artefact };
}

const GROUPS = 2;
const USERS_PER_ORDER = 12;

/** Of four items A, B, X, Y each group has people of A, then B, then X, and as many of B, then A, then Y. */
function orderedLog(): TrainingData {
  const orders = Array.from({ length: GROUPS }, (_, g) => [
    [0, 1, 2].map((k) => 4 * g + k),
    [1, 0, 3].map((k) => 4 * g + k),
  ]).flat();
  const histories = Array.from({ length: USERS_PER_ORDER }, () => orders).flat();
  const rows = histories.flatMap((items, user) => items.map(() => user));
  const columns = histories.flat();
  const given = [rows.length, new Float32Array(rows.length).fill(1)] as const;
  const positives = matrixFromTriples(
    histories.length,
    4 * GROUPS,
    Uint32Array.from(rows),
    Uint32Array.from(columns),
    given[1],
  );
  const times = new Float64Array(given[0]);
  histories.forEach((items, user) => {
    const start = positives.offsets[user] as number;
    positives.columns.subarray(start, start + items.length).forEach((item, k) => {
      times[start + k] = 1000 * (1 + items.indexOf(item));
    });
  });
  return {
    positives,
    weights: positives.values,
    times,
    negatives: emptyMatrix(histories.length, 4 * GROUPS),
    endTimeMs: 3000,
  };
}

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
  return Array.from({ length: values.length / WIDTH }, (_, row) => [
    ...values.subarray(row * WIDTH, (row + 1) * WIDTH),
  ]);
}

/** By the definition: window t of the places 2t - 1, 2t and 2t + 1, those outside being nothing. */
function naiveConvolutions(rows: Matrix, kernels: readonly Matrix[]): readonly number[] {
  const last = kernels.reduce<Matrix>((values, kernel, depth) => {
    const inputs = values.map((row) => row.map((x) => (depth > 0 && x < 0 ? 0.2 * x : x)));
    const window = kernel.length / WIDTH;
    return Array.from({ length: inputs.length / 2 }, (_, t) =>
      Array.from({ length: WIDTH }, (_, c) => {
        let sum = 0;
        for (let k = 0; k < window; k++) {
          const row = inputs[2 * t + 2 - window + k] ?? [];
          row.forEach((x, r) => {
            sum += x * (kernel[k * WIDTH + r]?.[c] as number);
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
