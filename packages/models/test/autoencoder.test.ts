import { plainArena } from '@kindred/compute';
import { Random, rowEntries } from '@kindred/domain';
import { beforeAll, describe, expect, it } from 'vitest';
import { candidatesOf } from '../src/autoencoder/candidates.js';
import { CodeBody, keptUnits } from '../src/autoencoder/code-body.js';
import { annealed } from '../src/autoencoder/mult-vae.js';
import { Profiles } from '../src/autoencoder/profiles.js';
import {
  encodeHistory,
  itemDistribution,
  type LayersEncoder,
  largestPlaces,
  type ModelArtefact,
} from '../src/index.js';
import { RunState } from '../src/run-state.js';
import { prepare, referenceEngine, vocabularyOf } from './learned-fixture.js';
import { plantedClusters, plantedNdcg, trainToEnd } from './planted-clusters.js';

const planted = plantedClusters({ groups: 3, usersPerGroup: 12, itemsPerGroup: 8, held: 2, noise: 1 });
/** Small, and without the prior: popularity says nothing of the groups. */
const SMALL = { dimensions: 12, priorStrength: 0, epochs: 40, batchSize: 12 };

it('a wide code learns to copy, and stops where part of the history is hidden', async () => {
  const ndcgOf = async (name: string) => {
    const run = await prepare(name, planted.data, { ...SMALL, learningRate: 0.01 });
    await trainToEnd(run);
    return plantedNdcg(run, planted);
  };
  expect((await ndcgOf('dae')) - (await ndcgOf('autoencoder'))).toBeGreaterThan(0.1);
});

describe('the profiles of a batch', () => {
  const { data } = planted;
  const items = data.positives.columnCount;
  const users = Uint32Array.of(0, 5, 30);
  /** Row i is the i-th unit vector: a sum of rows shows the weight of every item. */
  const identity = Float32Array.from({ length: items * items }, (_, k) => (k % (items + 1) === 0 ? 1 : 0));
  const inputs = (profiles: Profiles) => {
    const sums = new Float32Array(users.length * items);
    profiles.sumCorrupted(users, identity, items, sums);
    return sums;
  };

  it('never have what is held out, nor anything else that the user has not, and lose the share asked for', () => {
    const profiles = new Profiles(data, plainArena);
    const random = new Random(1, 'corruption');
    let [kept, rounds] = [0, 0];
    const total = new Float64Array(items);
    for (; rounds < 400; rounds++) {
      profiles.corrupt(users, 0.75, random);
      const sums = inputs(profiles);
      users.forEach((user, row) => {
        const own = new Set(rowEntries(data.positives, user)[0]);
        for (let item = 0; item < items; item++) {
          const weight = sums[row * items + item] as number;
          if (!own.has(item)) expect(weight).toBe(0);
          if (weight > 0) kept += 1 / own.size / users.length;
          if (row === 0) total[item] = (total[item] as number) + weight;
        }
      });
    }
    expect(kept / rounds).toBeCloseTo(0.25, 1);
    // What is left is larger by as much: the mean input is the profile itself, at length one.
    const [own] = rowEntries(data.positives, 0);
    for (const item of own) expect((total[item] as number) / rounds).toBeCloseTo(1 / Math.sqrt(own.length), 1);
  });

  it('are whole, of length one and in the sums of the targets, where nothing is hidden', () => {
    const profiles = new Profiles(data, plainArena);
    profiles.corrupt(users, 0, new Random(1, 'corruption'));
    const sums = inputs(profiles);
    expect(Math.hypot(...sums.subarray(0, items))).toBeCloseTo(1, 5);
    const targets = new Float32Array(users.length * items);
    profiles.sumTargets(users, identity, items, targets);
    users.forEach((user, row) => {
      const found = [...targets.subarray(row * items, (row + 1) * items).keys()];
      const has = found.filter((item) => (targets[row * items + item] as number) > 0);
      expect(has).toEqual([...rowEntries(data.positives, user)[0]]);
    });
    expect([...profiles.positiveWeights(users)]).toEqual([7, 7, 7]);
  });
});

describe('candidatesOf', () => {
  it('is the whole catalogue where there is room', () => {
    const { items, logCounts } = candidatesOf(Uint32Array.of(2), 4, 4, new Random(1, 'c'));
    expect([[...items], [...logCounts]]).toEqual([
      [0, 1, 2, 3],
      [0, 0, 0, 0],
    ]);
  });

  it('has every item of the batch once, and stands for the whole catalogue in the mean', () => {
    const random = new Random(1, 'candidates');
    const touched = Uint32Array.of(7, 3);
    const terms = Float64Array.from({ length: 30 }, (_, item) => 1 + item ** 2);
    const whole = terms.reduce((sum, term) => sum + term, 0);
    let estimate = 0;
    for (let round = 0; round < 3000; round++) {
      const { items, logCounts } = candidatesOf(touched, 30, 8, random);
      expect(new Set(items).size).toBe(items.length);
      expect([...items.subarray(0, 2)]).toEqual([7, 3]);
      items.forEach((item, k) => {
        estimate += ((terms[item] as number) * Math.exp(logCounts[k] as number)) / 3000;
      });
    }
    expect(Math.abs(estimate / whole - 1)).toBeLessThan(0.03);
  });
});

