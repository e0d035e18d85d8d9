import type { Engine } from '@kindred/compute';
import { Random, type TrainingData } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { getMethod, METHODS, resolveSettings } from '../src/index.js';
import { climbing, mispaired } from './broken-engine.js';
import { referenceEngine, vocabularyOf } from './learned-fixture.js';
import { artefactNdcg, checkerboard, type Planted, plantedClusters, trainToEnd } from './planted-clusters.js';

/**
 * Logs with a known answer, for every learned method: it gets there, and with either of two mistakes in it it does not:
 * the gradient climbs, or rows are paired with what belongs to other rows. The generators have these logs in
 * generators.test.ts, `auto` with its probes in packages/pipeline.
 */
interface Case {
  readonly settings: Readonly<Record<string, number>>;
  /**
   * Which of the matrices that its loss is given is paired with the others, row by row; undefined: in blocks of users by
   * items even the items of a stranger are drawn to one place, and come together.
   */
  readonly paired: number | undefined;
}

/** For those who read in order. */
const READING = { dimensions: 16, length: 10, dropout: 0, batchSize: 12, learningRate: 0.02, temperature: 0.3 };

const CASES: Readonly<Record<string, Case>> = {
  inductive: { settings: { dimensions: 4, epochs: 30 }, paired: 1 },
  'two-tower': {
    settings: { dimensions: 4, epochs: 40, batchSize: 128, learningRate: 0.05, temperature: 0.3 },
    paired: 1,
  },
  lightgcn: { settings: { dimensions: 8, epochs: 40 }, paired: 1 },
  simgcl: { settings: { dimensions: 4, epochs: 20 }, paired: 1 },
  xsimgcl: { settings: { dimensions: 4, epochs: 20 }, paired: 1 },
  simplex: { settings: { dimensions: 4, epochs: 60 }, paired: 1 },
  ultragcn: { settings: { dimensions: 4, epochs: 100, learningRate: 0.03, neighbourWeight: 1 }, paired: undefined },
  simclr: { settings: { dimensions: 8, epochs: 15 }, paired: 1 },
  moco: { settings: { dimensions: 8, epochs: 16 }, paired: 1 },
  byol: { settings: { dimensions: 8, epochs: 25 }, paired: 2 },
  swav: { settings: { dimensions: 8, epochs: 15, segments: 6 }, paired: 2 },
  clip: { settings: { dimensions: 4, epochs: 30, textBuckets: 64 }, paired: 1 },
  'next-item': { settings: { ...READING, epochs: 6 }, paired: 1 },
  masked: { settings: { ...READING, epochs: 12, lastShare: 0.3 }, paired: 1 },
};

const clusters = plantedClusters({ groups: 3, usersPerGroup: 12, itemsPerGroup: 8, held: 2, noise: 0 });
const board = checkerboard(20);

/** Trained to the end without the prior, for popularity says nothing of the answer. @returns the NDCG of the answer */
async function ndcgOf(name: string, planted: Planted, engine: Engine): Promise<number> {
  const method = getMethod(name);
  const settings = resolveSettings(method.settings, { ...CASES[name]?.settings, priorStrength: 0 });
  const itemTexts = vocabularyOf(planted.data).items.map((item) => `all of it, and ${item}`);
  const data = method.readsOrder === true ? inSomeOrder(planted.data) : planted.data;
  const run = await method.prepare({ data, itemTexts, settings, engine, seed: 1 });
  await trainToEnd(run);
  return artefactNdcg(run.artefact(vocabularyOf(data)), { ...planted, data });
}

/** With a time at random for each event, which says nothing of the answer. */
function inSomeOrder(data: TrainingData): TrainingData {
  const random = new Random(3, 'times');
  return { ...data, times: Float64Array.from(data.weights, () => random.below(1e6)), endTimeMs: 1e6 };
}

it('the suite has every learned method but those that have their own', async () => {
  const engine = await referenceEngine();
  const missing = Object.values(METHODS).filter(({ name }) => CASES[name] === undefined);
  for (const method of missing.filter(({ probing }) => probing === undefined)) {
    const settings = resolveSettings(method.settings, { dimensions: 4 });
    const run = await method.prepare({ data: board.data, settings, engine, seed: 1 });
    expect(run.artefact(vocabularyOf(board.data)).encoder.kind, method.name).toBe('layers');
  }
  expect(missing.filter(({ probing }) => probing !== undefined).map(({ name }) => name)).toEqual(['auto']);
});

describe.each(Object.entries(CASES))('%s', (name, { paired }) => {
  it('finds the planted clusters, but neither where its gradient climbs nor with its pairs mixed up', async () => {
    const engine = await referenceEngine();
    expect(await ndcgOf(name, clusters, engine)).toBeGreaterThan(0.85);
    expect(await ndcgOf(name, clusters, climbing(engine))).toBeLessThan(0.5);
    if (paired !== undefined) expect(await ndcgOf(name, clusters, mispaired(engine, paired))).toBeLessThan(0.5);
  });

  it('answers the checkerboard', async () => {
    expect(await ndcgOf(name, board, await referenceEngine())).toBeGreaterThan(0.95);
  });
});
