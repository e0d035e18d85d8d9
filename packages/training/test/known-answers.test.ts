import { evaluate, trainedCohort } from '@kindred/evaluation';
import { artefactRecommender } from '@kindred/models';
import { describe, expect, it } from 'vitest';
import { trainModel } from '../src/index.js';
import { checkerboard, clusters, type Log, requestFor } from './fixture.js';

const SMALL = {
  inductive: { dimensions: 8, epochs: 15 },
  'two-tower': { dimensions: 8, epochs: 60, batchSize: 64, learningRate: 0.1, temperature: 0.5 },
};

async function metricsOf(method: keyof typeof SMALL, log: Log, truth: Log = log): Promise<Record<string, number>> {
  const settings = SMALL[method];
  const { artefact } = await trainModel(await requestFor(log, { method, settings, validation: undefined }));
  const cohort = trainedCohort(log.data, truth.heldOut, { mask: 'seen' });
  return (await evaluate(artefactRecommender(artefact), cohort, { mask: 'seen', cutoffs: [1, 10] })).metrics;
}

describe.each(['inductive', 'two-tower'] as const)('%s', (method) => {
  it('finds the one item that every user of a checkerboard misses', async () => {
    const metrics = await metricsOf(method, checkerboard(24));
    expect(metrics['precision@1']).toBeGreaterThan(0.95);
  });

  it('finds planted clusters, and not when the same pairs are shuffled', async () => {
    const shape = { users: 60, items: 40, clusters: 4 };
    const planted = await metricsOf(method, clusters(shape));
    expect(planted['recall@10']).toBeGreaterThan(0.95);
    const shuffled = await metricsOf(method, clusters({ ...shape, shuffled: true }), clusters(shape));
    expect(shuffled['recall@10']).toBeLessThan(0.6);
  });
});
