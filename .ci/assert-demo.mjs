// Checks what `kindred demo --exit --json` printed: every stage did its work and the model beats popularity.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const [file, dataset, native] = process.argv.slice(2);
const demo = JSON.parse(readFileSync(file, 'utf8'));

assert.equal(demo.dataset.name, dataset);
assert.ok(demo.ingest.read > 0);
assert.equal(demo.ingest.read, demo.ingest.stored + demo.ingest.duplicates + demo.ingest.rejected.total);
assert.ok(demo.ingest.stored > 0);
assert.ok(demo.pair.positives > 0 && demo.pair.users > 0 && demo.pair.items > 0);
assert.ok(demo.train.epochs > 0);
if (native === 'yes') assert.match(demo.train.engine, /TensorFlow/, 'native TensorFlow is there and did not train');
const ndcg = demo.evaluate.metrics['ndcg@20'];
assert.ok(ndcg > demo.evaluate.baselines.popularity['ndcg@20'], `ndcg@20 ${ndcg} does not beat popularity`);
assert.ok(demo.index.recallAt10 >= 0.98);
assert.equal(demo.recommendations.length, 3);
for (const { userId, items } of demo.recommendations) {
  assert.ok(userId.length > 0);
  assert.equal(items.length, 5);
  for (const { itemId, title, score } of items) assert.ok(itemId && title && Number.isFinite(score));
}
console.log(`demo on ${dataset}: ndcg@20 ${ndcg.toFixed(4)}, ${demo.seconds} s`);
