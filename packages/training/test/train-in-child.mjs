// A training in a process of its own: whole, killed after its third epoch, or resumed. Prints a hash of the artefact.
import { createHash } from 'node:crypto';
import { loadEngine } from '@kindred/compute';
import { emptyMatrix, matrixFromTriples, Random } from '@kindred/domain';
import { trainModel } from '@kindred/training';

const [mode, checkpointDir, method = 'inductive'] = process.argv.slice(2);
const random = new Random(1, 'child');
const [users, items] = [40, 23];
const pairs = Array.from({ length: users }, (_, user) =>
  [...random.sample(items, 6)].map((item) => [user, item]),
).flat();
const positives = matrixFromTriples(
  users,
  items,
  Uint32Array.from(pairs, ([user]) => user),
  Uint32Array.from(pairs, ([, item]) => item),
  new Float32Array(pairs.length).fill(1),
);
const { artefact } = await trainModel({
  method,
  settings: { dimensions: 8, epochs: 6, batchSize: 16, negatives: 11 },
  data: {
    positives,
    weights: positives.values,
    times: undefined,
    negatives: emptyMatrix(users, items),
    endTimeMs: undefined,
  },
  vocabulary: {
    users: Array.from({ length: users }, (_, k) => `u${k}`),
    items: Array.from({ length: items }, (_, k) => `i${k}`),
  },
  engine: await loadEngine('wasm'),
  seed: 5,
  checkpointDir,
  resume: mode === 'resumed',
  onProgress: (progress) => {
    if (progress.kind !== 'epoch') return;
    console.error(`epoch ${progress.epoch}`);
    // The checkpoint of epoch 2 is written, that of epoch 3 is not.
    if (mode === 'killed' && progress.epoch === 3) process.kill(process.pid, 'SIGKILL');
  },
});
const hash = createHash('sha256');
for (const array of [artefact.itemVectors, artefact.encoder.contextVectors]) hash.update(array);
console.log(hash.digest('hex'));
process.exit(0);
