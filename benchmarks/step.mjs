// Milliseconds of one InfoNCE training step on each engine that loads, side by side in one run.
//   node benchmarks/step.mjs [--rounds 5] [--batch 2048] [--dimensions 64] [--out results/step.json]
// A step is: gather the rows of the batch, upload them, loss and gradients, read them back, Adam on the touched rows.
// Every engine lives in a child process of its own; rounds go through all of them in turn, so that a change of the
// machine's speed meets each alike. `autodiff` is the textbook loss differentiated by TensorFlow.js, `by hand` the
// same loss with its gradient derived by hand (both from @kindred/objectives).
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { probeEngines } from '@kindred/compute';
import { commandLine } from './measurements.mjs';
import { writePicture } from './pictures/write-picture.mjs';

/** @typedef {{engine: 'tensorflow' | 'webgpu' | 'wasm' | 'cpu', onnxRuntime: boolean, steps: number, every: number}} Contender */
/** @typedef {{gather: number, compute: number, read: number, adam: number, total: number}} StepMs */

/** Steps a round and how often a round takes the contender in: the reference needs seconds for one step. */
/** @type {Contender[]} */
const CONTENDERS = [
  { engine: 'tensorflow', onnxRuntime: true, steps: 5, every: 1 },
  { engine: 'webgpu', onnxRuntime: true, steps: 5, every: 1 },
  { engine: 'wasm', onnxRuntime: true, steps: 5, every: 1 },
  { engine: 'wasm', onnxRuntime: false, steps: 2, every: 1 },
  { engine: 'cpu', onnxRuntime: false, steps: 1, every: 2 },
];
const GRADIENTS = /** @type {const} */ (['autodiff', 'by hand']);
const LARGEST_LOSS_DIFFERENCE = 1e-4;

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    batch: { type: 'string', default: '2048' },
    dimensions: { type: 'string', default: '64' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/step.json') },
  },
});
const rounds = Number(flags.rounds);
const settings = {
  batch: Number(flags.batch),
  dimensions: Number(flags.dimensions),
  temperature: 0.1,
  userRows: 6040,
  itemRows: 3706,
  seed: 1,
};

const loadBefore = os.loadavg();
const reports = await probeEngines();
const skipped = reports
  .filter((report) => !worthRunning(report))
  .map(({ name, why, detail }) => ({ engine: name, why: why ?? detail }));
const contenders = CONTENDERS.filter(({ engine }) => !skipped.some((each) => each.engine === engine));
const runners = [];
for (const contender of contenders) runners.push(await startRunner(contender));

for (let round = 0; round < rounds; round++) {
  for (const runner of runners) {
    if (round % runner.contender.every !== 0) continue;
    for (const gradient of GRADIENTS) await runner.run(gradient);
  }
  process.stderr.write(`round ${round + 1} of ${rounds}\n`);
}
for (const runner of runners) runner.child.disconnect();

checkLosses();
const rows = runners.flatMap((runner) => GRADIENTS.map((gradient) => summarize(runner, gradient)));
printTable(rows);
writeReport(rows);
writePicture('step', flags.out);

/** A software graphics adapter shows nothing about a graphics card. */
function worthRunning({ available, detail }) {
  return available && !/swiftshader|llvmpipe|lavapipe/i.test(detail);
}

/** Starts the process of a contender; returns once its engine is loaded and has made one step of each kind. */
async function startRunner(contender) {
  const child = fork(path.join(import.meta.dirname, 'step-runner.mjs'), [JSON.stringify({ contender, settings })]);
  const died = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the process of ${contender.engine} ended: ${signal ?? code}`);
  });
  died.catch(() => undefined);
  const answer = async () => (await Promise.race([once(child, 'message'), died]))[0];
  const { description, losses } = await answer();
  /** @type {Record<string, StepMs[]>} */
  const steps = { autodiff: [], 'by hand': [] };
  return {
    contender,
    child,
    description,
    losses,
    steps,
    async run(gradient) {
      child.send({ gradient, steps: contender.steps });
      steps[gradient].push(...(await answer()));
    },
  };
}

/** The engines compute the same thing, or their times mean nothing. */
function checkLosses() {
  const losses = runners.flatMap((runner) => GRADIENTS.map((gradient) => runner.losses[gradient]));
  const spread = Math.max(...losses) - Math.min(...losses);
  if (!(spread < LARGEST_LOSS_DIFFERENCE)) throw new Error(`the engines disagree on the loss: ${losses.join(', ')}`);
}

function summarize({ description, contender, steps }, gradient) {
  const taken = steps[gradient];
  const medianOf = (part) => round2(median(taken.map((step) => step[part])));
  const totals = taken.map((step) => step.total);
  return {
    engine: contender.engine,
    description,
    gradient,
    steps: taken.length,
    medianMs: medianOf('total'),
    minMs: round2(Math.min(...totals)),
    maxMs: round2(Math.max(...totals)),
    partsMs: {
      gather: medianOf('gather'),
      compute: medianOf('compute'),
      read: medianOf('read'),
      adam: medianOf('adam'),
    },
  };
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function round2(number) {
  return Math.round(number * 100) / 100;
}

function printTable(rows) {
  const lines = rows.map(({ description, gradient, medianMs, minMs, maxMs, partsMs }) => [
    description,
    gradient,
    medianMs.toFixed(1),
    `${minMs.toFixed(1)}..${maxMs.toFixed(1)}`,
    ...Object.values(partsMs).map((ms) => ms.toFixed(1)),
  ]);
  const table = [['engine', 'gradient', 'ms', 'min..max', 'gather', 'compute', 'read', 'adam'], ...lines];
  const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));
  for (const line of table) {
    console.log(
      line.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  '),
    );
  }
  for (const { engine, why } of skipped) console.log(`not run: ${engine}: ${why}`);
}

function writeReport(rows) {
  const require = createRequire(import.meta.url);
  const report = {
    benchmark: 'step',
    command: commandLine(),
    date: new Date().toISOString(),
    machine: {
      cpu: os.cpus()[0]?.model ?? 'unknown',
      threads: os.availableParallelism(),
      memoryGiB: Math.round(os.totalmem() / 2 ** 30),
      platform: `${os.platform()} ${os.arch()}`,
      loadBefore: loadBefore.map(round2),
    },
    versions: { node: process.versions.node, tensorflowJs: require('@tensorflow/tfjs/package.json').version },
    settings: { ...settings, rounds },
    results: rows,
    notRun: skipped,
  };
  writeFileSync(`${flags.out}.tmp`, `${JSON.stringify(report, null, 2)}\n`);
  renameSync(`${flags.out}.tmp`, flags.out);
}
