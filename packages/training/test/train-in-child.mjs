// A training in a process of its own: whole, killed after its third epoch, or resumed. Prints a hash of the artefact; with
// `probed` one more line, of what the probes of auto choose and by which figures.
import { createHash } from 'node:crypto';
import { loadEngine } from '@kindred/compute';
import { emptyMatrix, matrixFromTriples, Random } from '@kindred/domain';
import { getMethod } from '@kindred/models';
import { probeSettings, trainModel } from '@kindred/training';

const [mode, checkpointDir, method = 'inductive'] = process.argv.slice(2);
const random = new Random(1, 'child');
const [users, items] = [40, 23];
const histories = Array.from({ length: users }, () => [...random.sample(items, 8)]);
const matrixOf = (from, to) =>
  matrixFromTriples(
    users,
    items,
    Uint32Array.from({ length: users * (to - from) }, (_, k) => Math.floor(k / (to - from))),
    Uint32Array.from(histories.flatMap((history) => history.slice(from, to))),
    new Float32Array(users * (to - from)).fill(1),
  );
const positives = matrixOf(0, 6);
const data = {
  positives,
  weights: positives.values,
  times: undefined,
  negatives: emptyMatrix(users, items),
  endTimeMs: undefined,
};
const vocabulary = {
  users: Array.from({ length: users }, (_, k) => `u${k}`),
  items: Array.from({ length: items }, (_, k) => `i${k}`),
};
const engine = await loadEngine('wasm');
const { artefact } = await trainModel({
  method,
  settings: { dimensions: 8, epochs: 6, batchSize: 16, negatives: 11 },
  data,
  vocabulary,
  engine,
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
if (mode === 'probed') {
  const auto = getMethod('auto');
  const settings = { dimensions: 8, epochs: 6, batchSize: 16 };
  const validation = { items: matrixOf(6, 8), unknownItems: new Uint32Array(users) };
  const outcome = await probeSettings(
    { method: auto, settings, data, items: vocabulary.items, validation, engine, seed: 5 },
    auto.probing,
  );
  console.log(JSON.stringify(outcome, (key, value) => (key === 'seconds' ? undefined : value)));
}
process.exit(0);