describe('the weight of the divergence', () => {
  it('grows in a line from zero, and stays', () => {
    expect([0, 0.125, 0.25, 0.5, 0.75, 1].map((done) => annealed(0.2, 0.5, done))).toEqual(
      [0, 0.05, 0.1, 0.2, 0.2, 0.2].map((value) => expect.closeTo(value, 9)),
    );
    expect(annealed(0.2, 0, 0)).toBe(0.2);
  });
});

describe('a k-sparse code', () => {
  it('keeps exactly k units, those farthest from zero', () => {
    expect([...largestPlaces(Float32Array.of(1, -3, 2, 2), 2)]).toEqual([1, 2]);
    const mask = keptUnits(Float32Array.of(1, -3, 2, 0, 0, 0.5), Float32Array.of(0, 0, -4), 2);
    expect([...mask]).toEqual([0, 1, 1, 1, 0, 1]);
  });

  it('keeps as many when it serves', async () => {
    const run = await prepare('sparse-autoencoder', planted.data, { dimensions: 12, activeShare: 0.25, epochs: 3 });
    await trainToEnd(run);
    const artefact = run.artefact(vocabularyOf(planted.data));
    for (const items of [[0], [1, 9], [2, 3, 20]]) {
      const user = encodeHistory(artefact, Uint32Array.from(items), new Float32Array(items.length).fill(1));
      expect(user.subarray(0, 12).filter((value) => value !== 0).length).toBe(3);
    }
  });
});

it('serves the activations that it was trained with', async () => {
  const { tf } = await referenceEngine();
  const state = new RunState(1, 'body');
  const body = new CodeBody(state, 3, { keep: 2 });
  body.layers[0]?.values.set([0.5, -0.2, 0.1]);
  const sums = Float32Array.of(0.3, 1, -0.8);
  const forward = body.prepare({
    users: Uint32Array.of(0),
    rows: sums,
    positiveWeights: Float32Array.of(1),
    progress: 0,
  });
  const trained = tf.tidy(() =>
    forward(tf, tf.tensor2d(sums, [1, 3]), [tf.tensor2d([[0.5, -0.2, 0.1]])]).hidden.arraySync(),
  );
  const encoder: LayersEncoder = {
    kind: 'layers',
    contextVectors: sums,
    ...body.served(),
    temperature: 1,
    priorWeight: 1,
  };
  const artefact = { items: ['a'], dimensions: 4, encoder } as unknown as ModelArtefact;
  const served = encodeHistory(artefact, Uint32Array.of(0), Float32Array.of(5));
  expect([...served.subarray(0, 3)]).toEqual((trained[0] as number[]).map((value) => expect.closeTo(value, 5)));
});

describe('itemDistribution', () => {
  const items = Uint32Array.of(0, 3);
  const strengths = Float32Array.of(1, 2);
  let vae: ModelArtefact;
  let dae: ModelArtefact;
  beforeAll(async () => {
    const settings = { ...SMALL, epochs: 5 };
    const artefactOf = async (name: string) => {
      const run = await prepare(name, planted.data, settings);
      await trainToEnd(run);
      return run.artefact(vocabularyOf(planted.data));
    };
    vae = await artefactOf('mult-vae');
    dae = await artefactOf('dae');
  });

  it('sums to one over what the user does not have', () => {
    for (const artefact of [vae, dae]) {
      const chances = itemDistribution(artefact, items, strengths);
      expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 4);
      expect([chances[0], chances[3]]).toEqual([0, 0]);
      expect(chances.filter((chance) => chance > 0).length).toBe(22);
    }
  });

  it('is another one for another seed where there is a latent to draw, the same for the same', () => {
    expect(itemDistribution(vae, items, strengths, 1)).toEqual(itemDistribution(vae, items, strengths, 1));
    expect(itemDistribution(vae, items, strengths, 1)).not.toEqual(itemDistribution(vae, items, strengths, 2));
    expect(itemDistribution(vae, items, strengths, 1)).not.toEqual(itemDistribution(vae, items, strengths));
    expect(itemDistribution(dae, items, strengths, 1)).toEqual(itemDistribution(dae, items, strengths));
  });

  it('is nothing where nothing is left, and refuses an item that the model does not know', () => {
    const all = Uint32Array.from({ length: 24 }, (_, item) => item);
    expect(itemDistribution(dae, all, new Float32Array(24).fill(1)).every((chance) => chance === 0)).toBe(true);
    const unknown = () => itemDistribution(dae, Uint32Array.of(24), Float32Array.of(1));
    expect(unknown).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});
