// The runs of results/leaderboard.json by set and method: means over the seeds.
import { mean } from '../measurements.mjs';
import { getSet, SETS } from '../sets.mjs';
import { currentComparisons } from './comparisons.mjs';

/** So much load for each thread of the machine, and other work ran beside a run: the run before it leaves at most one. */
export const BUSY_LOAD = 1.5;

/**
 * @typedef {object} MethodRow
 * @property {string} method
 * @property {'learned' | 'baseline'} kind
 * @property {Record<string, number>} metrics means over the seeds
 * @property {[number, number]} interval of NDCG@20, 95 % over users: mean of the seeds' ends
 * @property {{seeds: number, low: number, high: number}} spread of NDCG@20 over the seeds
 * @property {number} sparsestNdcg
 * @property {number | undefined} historyNdcg of the users with a history, where there are others
 * @property {number} seconds of training, what validation chooses included
 * @property {boolean} isCrowded other work ran beside one of the runs, so that the seconds are too many
 * @property {number} peakRssMiB of the process
 * @property {object | undefined} representation how the vectors lie, by the names of `kindred benchmark`; undefined: no
 *   record has it
 * @property {{seed: number, choices: object}[]} chosen what validation chose in each run whose record has it
 */

/** @typedef {{method: string, status: string, because: string | undefined}} Absence */

/**
 * @returns {{set: string, title: string, dataset: object, sparsest: object | undefined, rows: MethodRow[],
 *   paired: import('./comparisons.mjs').PairedMethods[], absent: Absence[]}[]}
 */
export function summarise({ runs = [], machine, comparisons }) {
  const present = Object.keys(SETS).filter((set) => runs.some((run) => run.set === set));
  return present.map((set) => {
    const ofSet = runs.filter((run) => run.set === set);
    const done = ofSet.filter(({ status }) => status === 'done');
    const methods = [...new Set(done.map(({ method }) => method))];
    const rows = methods.map((method) =>
      rowOf(
        method,
        done.filter((run) => run.method === method),
        machine,
      ),
    );
    rows.sort((a, b) => b.metrics['ndcg@20'] - a.metrics['ndcg@20'] || (a.method < b.method ? -1 : 1));
    const absent = ofSet.filter(({ method, status }) => status !== 'done' && !methods.includes(method));
    return {
      set,
      title: getSet(set).title,
      dataset: done[0]?.dataset,
      sparsest: done.find((run) => run.sparsestFifth !== undefined)?.sparsestFifth,
      rows,
      paired: currentComparisons(comparisons, runs).filter((each) => each.set === set),
      absent: absent.map(({ method, status, because }) => ({ method, status, because })),
    };
  });
}

function rowOf(method, runs, machine) {
  const average = (figureOf) => mean(runs.map(figureOf).filter((value) => value !== undefined));
  const ndcgs = runs.map(({ metrics }) => metrics['ndcg@20']);
  const hasNewUsers = runs.some(({ dataset }) => dataset.newUsers > 0);
  const names = Object.keys(runs[0].metrics);
  return {
    method,
    kind: runs[0].kind,
    metrics: Object.fromEntries(names.map((name) => [name, average(({ metrics }) => metrics[name])])),
    interval: [0, 1].map((end) => average(({ intervals }) => intervals['ndcg@20'][end])),
    spread: { seeds: runs.length, low: Math.min(...ndcgs), high: Math.max(...ndcgs) },
    sparsestNdcg: average(({ sparsestFifth }) => sparsestFifth?.metrics['ndcg@20']),
    historyNdcg: hasNewUsers ? average(({ usersWithHistory }) => usersWithHistory?.metrics['ndcg@20']) : undefined,
    seconds: average(({ seconds }) => seconds.train),
    isCrowded: isCrowded(runs, machine),
    peakRssMiB: Math.max(...runs.map(({ peakRssMiB }) => peakRssMiB)),
    representation: meanOfRecords(runs.flatMap(({ representation }) => representation ?? [])),
    chosen: runs.flatMap(({ seed, choices }) => (choices === undefined ? [] : [{ seed, choices }])),
  };
}

/** Whether the load of the minute before one of the runs was more than the run before it can have left. */
export function isCrowded(runs, machine) {
  return machine !== undefined && runs.some(({ loadBefore }) => loadBefore?.[0] > BUSY_LOAD * machine.threads);
}

/** Means of figures by their names, in records of one shape; a figure that some lack is the mean of the others. */
function meanOfRecords(records) {
  if (records.length === 0) return undefined;
  const names = new Set(records.flatMap(Object.keys));
  const meanOf = (parts) => (typeof parts[0] === 'number' ? mean(parts) : meanOfRecords(parts));
  return Object.fromEntries([...names].map((name) => [name, meanOf(records.flatMap((record) => record[name] ?? []))]));
}
