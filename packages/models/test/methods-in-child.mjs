// Every method trained for some steps in a process of its own, on wasm, and one of each kind on native TensorFlow where that
// loads: a hash of its artefact, and of what it makes, drawn by a seed, where it is a generator. Some of them then train on: by
// how many tensors and MiB the process grows in so many more steps.
//   node --expose-gc methods-in-child.mjs STEPS
import { createHash } from 'node:crypto';
import { loadEngine } from '@kindred/compute';
import { emptyMatrix, matrixFromTriples, Random } from '@kindred/domain';
import { getMethod, itemDistribution, METHODS, resolveSettings } from '@kindred/models';

const GROWING = ['mult-vae', 'wgan-gp', 'wgan-gp by convolutions'];
const RUNS = [
  ...Object.keys(METHODS).map((name) => ({ label: name, name })),
  { label: 'wgan-gp by convolutions', name: 'wgan-gp', own: { body: 'conv' } },
];
const NATIVE = ['inductive', 'two-tower', 'lightgcn', 'simclr', 'clip', 'next-item', 'mult-vae', 'wgan-gp'];
const [WARM_UP, MEBIBYTE] = [200, 2 ** 20];
const steps = Number(process.argv[2]);
const random = new Random(1, 'child');
const [users, items] = [12, 9];
const pairs = Array.from({ length: users }, (_, user) =>
  [...random.sample(items, 4)].map((item) => [user, item]),
).flat();
const positives = matrixFromTriples(
  users,
  items,
  Uint32Array.from(pairs, ([user]) => user),
  Uint32Array.from(pairs, ([, item]) => item),
  new Float32Array(pairs.length).fill(1),
);
const data = {
  positives,
  weights: positives.values,
  times: Float64Array.from(pairs, (_, k) => 86_400_000 * (1 + k)),
  negatives: emptyMatrix(users, items),
  endTimeMs: 86_400_000 * (1 + pairs.length),
};
const names = (prefix, count) => Array.from({ length: count }, (_, k) => `${prefix}${k}`);
const vocabulary = { users: names('u', users), items: names('i', items) };
const itemTexts = vocabulary.items.map((item) => `text of ${item}`);

/** What is held after garbage was collected: tensors, and in MiB what the heap and the arrays have and the whole process. */
function memory(engine) {
  globalThis.gc();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return { tensors: engine.tensorCount(), held: (heapUsed + arrayBuffers) / MEBIBYTE, resident: rss / MEBIBYTE };
}

/** All arrays and all else of an artefact, part by part. */
function feed(hash, part) {
  if (ArrayBuffer.isView(part)) hash.update(part);
  else if (typeof part !== 'object') hash.update(String(part));
  else for (const [key, value] of Object.entries(part)) feed(hash.update(key), value);
  return hash;
}

function hashOf(artefact) {
  const made =
    artefact.encoder.kind === 'layers'
      ? itemDistribution(artefact, Uint32Array.of(1, 4), Float32Array.of(1, 1), 3)
      : undefined;
  return feed(createHash('sha256'), { artefact, made }).digest('hex');
}

async function start(engine, { name, own = {} }) {
  const method = getMethod(name);
  const declared = new Set(method.settings.map((setting) => setting.name));
  const given = { dimensions: 4, batchSize: 6, epochs: 1000, criticSteps: 1, criticUnits: 4, latent: 3, ...own };
  const known = Object.fromEntries(Object.entries(given).filter(([setting]) => declared.has(setting)));
  const settings = resolveSettings(method.settings, known);
  const run = await method.prepare({ data, itemTexts, settings, engine, seed: 7 });
  for (let step = 0; step < 5; step++) await run.step();
  return run;
}

async function growthOf(engine, run) {
  for (let step = 0; step < WARM_UP; step++) await run.step();
  const before = memory(engine);
  for (let step = 0; step < steps; step++) await run.step();
  const after = memory(engine);
  return Object.fromEntries(Object.entries(after).map(([what, amount]) => [what, amount - before[what]]));
}

const hashes = { wasm: {}, tensorflow: {} };
const growth = {};
const wasm = await loadEngine('wasm');
for (const each of RUNS) {
  const run = await start(wasm, each);
  hashes.wasm[each.label] = hashOf(run.artefact(vocabulary));
  if (steps > 0 && GROWING.includes(each.label)) growth[each.label] = await growthOf(wasm, run);
}
const native = await loadEngine('tensorflow').catch((fault) => fault);
if (!(native instanceof Error)) {
  for (const name of NATIVE) hashes.tensorflow[name] = hashOf((await start(native, { name })).artefact(vocabulary));
}
const withoutNative = native instanceof Error ? native.message : undefined;
console.log(JSON.stringify({ hashes, growth, withoutNative }));
process.exit(0);
