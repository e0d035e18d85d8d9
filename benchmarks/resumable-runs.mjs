// Long work in pieces: a results file holds one record for each (set, method, seed); what it holds with the same settings
// is not done again.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { commandLine, machine, writeReport } from './measurements.mjs';
import { runInChild } from './run-in-child.mjs';

/** What command lines of these benchmarks share. */
export const RESUMABLE_FLAGS = {
  sets: { type: 'string' },
  methods: { type: 'string' },
  seeds: { type: 'string' },
  engine: { type: 'string', default: 'auto' },
  share: { type: 'string', default: '1' },
  limit: { type: 'string', default: '3600' },
  again: { type: 'boolean', default: false },
};

/** Flags that choose a piece of the work, or say where it goes on. */
const OF_PIECES = ['sets', 'methods', 'seeds', 'rounds', 'limit', 'again', 'paired', 'kept'];

/**
 * @typedef {object} PlannedRun
 * @property {string} set
 * @property {string} method
 * @property {number} seed
 * @property {object} settings all that decides the outcome, beside the code
 * @property {string[]} command what `runInChild` starts
 * @property {object} job
 * @property {Record<string, string>} [env]
 */

/**
 * Does what the file does not hold yet and writes it after each run. A run that failed is tried again, one that took too
 * long only under a larger limit.
 * @param {object} options
 * @param {string} options.file
 * @param {string} options.benchmark
 * @param {Iterable<PlannedRun> | AsyncIterable<PlannedRun>} options.plan may be a generator that looks at what was found
 * @param {number} options.limitSeconds
 * @param {boolean} options.again do everything anew
 * @param {(record: object) => boolean} [options.isWhole] of a run that is done, whether what lies beside the file is there too
 * @param {(record: object, run: PlannedRun) => Promise<object>} [options.complete] what else is to be kept of a new run
 * @param {(record: object) => void} [options.onRecord]
 * @param {(methods: string[]) => string[]} [options.methodsFlag] what `--methods` is for the methods of all records; none:
 *   its default, or there is no such flag
 * @param {(records: object[]) => Record<string, string>} [options.piecesFlags] the flags that do all of the records, where
 *   these are not sets, methods and seeds
 * @returns {Promise<object>} the whole report
 */
export async function runPlan(options) {
  const { file, benchmark, plan, limitSeconds, again } = options;
  const { isWhole = () => true, complete = () => ({}), onRecord = () => undefined, methodsFlag = () => [] } = options;
  const { piecesFlags = (records) => flagsOfRecords(records, methodsFlag) } = options;
  const { runs = [], ...kept } = readReport(file);
  const head = {
    benchmark,
    command: runs.length === 0 ? '' : wholeCommand(piecesFlags(runs)),
    date: new Date().toISOString(),
    node: process.version,
    machine: machine(os.loadavg()),
  };
  const report = { ...kept, ...head, runs };
  for await (const run of plan) {
    const at = runs.findIndex((record) => isSameRun(record, run));
    const isKept = !again && at >= 0 && isFinished(runs[at], run, limitSeconds, isWhole);
    const record = isKept ? runs[at] : await measure(run, limitSeconds);
    if (!isKept && record.status === 'done') Object.assign(record, await complete(record, run));
    if (isKept) say(`${nameOf(run)}: kept (${record.status})`);
    else {
      runs.splice(at < 0 ? runs.length : at, at < 0 ? 0 : 1, record);
      report.command = wholeCommand(piecesFlags(runs));
      writeReport(file, report);
    }
    onRecord(record);
  }
  return report;
}

/** The one command that does all of the runs, in whatever pieces they were done. */
function wholeCommand(flags) {
  return commandLine({ without: [...OF_PIECES, ...Object.keys(flags)], more: flags });
}

function flagsOfRecords(runs, methodsFlag) {
  const distinct = (key) => [...new Set(runs.map((run) => run[key]))];
  const methods = [...new Set(methodsFlag(distinct('method')))];
  return {
    sets: distinct('set').join(),
    ...(methods.length > 0 && { methods: methods.join() }),
    seeds: String(Math.max(...distinct('seed'))),
  };
}

/** What the file holds; nothing where there is none. */
export function readReport(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

function isSameRun(record, { set, method, seed }) {
  return record.set === set && record.method === method && record.seed === seed;
}

function isFinished(record, run, limitSeconds, isWhole) {
  const { status, settings, limitSeconds: tried } = record;
  // As JSON has it: a setting that is undefined is none.
  if (!isDeepStrictEqual(settings, JSON.parse(JSON.stringify(run.settings)))) return false;
  if (status === 'done') return isWhole(record);
  return status === 'not applicable' || (status === 'too long' && tried >= limitSeconds);
}

async function measure({ set, method, seed, settings, command, job, env }, limitSeconds) {
  say(`${nameOf({ set, method, seed })}: begins`);
  const loadBefore = os.loadavg().map((load) => Math.round(load * 100) / 100);
  const started = performance.now();
  const { answer, ...outcome } = await runInChild(command, job, { limitSeconds, env });
  const processSeconds = Math.round((performance.now() - started) / 100) / 10;
  say(`${nameOf({ set, method, seed })}: ${outcome.status} in ${processSeconds} s ${outcome.because ?? ''}`);
  const stamp = { date: new Date().toISOString(), revision: revision(), loadBefore, limitSeconds };
  return { set, method, seed, settings, ...outcome, ...stamp, processSeconds, ...answer };
}

function nameOf({ set, method, seed }) {
  return `${set}, ${method}, seed ${seed}`;
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

/** The commit, with a plus where the tree differs from it; undefined outside of a repository. */
function revision() {
  const git = (...parameters) =>
    execFileSync('git', parameters, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', '..', ':!../results', ':!../docs');
    return `${git('rev-parse', '--short=12', 'HEAD').trim()}${changed === '' ? '' : '+'}`;
  } catch {
    return undefined;
  }
}
