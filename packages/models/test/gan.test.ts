import { plainArena } from '@kindred/compute';
import { Random, rowEntries } from '@kindred/domain';
import type { Tensor2D } from '@kindred/objectives';
import { describe, expect, it } from 'vitest';
import { CodeBody } from '../src/autoencoder/code-body.js';
import { truncateTo } from '../src/autoencoder/corruption.js';
import { type BodyParts, ProfileGenerator } from '../src/autoencoder/profile-generator.js';
import { Profiles } from '../src/autoencoder/profiles.js';
import { energyGame } from '../src/gan/energy-game.js';
import type { AdversarialGame } from '../src/gan/game.js';
import { readGanSettings } from '../src/gan/gan-settings.js';
import { listSpread, listTurnover } from '../src/gan/list-spread.js';
import { logisticGame } from '../src/gan/logistic-game.js';
import { NoiseBody } from '../src/gan/noise-body.js';
import { ProfileCritic } from '../src/gan/profile-critic.js';
import { drawMasks } from '../src/gan/profile-masks.js';
import { findSegments, type SegmentRule, segmentRule, segmentsOf } from '../src/gan/profile-segments.js';
import { wassersteinGame } from '../src/gan/wasserstein-game.js';
import { getMethod, itemDistribution, type ModelArtefact, resolveSettings } from '../src/index.js';
import { RunState } from '../src/run-state.js';
import { copyOfState, prepare, randomData, referenceEngine, vocabularyOf } from './learned-fixture.js';
import { plantedClusters } from './planted-clusters.js';

const { data } = plantedClusters({ groups: 3, usersPerGroup: 12, itemsPerGroup: 8, held: 2, noise: 1 });
const items = data.positives.columnCount;
const users = Uint32Array.of(0, 5, 30);
/** Row i is the i-th unit vector: a sum of rows shows the weight of every item. */
const identity = Float32Array.from({ length: items * items }, (_, k) => (k % (items + 1) === 0 ? 1 : 0));

describe('a truncated profile', () => {
  it('keeps 1 to 3 of the user’s own items at length one, and is asked for the others and nothing else', () => {
    const profiles = new Profiles(data, plainArena);
    const random = new Random(1, 'truncation');
    const lengths = new Set<number>();
    for (let round = 0; round < 60; round++) {
      profiles.truncate(users, 3, random);
      const [inputs, targets] = [new Float32Array(users.length * items), new Float32Array(users.length * items)];
      profiles.sumCorrupted(users, identity, items, inputs);
      profiles.sumTargets(users, identity, items, targets);
      users.forEach((user, row) => {
        const own = [...rowEntries(data.positives, user)[0]];
        const places = (of: Float32Array) => own.filter((item) => of[row * items + item] !== 0);
        const [input, target] = [inputs, targets].map((of) => of.subarray(row * items, (row + 1) * items));
        expect(Math.hypot(...(input as Float32Array))).toBeCloseTo(1, 5);
        // Held-out items are not among the own ones: they are nowhere.
        expect((input as Float32Array).filter((x) => x !== 0).length).toBe(places(inputs).length);
        expect([...places(inputs), ...places(targets)].sort((a, b) => a - b)).toEqual(own);
        expect((target as Float32Array).filter((x) => x !== 0).length).toBe(places(targets).length);
        const parts = profiles.parts(user);
        expect([[...parts.kept], [...parts.hidden]]).toEqual([places(inputs), places(targets)]);
        expect(profiles.positiveWeights(Uint32Array.of(user))).toEqual(Float32Array.of(places(targets).length));
        lengths.add(parts.kept.length);
      });
    }
    expect([...lengths].sort()).toEqual([1, 2, 3]);
  });

  it('of one item is that item', () => {
    const one = plantedClusters({ groups: 1, usersPerGroup: 2, itemsPerGroup: 2, held: 1, noise: 0 }).data;
    const profiles = new Profiles(one, plainArena);
    profiles.truncate(Uint32Array.of(0), 8, new Random(1, 'truncation'));
    const { kept, hidden } = profiles.parts(0);
    expect([kept.length, hidden.length]).toEqual([1, 0]);
    expect([...profiles.positiveWeights(Uint32Array.of(0))]).toEqual([0]);
  });
});

