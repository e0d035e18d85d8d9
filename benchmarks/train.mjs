// Milliseconds of one training step of the default method by part, on logs of the sizes of three public sets, and what
// validation takes of whole trainings by two methods whose epochs it chooses, on the small ones; on each engine in a
// child process of its own.
//   node benchmarks/train.mjs [--rounds 3] [--sets gowalla,lastfm,cfgan] [--engines wasm,tensorflow]
//     [--validated lightgcn,two-tower] [--validated-sets lastfm,cfgan] [--out results/train.json]
// Parts by sampling the processor (V8's profiler): each sample counts for the part whose function is on its stack.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { commandLine, machine, spread, writeReport } from './measurements.mjs';
import { writePicture } from './pictures/write-picture.mjs';
import { partsMs } from './train-parts.mjs';

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
    validated: { type: 'string', default: 'lightgcn,two-tower' },
    'validated-sets': { type: 'string', default: 'lastfm,cfgan' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/train.json') },
  },
});
const loadBefore = os.loadavg();
const engines = flags.engines.split(',');
const steps = await inRounds(flags.sets.split(',').flatMap((set) => engines.map((engine) => ({ set, engine }))));
const trainings = await inRounds(
  flags['validated-sets']
    .split(',')
    .flatMap((set) => flags.validated.split(',').map((validated) => ({ set, engine: engines[0], validated }))),
);

const results = steps.map(([{ set }, taken]) => ({
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
}));
for (const { set, engine, stepMs, stepProcessorMs, shares } of results) {
  const parts = Object.entries(partsMs({ stepMs, shares })).map(
    ([part, ms]) => `${part} ${ms.toFixed(1)} ms (${(100 * shares[part]).toFixed(0)} %)`,
  );
  console.log(
    `${set}, ${engine}: ${stepMs.median} ms a step (${stepProcessorMs.median} of processor): ${parts.join(', ')}`,
  );
}
const trained = trainings.map(([{ set, validated: method }, taken]) => {
  const { description, seconds: _seconds, betweenEpochs: _between, validation: _validation, ...figures } = taken[0];
  return {
    ...{ set, method, engine: description, ...figures },
    seconds: spread(taken.map((each) => each.seconds)),
    /** Of the whole training: guards after every epoch, the model as it is served, its ranking. */
    betweenEpochs: spread(taken.map((each) => each.betweenEpochs)),
    /** Of the whole training, without the guards. */
    validation: spread(taken.map((each) => each.validation)),
  };
});
for (const { set, method, engine, seconds, betweenEpochs, validation, validations, epochs } of trained) {
  const percent = ({ median }) => `${(100 * median).toFixed(1)} %`;
  console.log(
    `${set}, ${method}, ${engine}: ${seconds.median} s, ${percent(betweenEpochs)} of it between epochs, ${percent(validation)} in ${validations} validations of ${epochs} epochs`,
  );
}
writeReport(flags.out, {
  benchmark: 'train',
  command: commandLine(),
  date: new Date().toISOString(),
  machine: machine(loadBefore),
  results,
  validation: trained,
});
writePicture('train', flags.out);

/** Every contender once in every round. */
async function inRounds(contenders) {
  const rounds = contenders.map((contender) => [contender, []]);
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const [contender, taken] of rounds)
      taken.push(await measure({ ...SETS[contender.set], ...contender, seed: 1 }));
  }
  return rounds;
}

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
