// Seconds of a training epoch of each generator with its defaults on MovieLens-1M, and by how much the process grows after
// the first; each in a process of its own. A method may have settings behind it: conditional-gan:body=conv. Of CycleGAN an epoch
// is as many steps as bring each user once, between two sets of vectors.
//   node benchmarks/generative.mjs [--set movielens-1m-random] [--methods gan,dae] [--epochs 3] [--engine auto] [--share 1]
//     [--limit 1800] [--out results/generative.json]
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { commandLine, machine, rounded, spread, writeReport } from './measurements.mjs';
import { runInChild } from './run-in-child.mjs';
import { presentSets } from './sets.mjs';

const GENERATORS = [
  ...['autoencoder', 'dae', 'sparse-autoencoder', 'mult-vae'],
  ...['gan', 'conditional-gan', 'wgan-gp', 'cfgan', 'ganmf'],
  ...['conditional-gan:body=conv', 'conditional-gan:body=style', 'cyclegan'],
];
const { values: flags } = parseArgs({
  options: {
    set: { type: 'string', default: 'movielens-1m-random' },
    methods: { type: 'string', default: GENERATORS.join() },
    epochs: { type: 'string', default: '3' },
    engine: { type: 'string', default: 'auto' },
    share: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    limit: { type: 'string', default: '1800' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/generative.json') },
  },
});
if (presentSets([flags.set]).length === 0) process.exit(1);
const loadBefore = os.loadavg();
const results = [];
for (const method of flags.methods.split(',')) {
  const job = { set: flags.set, share: Number(flags.share), method, engine: flags.engine };
  const outcome = await runInChild(
    [process.execPath, path.join(import.meta.dirname, 'generative-runner.mjs')],
    { ...job, epochs: Number(flags.epochs), seed: Number(flags.seed) },
    { limitSeconds: Number(flags.limit) },
  );
  const result = { ...job, ...summaryOf(outcome) };
  results.push(result);
  console.log(`${method}: ${inWords(result)}`);
}
writeReport(flags.out, {
  benchmark: 'generative',
  command: commandLine(),
  date: new Date().toISOString(),
  machine: machine(loadBefore),
  results,
});

function summaryOf({ status, because, answer }) {
  if (status !== 'done') return { status, because };
  const { epochs, startSeconds, ...rest } = answer;
  return {
    status,
    ...rest,
    startSeconds: rounded(startSeconds),
    epochSeconds: spread(epochs.map(({ seconds }) => seconds)),
    epochProcessorSeconds: spread(epochs.map(({ processor }) => processor)),
  };
}

function inWords({ status, because, epochSeconds, epochProcessorSeconds, stepsPerEpoch, plannedEpochs, grown }) {
  if (status !== 'done') return because === undefined ? status : `${status}: ${because}`;
  const processor = `${epochProcessorSeconds.median} of processor`;
  const growth = `${grown.tensors} tensors and ${grown.residentMiB} MiB more after ${epochSeconds.rounds} epochs`;
  return `${epochSeconds.median} s an epoch (${processor}), ${stepsPerEpoch} steps, ${plannedEpochs} epochs planned; ${growth}`;
}
