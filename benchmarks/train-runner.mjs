// One round of train.mjs in a process of its own: the steps of the default method by part, or a whole training of a
// method that validation chooses the epochs of.
import { once } from 'node:events';
import { Session } from 'node:inspector/promises';
import { loadEngine } from '@kindred/compute';
import { trainModel } from '@kindred/training';
import { clusteredLog } from './clustered-log.mjs';

/** The functions of packages/models and packages/compute that make a part of a step. */
const PARTS = {
  sampling: ['next', 'sharedNegatives', 'shuffle', 'itemsOf', 'positiveWeights'],
  gather: ['sumHistories', 'sumTargets', 'takeRows'],
  scatter: ['scatterTargets', 'scatterHistories', 'addRows'],
  update: ['stepAll', 'stepTouched', 'catchUp', 'settle'],
  loss: ['#lossOf', 'historySoftmaxLoss', 'read', 'scope'],
  garbage: ['(garbage collector)'],
};
/** Not steps. */
const BETWEEN = ['closeEpoch', 'spectralStart', 'symmetricEigen', 'clusteredLog', '(idle)', 'start'];

const { users, items, pairsPerUser, epochs, engine: engineName, validated, seed } = JSON.parse(process.argv[2]);
const { data, validation } = clusteredLog({ users, items, pairsPerUser, heldOut: 2, seed });
const names = (prefix, count) => Array.from({ length: count }, (_, k) => `${prefix}${k}`);
const engine = await loadEngine(engineName);
const request = { data, vocabulary: { users: names('u', users), items: names('i', items) }, engine, seed };
process.send(validated === undefined ? await profiledSteps() : await validatedTraining());
await once(process, 'disconnect');
process.exit(0);

/**
 * How much of a whole training is spent between its epochs, and how much of it on validation: what an epoch that is
 * validated takes to close beyond one that is not.
 */
async function validatedTraining() {
  const times = { step: 0, validated: 0, other: 0 };
  let last = performance.now();
  const { curve, bestEpoch, settledEpoch, seconds } = await trainModel({
    ...request,
    method: validated,
    validation,
    onProgress({ kind, validationNdcg }) {
      const now = performance.now();
      times[kind === 'step' ? 'step' : validationNdcg === undefined ? 'other' : 'validated'] += now - last;
      last = now;
    },
  });
  const total = times.step + times.validated + times.other;
  const validations = curve.filter(({ validationNdcg }) => validationNdcg !== undefined).length;
  const unvalidated = curve.length - validations;
  const closing = unvalidated > 0 ? (validations * times.other) / unvalidated : 0;
  return {
    description: engine.description,
    seconds,
    betweenEpochs: (times.validated + times.other) / total,
    validation: (times.validated - closing) / total,
    epochs: curve.length,
    validations,
    bestEpoch,
    settledEpoch,
    validationNdcg: curve[bestEpoch - 1].validationNdcg,
  };
}

async function profiledSteps() {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');

  let [steps, stepMs, stepCpu] = [0, 0, 0];
  let last = 0;
  let lastCpu = 0;
  const processorMs = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  await session.post('Profiler.start');
  await trainModel({
    ...request,
    method: 'inductive',
    epochs: epochs + 1,
    onProgress({ kind, epoch }) {
      const [now, cpu] = [performance.now(), processorMs()];
      // The first epoch warms up.
      if (epoch > 1 && kind === 'step') {
        steps++;
        stepMs += now - last;
        stepCpu += cpu - lastCpu;
      }
      [last, lastCpu] = [now, cpu];
    },
  });
  const { profile } = await session.post('Profiler.stop');
  return {
    description: engine.description,
    steps,
    stepMs: stepMs / steps,
    stepProcessorMs: stepCpu / steps,
    shares: sharesOf(profile),
  };
}

/** What share of the steps' samples each part has. Samples of the first epoch count too, those of the start and between epochs do not. */
function sharesOf({ nodes, samples, timeDeltas }) {
  const parentOf = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const nameOf = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const partOf = new Map(Object.entries(PARTS).flatMap(([part, functions]) => functions.map((name) => [name, part])));
  const skipped = new Set(BETWEEN);
  const find = (node) => {
    for (let at = node; at !== undefined; at = parentOf.get(at)) {
      const name = nameOf.get(at);
      if (skipped.has(name)) return undefined;
      if (partOf.has(name)) return partOf.get(name);
      if (name === 'step') return 'other';
    }
    return undefined;
  };
  const micros = Object.fromEntries([...Object.keys(PARTS), 'other'].map((part) => [part, 0]));
  // Samples of the garbage collector have no stack: they belong to what ran before them.
  let within;
  samples.forEach((sample, k) => {
    const part = find(sample);
    if (part !== 'garbage') within = part;
    if (within !== undefined) micros[part] += timeDeltas[k];
  });
  const total = Object.values(micros).reduce((sum, each) => sum + each, 0);
  return Object.fromEntries(Object.entries(micros).map(([part, each]) => [part, each / total]));
}