it('masks always show what the user has, and never draw it to zero', async () => {
  const { generator } = await parts(logisticGame(true), 'items');
  const batch = generator.draw(users);
  const random = new Random(1, 'masks');
  let [seen, zeros, others] = [0, 0, 0];
  for (let round = 0; round < 100; round++) {
    const masks = drawMasks({ maskShare: 0.25, zeroShare: 0.75, zeroWeight: 1 }, generator.profiles, batch, random);
    users.forEach((user, row) => {
      const own = new Set(rowEntries(data.positives, user)[0]);
      batch.candidates.items.forEach((item, k) => {
        const [isSeen, isZero] = [masks.seen, masks.zeros].map((mask) => mask[row * items + k]) as [number, number];
        if (own.has(item)) expect([isSeen, isZero]).toEqual([1, 0]);
        else {
          seen += isSeen;
          zeros += isZero;
          others++;
        }
      });
    });
  }
  expect([seen / others, zeros / others]).toEqual([expect.closeTo(0.25, 1), expect.closeTo(0.75, 1)]);
});

const GAMES: readonly (readonly [string, AdversarialGame])[] = [
  ['logistic', logisticGame(false)],
  ['conditional', logisticGame(true)],
  ['wasserstein', wassersteinGame(true, 10)],
  ['energy', energyGame({ margin: 10, matching: 0.3 })],
];
const SIDES = GAMES.flatMap(([name, game]) => ['items', 'embedding'].map((space) => ({ name, game, space }) as const));

describe.each(SIDES)('the $name discriminator in the space $space', ({ game, space }) => {
  it('gets better at the same profiles while the generator stands still, and moves nothing of it', async () => {
    const { generator, critic, generatorState, criticState } = await parts(game, space);
    const batch = generator.draw(users);
    const before = copyOfState(generatorState());
    const items = criticState('critic items').slice();
    const losses: number[] = [];
    for (let step = 0; step < 25; step++) losses.push(await critic.learn(batch, 0.01));
    const mean = (from: number) => losses.slice(from, from + 5).reduce((sum, loss) => sum + loss, 0);
    expect(mean(20)).toBeLessThan(mean(0));
    expect(copyOfState(generatorState()).tensors).toEqual(before.tensors);
    if (space === 'items') expect(criticState('critic items')).not.toEqual(items);
    else expect(criticState('critic items')).toEqual(items);
  });

  it('draws the generator to what it calls real while it stands still', async () => {
    const { generator, critic, criticState } = await parts(game, space);
    for (let step = 0; step < 10; step++) await critic.learn(generator.draw(users), 0.01);
    const layer = criticState('critic layer0').slice();
    const random = () => ({
      corruption: new Random(1, 'a'),
      candidates: new Random(1, 'b'),
      body: new Random(1, 'c'),
    });
    const before = await critic.measure(users, random());
    for (let step = 0; step < 15; step++) {
      const batch = generator.draw(users);
      await generator.learn(batch, 0.01, 0, critic.term(batch));
    }
    const after = await critic.measure(users, random());
    expect(after.generator).toBeLessThan(before.generator);
    expect(criticState('critic layer0')).toEqual(layer);
  });
});

const TOLD = ['items', 'embedding'].map((space) => ({ name: 'segment-wise', game: logisticGame(true), space }));

