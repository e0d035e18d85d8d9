// Milliseconds of one training step of the default method by part, and what validation adds, on logs of the sizes of
// three public sets, on each engine in a child process of its own.
//   node benchmarks/train.mjs [--rounds 3] [--sets gowalla,lastfm,cfgan] [--engines wasm,tensorflow] [--out results/train.json]
// Parts by sampling the processor (V8's profiler): each sample counts for the part whose function is on its stack.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { machine, spread, writeReport } from './measurements.mjs';

/** Users, items and pairs a user as in the sets' training parts; epochs that a round trains. */
const SETS = {
  gowalla: { users: 29_858, items: 40_981, pairsPerUser: 27, epochs: 1 },
  lastfm: { users: 1_892, items: 4_489, pairsPerUser: 22, epochs: 4 },
  cfgan: { users: 943, items: 1_653, pairsPerUser: 58, epochs: 8 },
};
const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    sets: { type: 'string', default: Object.keys(SETS).join() },
    engines: { type: 'string', default: 'wasm,tensorflow' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/train.json') },
  },
});
const loadBefore = os.loadavg();
const contenders = flags.sets.split(',').flatMap((set) => flags.engines.split(',').map((engine) => ({ set, engine })));
const rounds = new Map(contenders.map((contender) => [contender, []]));
for (let round = 0; round < Number(flags.rounds); round++) {
  for (const [{ set, engine }, taken] of rounds) taken.push(await measure({ ...SETS[set], engine, seed: 1 }));
}

const results = [...rounds].map(([{ set }, taken]) => ({
  set,
  ...SETS[set],
  engine: taken[0].description,
  steps: taken[0].steps,
  stepMs: spread(taken.map((each) => each.stepMs)),
  stepProcessorMs: spread(taken.map((each) => each.stepProcessorMs)),
  /** Of the time of all steps. */
  shares: Object.fromEntries(
    Object.keys(taken[0].shares).map((part) => [part, spread(taken.map((each) => each.shares[part])).median]),
  ),
  validationMsPerEpoch: spread(taken.map((each) => each.validationMs)),
  validationShare: spread(taken.map((each) => each.validationMs / (each.stepMs * each.stepsPerEpoch))),
}));
for (const { set, engine, stepMs, stepProcessorMs, shares, validationShare } of results) {
  const parts = Object.entries(shares).map(([part, share]) => `${part} ${(100 * share).toFixed(0)} %`);
  console.log(
    `${set}, ${engine}: ${stepMs.median} ms a step (${stepProcessorMs.median} of processor): ${parts.join(', ')}`,
  );
  console.log(`  validation takes ${(100 * validationShare.median).toFixed(0)} % of the steps' time`);
}
writeReport(flags.out, {
  benchmark: 'train',
  command: 'node benchmarks/train.mjs',
  date: new Date().toISOString(),
  machine: machine(loadBefore),
  results,
});

async function measure(problem) {
  const child = fork(path.join(import.meta.dirname, 'train-runner.mjs'), [JSON.stringify(problem)]);
  const died = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the process of ${problem.engine} ended: ${signal ?? code}`);
  });
  died.catch(() => undefined);
  const [answer] = await Promise.race([once(child, 'message'), died]);
  child.disconnect();
  return answer;
}
