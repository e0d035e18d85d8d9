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
/** Same method, same settings. */
const EXACT = 0.001;
/** The study tuned its settings and does not print them: ours are the defaults, or were chosen on a fifth of train. */
const TUNED = 0.01;

interface Published {
  readonly title: string;
  readonly split: readonly [train: string, test: string];
  readonly method: string;
  readonly settings?: GivenSettings;
  readonly figures: Partial<Record<MetricName, number>>;
  readonly tolerance: number;
}

const published: readonly Published[] = [
  {
    title: 'TopPop on MovieLens-100K',
    split: movielens,
    method: 'popularity',
    figures: { 'ndcg@20': 0.2132 },
    tolerance: EXACT,
  },
  {
    title: 'EASE on MovieLens-100K',
    split: movielens,
    method: 'ease',
    settings: { lambda: 300 },
    figures: { 'precision@20': 0.2933, 'recall@20': 0.3547, 'ndcg@20': 0.437, 'precision@10': 0.3715 },
    tolerance: EXACT,
  },
  {
    title: 'TopPop on Last.fm',
    split: lastfm,
    method: 'popularity',
    figures: { 'recall@20': 0.0365, 'ndcg@20': 0.021 },
    tolerance: EXACT,
  },
  {
    // Two independent runs gave .2716 and .2752, .2139 and .2160.
    title: 'GF-CF on Last.fm',
    split: lastfm,
    method: 'gfcf',
    figures: { 'recall@20': 0.2734, 'ndcg@20': 0.215 },
    tolerance: 0.0019,
  },
  {
    title: 'SLIM on MovieLens-100K',
    split: movielens,
    method: 'slim',
    figures: { 'ndcg@20': 0.4375 },
    tolerance: TUNED,
  },
  {
    title: 'PureSVD on MovieLens-100K',
    split: movielens,
    method: 'puresvd',
    settings: { dimensions: 20 },
    figures: { 'ndcg@20': 0.4225 },
    tolerance: TUNED,
  },
  {
    title: 'RP3beta on MovieLens-100K',
    split: movielens,
    method: 'rp3beta',
    figures: { 'ndcg@20': 0.3928 },
    tolerance: TUNED,
  },
  {
    title: 'UserKNN, cosine, on MovieLens-100K',
    split: movielens,
    method: 'userknn',
    figures: { 'ndcg@20': 0.3962 },
    // The study also weighs features (TF-IDF, BM25), which we do not.
    tolerance: 0.015,
  },
];

if (!hasSplit(movielens[0]) || !hasSplit(lastfm[0])) {
  console.warn('skipped: KINDRED_DATASETS has no movielens-100k or lastfm-lightgcn to check the evaluator against');
}

describe('published figures', () => {
  for (const { title, split, method, settings, figures, tolerance } of published) {
    const [train, test] = split;
    it.skipIf(!hasSplit(train))(title, { timeout: 120_000 }, async () => {
      const { data, heldOut } = readSplit(train, test);
      const recommender = await createBaseline(method, settings).fit(data, 1);
      const evaluation = await evaluate(recommender, wholeCohort(data, heldOut, { mask: 'seen' }), { mask: 'seen' });
      for (const [name, figure] of Object.entries(figures) as [MetricName, number][]) {
        expect(Math.abs(getMetric(evaluation, name) - figure), name).toBeLessThan(tolerance);
      }
    });
  }
});
