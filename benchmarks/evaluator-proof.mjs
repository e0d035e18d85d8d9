// Checks the evaluator and the baselines against published figures (and, where there are none, an independent run) and writes results/evaluator-proof.json.
// Run: npm run build && node benchmarks/evaluator-proof.mjs [--engine NAME | --engine none]
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { loadEngine } from '@kindred/compute';
import { columnDegrees, emptyMatrix, matrixFromTriples } from '@kindred/domain';
import { evaluate, getMetric, wholeCohort } from '@kindred/evaluation';
import { createBaseline } from '@kindred/models';
import { datasetRoot } from './sets.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const TOLERANCE = 0.001;

const movielens = {
  name: 'movielens-100k, CFGAN split',
  train: 'movielens-100k/splits/cfgan.train.tsv.gz',
  test: 'movielens-100k/splits/cfgan.test.tsv.gz',
};
const lastfm = {
  name: 'lastfm, LightGCN split',
  train: 'lastfm-lightgcn/train.tsv.gz',
  test: 'lastfm-lightgcn/test.tsv.gz',
};
const ecir =
  'recsyspolimi/ecir-2022-an-evaluation-of-GAN-for-CF: article (TopPop .2132; EASE tuned .2929/.3530/.4368) and an independent run in numpy at lambda 300';
const CASES = [
  { dataset: movielens, method: 'popularity', settings: {}, reference: { 'ndcg@20': 0.2132 }, source: ecir },
  {
    dataset: movielens,
    method: 'ease',
    settings: { lambda: 300 },
    reference: { 'precision@10': 0.3715, 'precision@20': 0.2933, 'recall@20': 0.3547, 'ndcg@20': 0.437 },
    source: ecir,
  },
  {
    dataset: lastfm,
    method: 'popularity',
    settings: {},
    reference: { 'recall@20': 0.0365, 'ndcg@20': 0.021 },
    source: 'an independent run in numpy',
  },
  {
    dataset: lastfm,
    method: 'ease',
    settings: { lambda: 50 },
    reference: { 'recall@20': 0.2622, 'ndcg@20': 0.2081 },
    source: 'an independent run in numpy',
  },
];

const engineName = process.argv.includes('--engine') ? process.argv[process.argv.indexOf('--engine') + 1] : 'auto';
const engine = engineName === 'none' ? undefined : await loadEngine(engineName);
const results = [];
for (const proof of CASES) results.push(await prove(proof));
console.table(
  results.flatMap(({ dataset, method, figures }) => figures.map((figure) => ({ dataset, method, ...figure }))),
);
const report = {
  command: 'npm run build && node benchmarks/evaluator-proof.mjs',
  tolerance: TOLERANCE,
  protocol: 'full ranking of all train items, train items of the user masked, every line a positive, ties by item id',
  machine: {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    matmul: engine?.description ?? 'plain JavaScript',
  },
  results,
};
writeFileSync(`${root}results/evaluator-proof.json`, `${JSON.stringify(report, null, 2)}\n`);
await engine?.dispose();
if (!results.every((result) => result.figures.every((figure) => figure.within))) process.exitCode = 1;

async function prove({ dataset, method, settings, reference, source }) {
  const { data, heldOut } = readSplit(dataset);
  const parts = { matmul: engine && ((...product) => engine.matmul(...product)) };
  const started = performance.now();
  const recommender = await createBaseline(method, settings, parts).fit(data, 1);
  const fitted = performance.now();
  const cohort = wholeCohort(data, heldOut, { mask: 'seen' });
  const evaluation = await evaluate(recommender, cohort, {
    mask: 'seen',
    itemPopularity: columnDegrees(data.positives),
  });
  const evaluated = performance.now();
  const figures = Object.entries(reference).map(([metric, figure]) => {
    const ours = Number(getMetric(evaluation, metric).toFixed(5));
    return { metric, reference: figure, ours, within: Math.abs(ours - figure) < TOLERANCE };
  });
  const seconds = { fit: Math.round(fitted - started) / 1000, evaluate: Math.round(evaluated - fitted) / 1000 };
  return {
    dataset: dataset.name,
    users: cohort.histories.rowCount,
    items: data.positives.columnCount,
    method,
    settings,
    source,
    seconds,
    figures,
  };
}

function readSplit({ train: trainFile, test: testFile }) {
  const train = readPairs(trainFile);
  const test = readPairs(testFile);
  const users = vocabulary([...train, ...test].map(([user]) => user));
  const items = vocabulary(train.map(([, item]) => item));
  const unknownItems = new Uint32Array(users.size);
  for (const [user, item] of test) if (!items.has(item)) unknownItems[users.get(user)] += 1;
  const matrixOf = (pairs) =>
    matrixFromTriples(
      users.size,
      items.size,
      Uint32Array.from(pairs, ([user]) => users.get(user)),
      Uint32Array.from(pairs, ([, item]) => items.get(item)),
      new Float32Array(pairs.length).fill(1),
    );
  const positives = matrixOf(train);
  return {
    data: {
      positives,
      weights: positives.values,
      times: undefined,
      negatives: emptyMatrix(users.size, items.size),
      endTimeMs: undefined,
    },
    heldOut: { items: matrixOf(test.filter(([, item]) => items.has(item))), unknownItems },
  };
}

function readPairs(file) {
  const lines = gunzipSync(readFileSync(`${datasetRoot}/${file}`))
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  return lines.map((line) => line.split('\t').slice(0, 2).map(Number));
}

function vocabulary(ids) {
  return new Map([...new Set(ids)].sort((a, b) => a - b).map((id, position) => [id, position]));
}
