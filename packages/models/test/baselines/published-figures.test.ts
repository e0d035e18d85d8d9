import { evaluate, getMetric, type MetricName, wholeCohort } from '@kindred/evaluation';
import { describe, expect, it } from 'vitest';
import { createBaseline, type GivenSettings } from '../../src/baselines/index.js';
import { hasSplit, readSplit } from './support/benchmark-split.js';

/**
 * The evaluator is proven on published numbers before any other number is believed: MovieLens-100K in CFGAN's
 * split (all ratings positive, train masked) as in the ECIR 2022 study of CFGAN and its repository; Last.fm in
 * LightGCN's split. `node benchmarks/evaluator-proof.mjs` adds EASE on Last.fm and writes results/evaluator-proof.json.
 */
const movielens = ['movielens-100k/splits/cfgan.train.tsv.gz', 'movielens-100k/splits/cfgan.test.tsv.gz'] as const;
const lastfm = ['lastfm-lightgcn/train.tsv.gz', 'lastfm-lightgcn/test.tsv.gz'] as const;
const TOLERANCE = 0.001;

const published: [string, readonly [string, string], string, GivenSettings, Partial<Record<MetricName, number>>][] = [
  ['TopPop on MovieLens-100K', movielens, 'popularity', {}, { 'ndcg@20': 0.2132 }],
  [
    'EASE on MovieLens-100K',
    movielens,
    'ease',
    { lambda: 300 },
    { 'precision@20': 0.2933, 'recall@20': 0.3547, 'ndcg@20': 0.437, 'precision@10': 0.3715 },
  ],
  ['TopPop on Last.fm', lastfm, 'popularity', {}, { 'recall@20': 0.0365, 'ndcg@20': 0.021 }],
];

if (!hasSplit(movielens[0]) || !hasSplit(lastfm[0])) {
  console.warn('skipped: KINDRED_DATASETS has no movielens-100k or lastfm-lightgcn to check the evaluator against');
}

describe('published figures', () => {
  for (const [title, [train, test], method, settings, figures] of published) {
    it.skipIf(!hasSplit(train))(title, async () => {
      const { data, heldOut } = readSplit(train, test);
      const recommender = await createBaseline(method, settings).fit(data, 1);
      const evaluation = await evaluate(recommender, wholeCohort(data, heldOut, { mask: 'seen' }), { mask: 'seen' });
      for (const [name, figure] of Object.entries(figures) as [MetricName, number][]) {
        expect(Math.abs(getMetric(evaluation, name) - figure), name).toBeLessThan(TOLERANCE);
      }
    });
  }
});