describe.each([...SIDES, ...TOLD])('what the $name discriminator in the space $space makes of histories', (side) => {
  const { name, game, space } = side;
  it('is that of its naive twin, of people it never saw, and stays as it was', async () => {
    const told = name === 'segment-wise';
    const { generator, critic, criticState, rule } = await parts(game, space, told);
    for (let step = 0; step < 5; step++) await critic.learn(generator.draw(users), 0.01);
    const segmentRows = criticState('critic segments')?.slice();
    expect(segmentRows?.some((value) => value !== 0) ?? false).toBe(told);
    const table = criticState('critic items').slice();
    const layers = GAME_LAYERS.flatMap((layer) => criticState(layer)?.slice() ?? []);
    const frozen = critic.historyCritic(4);
    for (let step = 0; step < 3; step++) await critic.learn(generator.draw(users), 0.01);
    const strangers = randomData(9, items, 'strangers');
    const scores = await frozen.score(strangers, new Random(3, 'conditions'));
    expect(frozen.conditional).toBe(game.conditional);
    expect(scores[8]).toBeNaN(); // has nothing

    const known = Uint32Array.from({ length: 8 }, (_, user) => user);
    const dense = [
      new Profiles(strangers, plainArena),
      new Float32Array(8 * items),
      new Float32Array(8 * items),
    ] as const;
    const [profiles, whole, few] = dense;
    profiles.sumWhole(known, identity, items, whole);
    profiles.truncate(known, 4, new Random(3, 'conditions'));
    profiles.sumCorrupted(known, identity, items, few);
    const segments = rule && segmentsOf(rule, profiles, known);
    for (const user of known) {
      const of = (rows: Float32Array) => [...rows.subarray(user * items, (user + 1) * items)];
      const [profile, condition] = [of(whole), of(few)];
      const added = segmentRows?.subarray((segments?.[user] ?? 0) * WIDTH);
      const seenCondition = seenBy(table, condition).map((x, c) => x + (added?.[c] ?? 0));
      const inputs = [...seenBy(table, profile), ...(game.conditional ? seenCondition : [])];
      const expected =
        layers.length === 2
          ? -naiveEnergy(inputs, layers, space === 'items' ? { profile, table } : undefined)
          : (through(layers, inputs, (x) => (x > 0 ? x : 0.2 * x))[0] as number);
      expect(scores[user]).toBeCloseTo(expected, 4);
    }
  });
});

it('the energy in item space is the error of whole profiles', async () => {
  const { tf } = await referenceEngine();
  const random = new Random(1, 'energy');
  const matrix = (rows: number, columns: number) =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.normal()));
  const [rowCount, itemCount, width, units] = [3, 6, 2, 4];
  const [real, made, table] = [matrix(rowCount, itemCount), matrix(rowCount, itemCount), matrix(itemCount, width)];
  const [encoder, decoder] = [matrix(width + 1, units), matrix(units + 1, width)] as const;
  const dense = (inputs: readonly number[], layer: readonly number[][]) =>
    (layer[inputs.length] as number[]).map((bias, c) =>
      inputs.reduce((sum, x, r) => sum + x * (layer[r]?.[c] as number), bias),
    );
  const energyOf = (profile: readonly number[]) => {
    const rows = table[0]?.map((_, c) => profile.reduce((sum, x, i) => sum + x * (table[i]?.[c] as number), 0)) ?? [];
    const decoded = dense(dense(rows, encoder).map(Math.tanh), decoder);
    const back = table.map((item) => item.reduce((sum, q, c) => sum + q * (decoded[c] as number), 0));
    return profile.reduce((sum, x, i) => sum + (x - (back[i] as number)) ** 2, 0);
  };
  const margin = 2;
  const expected = real.map((profile, b) => {
    const [r, g] = [energyOf(profile), energyOf(made[b] as number[])];
    return r + Math.max(0, margin * r - g);
  });
  const loss = tf.tidy(() => {
    const items = tf.tensor2d(table);
    const seen = (profiles: number[][]) => ({
      rows: tf.matMul(tf.tensor2d(profiles), items) as Tensor2D,
      squares: () => tf.sum(tf.square(tf.tensor2d(profiles)), 1, true) as Tensor2D,
    });
    const round = {
      real: seen(real),
      made: seen(made),
      gram: () => tf.matMul(items, items, true) as Tensor2D,
      weights: [tf.tensor2d(encoder), tf.tensor2d(decoder)],
    };
    return energyGame({ margin, matching: 0.5 })
      .discriminatorLoss(tf, round, tf.zeros([rowCount, 1]))
      .arraySync();
  });
  expect(loss).toBeCloseTo(expected.reduce((sum, value) => sum + value, 0) / rowCount, 3);
});

