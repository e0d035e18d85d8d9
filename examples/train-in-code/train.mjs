// Kindred as libraries: log → snapshot → model → metrics → recommendations, in one file. Run: node train.mjs
import { fileURLToPath } from 'node:url';
import { loadEngine } from '@kindred/compute';
import { openLog } from '@kindred/datasets';
import { evaluate, trainedCohort } from '@kindred/evaluation';
import { artefactRecommender, createBaseline, encodeHistory } from '@kindred/models';
import { buildSnapshotInMemory } from '@kindred/pairs';
import { trainModel } from '@kindred/training';
import { scan } from '@kindred/vector-index';

const SEED = 1;

// ingest: every line gets a verdict; here the good ones are enough
const log = await openLog({ path: fileURLToPath(new URL('clicks.jsonl', import.meta.url)) }, { nowMs: Date.now() });
const events = [];
for await (const verdicts of log.verdicts()) {
  events.push(verdicts.flatMap((verdict) => (verdict.kind === 'event' ? [verdict.event] : [])));
}
await log.close();

// pair: interactions, divided by time; `evaluate` is train and validation, with the test held out
const snapshot = await buildSnapshotInMemory(events, { split: { kind: 'time', test: { fraction: 0.15 } } });
const { users, items, data, heldOut } = await snapshot.part('evaluate');

// train: seven epochs of the default method
const engine = await loadEngine('auto');
const { artefact } = await trainModel({
  method: 'inductive',
  settings: { dimensions: 16 },
  data,
  vocabulary: { users, items },
  epochs: 7,
  engine,
  seed: SEED,
});

// evaluate: the whole catalogue ranked for each user, beside popularity
const cohort = trainedCohort(data, heldOut, { mask: 'seen' });
for (const recommender of [artefactRecommender(artefact), await createBaseline('popularity').fit(data, SEED)]) {
  const { metrics } = await evaluate(recommender, cohort, { mask: 'seen' });
  console.log(`${recommender.name.padEnd(12)} ndcg@10 ${metrics['ndcg@10'].toFixed(4)}`);
}

// serve: a vector for somebody who was never trained, made of two clicks; a score is an inner product
const clicked = Uint32Array.of(items.indexOf('B-103'), items.indexOf('B-104'));
const vector = encodeHistory(artefact, clicked, Float32Array.of(1, 1));
const unseen = items.map((_, position) => position).filter((position) => !clicked.includes(position));
const { positions } = scan(vector, artefact.itemVectors, 3, unseen);
console.log('after B-103 and B-104:', Array.from(positions, (position) => items[position]).join(', '));
await engine.dispose();
