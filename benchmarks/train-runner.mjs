// One round of train.mjs in a process of its own.
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
/** Between the steps. */
const VALIDATION = ['closeEpoch', 'evaluate', 'artefact', 'inspectTables', 'artefactRecommender', 'matmul'];

const { users, items, pairsPerUser, epochs, engine: engineName, seed } = JSON.parse(process.argv[2]);
const { data, validation } = clusteredLog({ users, items, pairsPerUser, heldOut: 2, seed });
const names = (prefix, count) => Array.from({ length: count }, (_, k) => `${prefix}${k}`);
const engine = await loadEngine(engineName);
const session = new Session();
session.connect();
await session.post('Profiler.enable');

const times = { steps: 0, validation: 0 };
const spent = { steps: 0 };
let steps = 0;
let last = 0;
let lastCpu = 0;
const processorMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
await session.post('Profiler.start');
await trainModel({
  method: 'inductive',
  data,
  vocabulary: { users: names('u', users), items: names('i', items) },
  validation,
  engine,
  seed,
  epochs: epochs + 1,
  onProgress(progress) {
    const [now, cpu] = [performance.now(), processorMs()];
    // The first epoch warms up.
    if (progress.epoch > 1) {
      if (progress.kind === 'step') {
        steps++;
        times.steps += now - last;
        spent.steps += cpu - lastCpu;
      } else times.validation += now - last;
    }
    [last, lastCpu] = [now, cpu];
  },
});
const { profile } = await session.post('Profiler.stop');
process.send({
  description: engine.description,
  steps,
  stepsPerEpoch: steps / epochs,
  stepMs: times.steps / steps,
  stepProcessorMs: spent.steps / steps,
  validationMs: times.validation / epochs,
  shares: sharesOf(profile),
});
await once(process, 'disconnect');
process.exit(0);

/** What share of the steps' samples each part has. Samples of the first epoch count too, those of validation and start do not. */
function sharesOf({ nodes, samples, timeDeltas }) {
  const parentOf = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const nameOf = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const partOf = new Map(Object.entries(PARTS).flatMap(([part, functions]) => functions.map((name) => [name, part])));
  const skipped = new Set([...VALIDATION, 'spectralStart', 'symmetricEigen', 'clusteredLog', '(idle)', 'start']);
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
  samples.forEach((sample, k) => {
    const part = find(sample);
    if (part !== undefined) micros[part] += timeDeltas[k];
  });
  const total = Object.values(micros).reduce((sum, each) => sum + each, 0);
  return Object.fromEntries(Object.entries(micros).map(([part, each]) => [part, each / total]));
}