describe('noise', () => {
  it('is served as it was trained, and is zero without a seed', async () => {
    const { tf } = await referenceEngine();
    const body = new NoiseBody(new RunState(1, 'body'), 3, 2);
    const sums = Float32Array.of(0.3, 1, -0.8);
    const batch = { users: Uint32Array.of(0), rows: sums, positiveWeights: Float32Array.of(1), progress: 0 };
    const forward = body.prepare({ ...batch, random: new Random(7, 'latent') });
    const trained = tf.tidy(() => {
      const layers = body.layers.map(({ values, width }) => tf.tensor2d(values, [values.length / width, width]));
      return forward(tf, tf.tensor2d(sums, [1, 3]), layers).hidden.arraySync();
    });
    // Item vectors are the unit vectors: the logits are the hidden activations.
    const itemVectors = Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0);
    const contextVectors = Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, ...sums);
    const encoder = { kind: 'layers', contextVectors, ...body.served(), temperature: 1, priorWeight: 1 };
    const artefact = { items: ['a', 'b', 'c', 'd'], dimensions: 4, itemVectors, encoder } as unknown as ModelArtefact;
    const logitsOf = (seed?: number) => {
      const chances = itemDistribution(artefact, Uint32Array.of(3), Float32Array.of(2), seed);
      return [...chances.subarray(0, 3)].map((chance) => Math.log(chance / (chances[0] as number)));
    };
    const relative = (hidden: readonly number[]) =>
      hidden.map((value) => expect.closeTo(value - (hidden[0] as number), 4));
    expect(logitsOf(7)).toEqual(relative(trained[0] as number[]));
    expect(logitsOf()).toEqual(relative([...sums].map(Math.tanh)));
  });
});

it('without an adversarial weight the discriminator stays where it started', async () => {
  const run = await prepare('cfgan', data, { dimensions: 4, adversarialWeight: 0, batchSize: 12 });
  const before = copyOfState(run.save());
  for (let step = 0; step < 4; step++) await run.step();
  const after = copyOfState(run.save());
  for (const name of Object.keys(after.tensors).filter((each) => each.startsWith('critic layer'))) {
    expect(after.tensors[name]).toEqual(before.tensors[name]);
  }
  expect(after.tensors.items).not.toEqual(before.tensors.items);
  expect((await run.generation?.(run.artefact(vocabularyOf(data))))?.discriminatorLoss).toBeUndefined();
  expect(run.critic?.()).toBeUndefined();
});

it('listTurnover is the share of all places that are new, whichever list is longer', () => {
  const turnoverOf = (lists: number[][], before: number[][]) => listTurnover(lists.map(asList), before.map(asList));
  const asList = (list: number[]) => Uint32Array.from(list);
  expect(turnoverOf([[1, 2], [3]], [[2, 1], [3]])).toBe(0);
  expect(turnoverOf([[1, 2], [3]], [[3], [1, 2]])).toBe(1);
  expect(turnoverOf([[1, 2, 3], [4]], [[3], [4, 5]])).toBe(0.5);
  expect(turnoverOf([[]], [[1]])).toBeUndefined();
});

