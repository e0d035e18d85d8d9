import { trainedCohort } from '@kindred/evaluation';
import { getMethod, type ModelArtefact, type Probing } from '@kindred/models';
import { describe, expect, it } from 'vitest';
import { type Progress, probeSettings, trainModel } from '../src/index.js';
import { chooseUnion } from '../src/union/choose-union.js';
import { checkerboard, clusters, type Log, referenceEngine, requestFor } from './fixture.js';

async function choose(log: Log, artefact: ModelArtefact, changes: Partial<Parameters<typeof chooseUnion>[0]> = {}) {
  const cohort = trainedCohort(log.data, log.heldOut, { mask: 'seen' });
  const engine = await referenceEngine();
  const request = {
    artefact,
    data: log.data,
    cohort,
    repeating: undefined,
    models: ['ease'],
    isSample: false,
    mask: 'seen',
    engine,
  } as const;
  return chooseUnion({ ...request, ...changes });
}

/** Vectors that point anywhere: whatever ranks well is not theirs. */
async function blindArtefact(log: Log): Promise<ModelArtefact> {
  const { artefact } = await trainModel(await requestFor(log, { epochs: 1 }));
  return { ...artefact, itemVectors: artefact.itemVectors.map((_, k) => Math.sin(k * k)) };
}

describe('chooseUnion', () => {
  it('takes the item-to-item model where it is better, and says why', async () => {
    const log = clusters({ users: 60, items: 24, clusters: 3 });
    const { union, candidates, because } = await choose(log, await blindArtefact(log));
    expect(union?.name).toBe('ease');
    expect(candidates.map(({ name }) => name)).toEqual([
      'vectors',
      'vectors + 0.125 ease',
      'vectors + 0.25 ease',
      'vectors + 0.5 ease',
      'vectors + 1 ease',
      'vectors + 2 ease',
      'vectors + 4 ease',
      'ease',
    ]);
    const best = Math.max(...candidates.map(({ ndcg }) => ndcg));
    expect(best).toBeGreaterThan((candidates[0]?.ndcg ?? 1) + 0.2);
    expect(because[0]).toMatch(/ranks: NDCG@20/);
  });

  it('leaves the vectors alone where nothing is better beyond chance', async () => {
    const log = clusters({ users: 60, items: 24, clusters: 3 });
    const { artefact } = await trainModel(await requestFor(log));
    const { union, because } = await choose(log, artefact);
    expect(union).toBeUndefined();
    expect(because[0]).toMatch(/the vectors alone are served/);
  });

  it('puts own items first where people take them again', async () => {
    const log = clusters({ users: 40, items: 24, clusters: 3 });
    const { artefact } = await trainModel(await requestFor(log));
    const { positives } = log.data;
    const again = {
      ...log,
      heldOut: { ...log.heldOut, items: { ...positives, values: positives.values.map(() => 1) } },
    };
    const repeating = trainedCohort(again.data, again.heldOut, { mask: 'none' });
    expect((await choose(again, artefact, { repeating, cohort: repeating, mask: 'none' })).ownItemsFirst).toBeDefined();
    const never = trainedCohort(log.data, log.heldOut, { mask: 'none' });
    const answer = await choose(log, artefact, { repeating: never });
    expect(answer.ownItemsFirst).toBeUndefined();
    expect(answer.because.at(-1)).toMatch(/do not come first/);
  });

  it('compares nothing where no model is asked for or feasible', async () => {
    const log = checkerboard(8);
    const { artefact } = await trainModel(await requestFor(log));
    const answer = await choose(log, artefact, { models: [] });
    expect(answer).toMatchObject({ union: undefined, ownItemsFirst: undefined, candidates: [] });
    const sampled = await choose(log, artefact, { isSample: true });
    expect(sampled.candidates).toEqual([]);
    expect(sampled.because[0]).toMatch(/a part of the users only/);
  });
});

describe('the method auto', () => {
  it.each(['auto', 'off'])('asks for it after its probes, with union %s', async (union) => {
    const log = clusters({ users: 40, items: 24, clusters: 3 });
    const method = getMethod('auto');
    const outcome = await probeSettings(
      {
        method,
        settings: { dimensions: 8, epochs: 4, startIterations: 2, union },
        data: log.data,
        items: log.vocabulary.items,
        validation: log.heldOut,
        engine: await referenceEngine(),
        seed: 1,
      },
      method.probing as Probing,
    );
    expect(outcome?.union === undefined).toBe(union === 'off');
  });

  it('asks vectors that were trained on everybody where probes see a part of the users', async () => {
    const plain = clusters({ users: 60, items: 24, clusters: 3 });
    const times = Float64Array.from(plain.data.weights, (_, k) => k + 1);
    const log = { ...plain, data: { ...plain.data, times, endTimeMs: times.length + 1 } };
    const method = getMethod('auto');
    const engine = await referenceEngine();
    const settings = { dimensions: 8, startIterations: 2, temperature: 0.2 };
    const common = { method, data: log.data, validation: log.heldOut, engine, seed: 1 };
    const epochs: number[] = [];
    const onProgress = (event: Progress) => event.kind === 'epoch' && epochs.push(event.epoch);
    const probing = { ...(method.probing as Probing), joinEpochs: () => 3 };
    const request = { ...common, settings, items: log.vocabulary.items, pairs: 100, onProgress };
    const outcome = await probeSettings(request, probing);
    expect(epochs).toEqual([1, 2, 3]);
    const whole = { ...settings, ...outcome?.settings, epochs: 3 };
    const { artefact } = await trainModel({
      ...common,
      validation: undefined,
      vocabulary: log.vocabulary,
      settings: whole,
    });
    const { candidates } = await choose(log, artefact);
    expect(outcome?.union?.candidates.map(({ ndcg }) => ndcg)).toEqual(candidates.map(({ ndcg }) => ndcg));
    expect(candidates.length).toBeGreaterThan(1);

    await probeSettings({ ...request, settings: { ...settings, union: 'off' } }, probing);
    await probeSettings({ ...request, pairs: 1e6 }, probing);
    const timeless = await probeSettings({ ...request, data: plain.data }, probing);
    expect(timeless?.union?.because[0]).toMatch(/without times/);
    expect(epochs.length).toBe(3);
  });
});
