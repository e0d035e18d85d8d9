// Every method trained for some steps in a process of its own, on wasm, and one of each kind on native TensorFlow where that
// loads: a hash of its artefact, and of what it makes, drawn by a seed, where it is a generator; of CycleGAN, of what it maps.
// The default method also on a log whose products an engine divides among its threads. The generators then train on: by how
// many tensors and MiB the process grows in 2,000 more steps.
//   node --expose-gc methods-in-child.mjs yes|no
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadEngine } from '@kindred/compute';
import { emptyMatrix, matrixFromTriples, Random } from '@kindred/domain';
import { DEFAULT_METHOD, getMethod, itemDistribution, METHODS, resolveSettings } from '@kindred/models';
import { CycleGanTraining } from '../dist/cyclegan/cyclegan-training.js';

/**
 * Watched for 2,000 steps: every autoencoder, with each of its penalties and priors, and of the adversarial generators, whose
 * steps take longer, each method once, with a body of its own: the condition and segments, the critic's penalty and
 * convolutions, masks, the energy and styles.
 */
const WATCHED = [
  'autoencoder',
  'dae',
  'sparse-autoencoder',
  'sparse-autoencoder by L1',
  'sparse-autoencoder by KL',
  'mult-vae',
  'mult-vae of a composite prior',
  'gan',
  'conditional-gan by segments',
  'wgan-gp by convolutions',
  'cfgan',
  'ganmf by styles',
];
/** Where nothing is said each is as it is by default: of noise through one layer, sparse by its strongest units. */
const RUNS = [
  ...Object.keys(METHODS).map((name) => ({ label: name, name })),
  { label: 'sparse-autoencoder by L1', name: 'sparse-autoencoder', own: { sparsity: 'l1' } },
  { label: 'sparse-autoencoder by KL', name: 'sparse-autoencoder', own: { sparsity: 'kl' } },
  { label: 'mult-vae of a composite prior', name: 'mult-vae', own: { prior: 'composite' } },
  { label: 'wgan-gp by convolutions', name: 'wgan-gp', own: { body: 'conv' } },
  { label: 'conditional-gan by segments', name: 'conditional-gan', own: { segments: 3 } },
  { label: 'ganmf by styles', name: 'ganmf', own: { body: 'style', styleWidth: 3, noise: 3 } },
];
const NATIVE = ['inductive', 'two-tower', 'lightgcn', 'simclr', 'clip', 'next-item', 'mult-vae', 'wgan-gp'];
const [STEPS, WARM_UP, MEBIBYTE] = [2000, 100, 2 ** 20];
const isWatched = process.argv[2] === 'yes';
const THREADS = { threads: 2 };
const LARGE = { label: 'large', name: DEFAULT_METHOD, own: { dimensions: 128, batchSize: 300 } };

const names = (prefix, count) => Array.from({ length: count }, (_, k) => `${prefix}${k}`);

/** Users with so many items each, one event a day. */
function logOf(users, items, each) {
  const random = new Random(1, 'child');
  const pairs = Array.from({ length: users }, (_, user) =>
    [...random.sample(items, each)].map((item) => [user, item]),
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
  const vocabulary = { users: names('u', users), items: names('i', items) };
  return { data, vocabulary, itemTexts: vocabulary.items.map((item) => `text of ${item}`) };
}

const [small, large] = [logOf(12, 9, 4), logOf(300, 2000, 30)];

/** What is held after garbage was collected: tensors, and in MiB what the heap and the arrays have and the whole process. */
async function memory(engine) {
  // Twice, with a turn between: what a finaliser lets go of is garbage only then.
  globalThis.gc();
  await nextTurn();
  globalThis.gc();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return { tensors: engine.tensorCount(), held: (heapUsed + arrayBuffers) / MEBIBYTE, resident: rss / MEBIBYTE };
}

/** By how much a training grows in the steps after the warm-up; in MiB and tensors. */
async function growthOf(engine, step) {
  for (let k = 0; k < WARM_UP; k++) await step();
  const before = await memory(engine);
  for (let k = 0; k < STEPS; k++) await step();
  const after = await memory(engine);
  return Object.fromEntries(Object.entries(after).map(([what, amount]) => [what, amount - before[what]]));
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

async function start(engine, { name, own = {} }, { data, itemTexts } = small) {
  const method = getMethod(name);
  const declared = new Set(method.settings.map((setting) => setting.name));
  const given = { dimensions: 4, batchSize: 6, epochs: 1000, criticSteps: 1, criticUnits: 4, latent: 3, ...own };
  const known = Object.fromEntries(Object.entries(given).filter(([setting]) => declared.has(setting)));
  const settings = resolveSettings(method.settings, known);
  const run = await method.prepare({ data, itemTexts, settings, engine, seed: 7 });
  for (let step = 0; step < 5; step++) await run.step();
  return run;
}

const trained = async (engine, each, log = small) => hashOf((await start(engine, each, log)).artefact(log.vocabulary));

/** Between two clouds of people; no method, for it learns from two logs. */
function cycleTraining(engine) {
  const settings = { steps: 5000, batchSize: 6, hidden: 3, discriminatorHidden: 4, learningRate: 0.003, noise: 0.3 };
  const weights = { adversarialWeight: 1, cycleWeight: 3, identityWeight: 1 };
  return new CycleGanTraining(engine, [cloud('source'), cloud('target')], { ...settings, ...weights }, 1, 0);
}

function cloud(label) {
  const normal = new Random(1, label);
  return { vectors: Float32Array.from({ length: 60 }, () => normal.normal()), width: 3 };
}

/** Of where both clouds are mapped to. */
async function cycleHash(engine) {
  const training = cycleTraining(engine);
  for (let step = 0; step < 5; step++) await training.step();
  const mapped = [await training.map(0, cloud('source').vectors), await training.map(1, cloud('target').vectors)];
  return feed(createHash('sha256'), mapped).digest('hex');
}

const hashes = { wasm: {}, tensorflow: {} };
const growth = {};
const wasm = await loadEngine('wasm', THREADS);
for (const each of RUNS) {
  const run = await start(wasm, each);
  hashes.wasm[each.label] = hashOf(run.artefact(small.vocabulary));
  // The products of ONNX Runtime would take most of a step that is so small: once is enough.
  if (isWatched && each.label === WATCHED[0]) growth[each.label] = await growthOf(wasm, () => run.step());
}
hashes.wasm[LARGE.label] = await trained(wasm, LARGE, large);
hashes.wasm.cyclegan = await cycleHash(wasm);
if (isWatched) {
  const plain = await loadEngine('wasm', { onnxRuntime: false });
  for (const label of WATCHED.slice(1)) {
    const run = await start(
      plain,
      RUNS.find((each) => each.label === label),
    );
    growth[label] = await growthOf(plain, () => run.step());
  }
  const training = cycleTraining(plain);
  growth.cyclegan = await growthOf(plain, () => training.step());
}
const native = await loadEngine('tensorflow', THREADS).catch((fault) => fault);
if (!(native instanceof Error)) {
  for (const name of NATIVE) hashes.tensorflow[name] = await trained(native, { name });
  hashes.tensorflow[LARGE.label] = await trained(native, LARGE, large);
  hashes.tensorflow.cyclegan = await cycleHash(native);
}
const withoutNative = native instanceof Error ? native.message : undefined;
console.log(JSON.stringify({ hashes, growth, withoutNative }));
process.exit(0);
