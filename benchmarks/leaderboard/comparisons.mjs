// The default method beside each other one on the same users: differences of NDCG@20, paired user by user.
import { bootstrapDifferences } from '@kindred/evaluation';
import { fiveDecimals, mean } from '../measurements.mjs';
import { getSet } from '../sets.mjs';

const REFERENCE = 'auto';
const SAMPLES = 1000;

/**
 * @typedef {object} PairedFigures
 * @property {number} users
 * @property {number} difference mean over users of the reference's NDCG@20 less the other's
 * @property {[number, number]} interval 95 %, bootstrap over users
 * @property {number} ratio of the two means
 * @property {number} p two-sided, of the bootstrap
 */

/**
 * @typedef {object} PairedMethods
 * @property {string} set
 * @property {string} reference
 * @property {string} method
 * @property {(PairedFigures & {seed: number, dates: [string, string]})[]} seeds dates: of the two runs
 * @property {PairedFigures} together whoever was asked in several seeds counts once, with their mean
 */

/**
 * @param {object[]} runs records
 * @param {(run: object) => Map<string, number> | undefined} figuresOf NDCG@20 by user, where it is kept
 * @returns {PairedMethods[]}
 */
export function comparisonsOf(runs, figuresOf) {
  const done = runs.filter(({ status }) => status === 'done');
  const references = done.filter(({ method }) => method === REFERENCE);
  return [...new Set(references.map(({ set }) => set))].flatMap((set) => {
    const ours = bySeed(
      references.filter((run) => run.set === set),
      figuresOf,
    );
    const others = done.filter((run) => run.set === set && run.method !== REFERENCE);
    return [...new Set(others.map(({ method }) => method))].flatMap((method) => {
      const own = bySeed(
        others.filter((run) => run.method === method),
        figuresOf,
      );
      const pairs = pairsOf(ours, own, getSet(set).seeded === true);
      return pairs.length === 0 ? [] : [comparisonOf(set, method, pairs)];
    });
  });
}

/** Earlier comparisons whose runs are still those of the report, and the new ones in their place. */
export function mergeComparisons(earlier = [], now, runs) {
  const keyOf = ({ set, method }) => `${set} ${method}`;
  const done = new Set(now.map(keyOf));
  return [...currentComparisons(earlier, runs).filter((each) => !done.has(keyOf(each))), ...now];
}

/** Those whose runs have not been done anew since. */
export function currentComparisons(comparisons = [], runs) {
  const dates = new Set(runs.map(({ date }) => date));
  return comparisons.filter(({ seeds }) => seeds.every((seed) => seed.dates.every((date) => dates.has(date))));
}

function bySeed(runs, figuresOf) {
  return runs.flatMap((run) => {
    const figures = figuresOf(run);
    return figures === undefined ? [] : [{ run, figures }];
  });
}

/** The two of each seed; a method that draws nothing has one run, which stands beside every seed of a fixed split. */
function pairsOf(ours, others, isSeeded) {
  return ours.flatMap((own) => {
    const ofSeed = others.find(({ run }) => run.seed === own.run.seed);
    const other = ofSeed ?? (isSeeded || others.length > 1 ? undefined : others[0]);
    return other === undefined ? [] : [{ own, other }];
  });
}

function comparisonOf(set, method, pairs) {
  const seeds = pairs.map(({ own, other }) => ({
    seed: own.run.seed,
    dates: [own.run.date, other.run.date],
    ...pairedFigures([own.figures], [other.figures]),
  }));
  const together = pairedFigures(
    pairs.map(({ own }) => own.figures),
    pairs.map(({ other }) => other.figures),
  );
  return { set, reference: REFERENCE, method, seeds, together };
}

/** @param {Map<string, number>[]} ours @param {Map<string, number>[]} others of the same seeds, and so of the same users */
function pairedFigures(ours, others) {
  const users = [...new Set(ours.flatMap((figures) => [...figures.keys()]))];
  const meanOf = (seeds, user) => mean(seeds.flatMap((figures) => figures.get(user) ?? []));
  const left = users.map((user) => meanOf(ours, user));
  const right = users.map((user) => meanOf(others, user));
  const differences = Float64Array.from(left, (value, row) => value - right[row]);
  const [{ difference, interval, p }] = bootstrapDifferences([differences], { samples: SAMPLES, seed: 1 });
  return {
    users: users.length,
    difference: fiveDecimals(difference),
    interval: interval.map(fiveDecimals),
    ratio: fiveDecimals(mean(left) / mean(right)),
    p: fiveDecimals(p),
  };
}
