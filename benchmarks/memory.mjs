// Seconds and peak memory of one epoch of the default method on synthetic logs of 100,000, 1 and 10 million pairs.
//   node benchmarks/memory.mjs [--pairs 100000,1000000,10000000] [--engine wasm] [--out results/memory.json]
// Ten pairs a user, five users an item, vectors of 64; each size in a child process of its own, so that its peak is its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { commandLine, machine, rounded, writeReport } from './measurements.mjs';
import { writePicture } from './pictures/write-picture.mjs';

const PAIRS_PER_USER = 10;

const { values: flags } = parseArgs({
  options: {
    pairs: { type: 'string', default: '100000,1000000,10000000' },
    engine: { type: 'string', default: 'wasm' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/memory.json') },
  },
});
const loadBefore = os.loadavg();
const results = [];
for (const pairs of flags.pairs.split(',').map(Number)) {
  const result = await measure({
    users: pairs / PAIRS_PER_USER,
    items: pairs / 50,
    pairsPerUser: PAIRS_PER_USER,
    dimensions: 64,
    engine: flags.engine,
    seed: 1,
  });
  results.push(result);
  const { seconds, peakMiB } = result;
  console.log(
    `${pairs} pairs: start ${seconds.start} s, epoch of ${result.steps} steps ${seconds.epoch} s ` +
      `(${seconds.epochCpu} s of processor), peak ${peakMiB} MiB; loss ${result.lossFirst} to ${result.lossLast}`,
  );
  // After every size: the largest takes long.
  writeReport(flags.out, {
    benchmark: 'memory',
    command: commandLine(),
    date: new Date().toISOString(),
    machine: machine(loadBefore),
    results,
  });
}

writePicture('memory', flags.out);

/** @param {{users: number, items: number, pairsPerUser: number, dimensions: number, engine: string, seed: number}} problem */
async function measure(problem) {
  const child = fork(path.join(import.meta.dirname, 'memory-runner.mjs'), [JSON.stringify(problem)]);
  const died = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the process of ${problem.users} users ended: ${signal ?? code}`);
  });
  const answered = once(child, 'message').then(([message]) => message);
  const { seconds, ...rest } = await Promise.race([answered, died]);
  died.catch(() => undefined);
  child.disconnect();
  const shown = Object.entries(seconds).map(([name, value]) => [name, rounded(value)]);
  return { ...problem, pairs: problem.users * PAIRS_PER_USER, ...rest, seconds: Object.fromEntries(shown) };
}