describe('listSpread', () => {
  const spreadOf = (...lists: number[][]) => listSpread(lists.map((list) => Uint32Array.from(list)));

  it('tells lists that are all the same from lists that have nothing in common', () => {
    expect(spreadOf([1, 2], [2, 1], [1, 2])).toEqual({ items: 2, gini: 0, overlap: 1 });
    expect(spreadOf([1, 2], [3, 4])).toEqual({ items: 4, gini: 0, overlap: 0 });
    expect(spreadOf([1, 2], [1, 3])).toEqual({ items: 3, gini: expect.closeTo(1 / 6, 9), overlap: 1 / 3 });
  });

  it('is nothing of nothing', () => {
    expect(spreadOf()).toEqual({ items: 0, gini: 0, overlap: 0 });
    expect(spreadOf([], [])).toEqual({ items: 0, gini: 0, overlap: 0 });
  });
});

const GAME_LAYERS = ['critic layer0', 'critic layer1', 'critic layer2'];
const WIDTH = 6;

/** x Q in plain numbers. */
function seenBy(table: Float32Array, profile: readonly number[]): number[] {
  return Array.from({ length: WIDTH }, (_, c) =>
    profile.reduce((sum, x, item) => sum + x * (table[item * WIDTH + c] as number), 0),
  );
}

/** Dense layers, each after the first on what `activate` makes of the one before. */
function through(layers: readonly Float32Array[], inputs: readonly number[], activate: (x: number) => number) {
  return layers.reduce<readonly number[]>((values, layer, place) => {
    const given = place === 0 ? values : values.map(activate);
    const outputs = layer.length / (given.length + 1);
    const weight = (row: number, c: number) => layer[row * outputs + c] as number;
    return Array.from({ length: outputs }, (_, c) =>
      given.reduce((sum, x, row) => sum + x * weight(row, c), weight(given.length, c)),
    );
  }, inputs);
}

/** |e - d|^2, or |x - Q d|^2 where the whole profile is given back. */
function naiveEnergy(
  rows: readonly number[],
  layers: readonly Float32Array[],
  whole: { readonly profile: readonly number[]; readonly table: Float32Array } | undefined,
): number {
  const decoded = through(layers, rows, Math.tanh);
  const distance = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, x, k) => sum + (x - (b[k] as number)) ** 2, 0);
  if (whole === undefined) return distance(rows, decoded);
  const { profile, table } = whole;
  const back = profile.map((_, item) =>
    decoded.reduce((sum, d, c) => sum + d * (table[item * WIDTH + c] as number), 0),
  );
  return distance(profile, back);
}

/** A generator and a discriminator on the planted log, with what each keeps. */
async function parts(game: AdversarialGame, space: string, told = false) {
  const engine = await referenceEngine();
  const given = { dimensions: WIDTH, batchSize: 12, criticUnits: 8 };
  const settings = readGanSettings(resolveSettings(getMethod('gan').settings, given), data);
  const context = { data, settings, engine, seed: 1 };
  const random = new Random(2, 'start');
  const start = Float32Array.from({ length: items * settings.dimensions }, () => 0.4 * random.normal());
  const state = new RunState(1, 'generator');
  const profiles = new Profiles(data, plainArena);
  const everybody = Uint32Array.from({ length: 36 }, (_, user) => user);
  const centres = told ? await findSegments(profiles, start, settings.dimensions, everybody, 3, 1) : undefined;
  let rule: SegmentRule | undefined;
  const createBody = (given: BodyParts) => {
    rule = centres && segmentRule(given, centres);
    return new CodeBody(state, settings.dimensions);
  };
  const generator = new ProfileGenerator(state, context, settings, { hide: truncateTo(4), createBody }, start);
  const own = new RunState(1, 'critic');
  const rules = { game, segments: rule, space, units: settings.criticUnits, weight: 50 };
  const critic = new ProfileCritic(own, engine, generator, rules, start, settings.dimensions, users.length);
  return {
    generator,
    critic,
    rule,
    generatorState: () => state.save(),
    criticState: (name: string) => own.save().tensors[name]?.data as Float32Array,
  };
}
