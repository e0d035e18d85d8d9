// The arms of the study: for each what may be tuned, chosen on the validation half of the sparse users and measured on
// the other half.
import { rowEntries } from '@kindred/domain';
import { evaluate } from '@kindred/evaluation';
import { ENOUGH_ITEMS, pseudoWeight } from '@kindred/models/artefact';
import { fiveDecimals, mean } from '../measurements.mjs';

/** What an augmentation may be: k items of weight w0. */
const AUGMENTATIONS = [10, 30].flatMap((count) => [0.1, 0.3, 1].map((weight) => ({ count, weight })));
/** What a dense augmentation may be: a distribution, as it is or flatter, that counts as so many real items beside a single one. */
const DENSE_AUGMENTATIONS = [3, 10, 30].flatMap((mass) => [1, 2].map((temperature) => ({ mass, temperature })));
const METRICS = ['ndcg@20', 'recall@20', 'hitRate@10'];
const BEYOND = ['coverage@20', 'gini@20'];
const PRIMARY = METRICS[0];

/** Numbers of the protocol, fixed beforehand (docs/augmentation.md). */
export const KIND = {
  popularity: 0,
  base: 1,
  tuned: 2,
  withPopularity: 3,
  self: 4,
  neighbours: 5,
  randomPopular: 6,
  generated: 7,
  adversarial: 8,
  shuffled: 9,
  ranker: 10,
  /** Beside the protocol: no part of the decision. */
  refitted: 11,
  dense: 12,
  tunedAndAugmented: 13,
};

/**
 * @typedef {object} Arm
 * @property {number} kind
 * @property {string} name
 * @property {{label: string, recommenderOf: (half: object) => object}[]} trials a recommender or the promise of one; half: a
 *   cohort with its lists
 * @property {string} [adds] name of the arm that it adds to: it is that one where nothing is added
 */

/** The arms that others add to. */
export const ADDED_TO = { base: 'base', tuned: 'tuned' };

/** An arm whose recommenders are the same for whomever they are asked. */
export function fixedArm(kind, name, trials) {
  return { kind, name, trials: trials.map(({ label, recommender }) => ({ label, recommenderOf: () => recommender })) };
}

/**
 * An arm that joins to each history what a source expects.
 * @param source name of the lists of a half
 * @param augment makes a recommender of what is joined to whom; default: the base as it is trained
 */
export function augmentedArm(kind, name, base, source, augment = base.augmented) {
  const trials = AUGMENTATIONS.map(({ count, weight }) => ({
    label: `k ${count}, w0 ${weight}`,
    recommenderOf: (half) => augment(pseudoItemsOfHalf(half, source, count, weight)),
  }));
  return { kind, name, trials, adds: ADDED_TO.base };
}

/**
 * The tuned base with a source joined to each history: what is tuned is the setting that the arm `tuned` was given, so that
 * each of both is tried six times.
 * @param found what arms before it were given
 */
export function tunedAndAugmentedArm(kind, name, base, source, found) {
  const { augmented } = base.tuned.find(({ label }) => label === found[ADDED_TO.tuned].chosen);
  return { ...augmentedArm(kind, name, base, source, augmented), adds: ADDED_TO.tuned };
}

/**
 * An arm that joins to each history all other items, each by its probability.
 * @param distributionOf of the items that somebody has, [I]
 */
export function denseArm(kind, name, base, distributionOf) {
  const trials = DENSE_AUGMENTATIONS.map(({ mass, temperature }) => ({
    label: `mass ${mass}, temperature ${temperature}`,
    recommenderOf: (half) => base.augmented(denseProfilesOfHalf(half, distributionOf, mass, temperature)),
  }));
  return { kind, name, trials, adds: ADDED_TO.base };
}

function denseProfilesOfHalf({ cohort }, distributionOf, mass, temperature) {
  return pseudoOfRows(cohort, (row, known) => {
    const share = pseudoWeight(mass, known);
    if (share === 0) return undefined;
    const [own] = rowEntries(cohort.histories, row);
    const weights = distributionOf(own).map((probability) => probability ** (1 / temperature));
    const scale = share / weights.reduce((sum, weight) => sum + weight, 0);
    return { items: Uint32Array.from(weights.keys()), weights: weights.map((weight) => weight * scale) };
  });
}

function pseudoItemsOfHalf({ cohort, lists }, source, count, weight) {
  return pseudoOfRows(cohort, (row, known) => {
    const share = pseudoWeight(weight, known);
    const items = share === 0 ? [] : lists[source][row].slice(0, count);
    return items.length === 0 ? undefined : { items, weight: share };
  });
}

/** Of a position of a user what is joined to their history. @param ofRow of a row, and of how many items it knows */
function pseudoOfRows({ users, histories: { offsets } }, ofRow) {
  const rowOf = new Map(Array.from(users, (user, row) => [user, row]));
  return (user) => {
    const row = rowOf.get(user);
    return row === undefined ? undefined : ofRow(row, offsets[row + 1] - offsets[row]);
  };
}

/** NDCG@20 on the validation half of every trial. */
export async function tried(arm, half) {
  const figures = [];
  for (const { recommenderOf } of arm.trials) {
    const { perUser } = await measured(await recommenderOf(half), half);
    figures.push(mean(perUser[PRIMARY]));
  }
  return figures;
}

export function bestOf(figures) {
  return figures.indexOf(Math.max(...figures));
}

/** Figures on a half, of single users and over all. */
export async function measured(recommender, half) {
  const { perUser, beyond } = await evaluate(recommender, half.cohort, {
    mask: 'seen',
    cutoffs: [10, 20],
    keepTop: 0,
  });
  const means = Object.fromEntries(METRICS.map((metric) => [metric, fiveDecimals(mean(perUser[metric]))]));
  const spread = Object.fromEntries(BEYOND.map((metric) => [metric, fiveDecimals(beyond[metric])]));
  return { perUser, metrics: { ...means, ...spread } };
}

/** Whether something is added to histories of so many items. */
export function isAugmenting(known) {
  return known < ENOUGH_ITEMS;
}
