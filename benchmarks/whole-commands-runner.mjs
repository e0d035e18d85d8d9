// One `kindred benchmark` as a person starts it, in a process of its own: started by whole-commands.mjs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DEFAULT_METHOD } from '@kindred/models';
import { fiveDecimals } from './measurements.mjs';

const PROGRAM = path.join(import.meta.dirname, '../apps/cli/bin/kindred.js');
const WATCH = path.join(import.meta.dirname, 'usage-on-exit.mjs');
const SHOWN = ['recall@20', 'precision@20', 'ndcg@20'];

const { words } = JSON.parse(process.argv.at(-1));
const folder = mkdtempSync(path.join(os.tmpdir(), 'kindred-whole-command-'));
try {
  const answer = await timed(words);
  process.stdout.write(`${JSON.stringify({ answer })}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function timed(given) {
  const [out, usageFile] = ['out', 'usage.json'].map((name) => path.join(folder, name));
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', WATCH, PROGRAM, ...given, '--out', out], {
    cwd: folder,
    env: { ...process.env, USAGE_FILE: usageFile },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [code, signal] = await once(child, 'close');
  const wall = (performance.now() - started) / 1000;
  if (code !== 0) throw new Error(`Error: kindred ended with ${signal ?? code}`);
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(readFileSync(usageFile, 'utf8'));
  const { methods } = JSON.parse(readFileSync(path.join(out, 'metrics.json'), 'utf8'));
  const { engine, seconds, metrics } = methods.find(({ name }) => name === DEFAULT_METHOD);
  return {
    engine,
    methods: methods.map(({ name }) => name),
    seconds: {
      wall: hundredths(wall),
      processor: hundredths((userCPUTime + systemCPUTime) / 1e6),
      trainingOfDefault: seconds.train,
    },
    metrics: Object.fromEntries(SHOWN.map((metric) => [metric, fiveDecimals(metrics[metric])])),
    peakRssMiB: Math.round(maxRSS / 1024),
  };
}

function hundredths(seconds) {
  return Math.round(seconds * 100) / 100;
}
