// The rule by which the study decides, fixed before the first run: it says what the figures of single users show, whichever
// way that goes. "The adversarial part helps" only if augmentation by an adversarial generator beats the best of the arms 0
// to 7, with Holm's adjustment over data sets and numbers of known items, on two data sets at least for some number of
// known items up to 3, and does no harm at 8 known items and to users of training. "Augmentation helps, the adversarial
// part does not" if only arms 4 to 7 beat the arms 2 and 3 in the same sense. Else neither does.
import { bootstrapDifferences, holmAdjusted } from '@kindred/evaluation';
import { mean } from '../measurements.mjs';
import { ADDED_TO, KIND } from './arms.mjs';

const UP_TO_GENERATED = range(KIND.popularity, KIND.generated);
const AUGMENTED = range(KIND.self, KIND.generated);
/** How the sentence begins that says whether augmentation adds to tuning. */
export const TUNED_BASE = 'The tuned base';
/** How the name of a generator ends that was trained without its discriminator. */
export const NO_ADVERSARY = ':adversarialWeight=0';
const LEVEL = 0.05;
const FEWEST_SETS = 2;
const MOST_KNOWN = 3;
/** Of the base's figure, so much may be lost. */
const HARM = -0.005;
const WARM = 'warm';
const HARMLESS_AT = ['8', WARM];

/**
 * @typedef {object} Cell figures of single users, each the mean over the seeds in which they were asked
 * @property {string} set
 * @property {string} known a number of items, or `warm`
 * @property {Record<string, {kind: number, values: number[]}>} arms by name; the same users in each
 *
 * @typedef {object} DecidedCell what the rule needs of a cell
 * @property {string} set
 * @property {string} known
 * @property {Record<string, {kind: number, ndcg: number}>} arms means over the users
 * @property {object[]} tests of this cell alone, p not adjusted
 *
 * @typedef {object} Verdict
 * @property {'adversarial' | 'augmentation' | 'neither'} outcome
 * @property {string | undefined} winner the arm that is to be shipped; undefined: none
 * @property {string[]} sentences
 * @property {object[]} tests one for each arm, set and number of known items
 */

/**
 * Each arm against the best of those that it is asked to beat: paired over users, all tests of a cell by the same resamples.
 * @param {Cell} cell
 * @param {{samples?: number, seed?: number}} [options]
 * @returns {DecidedCell}
 */
export function testedCell({ set, known, arms }, { samples = 10_000, seed = 1 } = {}) {
  const means = Object.fromEntries(
    Object.entries(arms).map(([name, { kind, values }]) => [name, { kind, ndcg: mean(values) }]),
  );
  const pairs = (known === WARM ? [] : questionsOf([means])).flatMap((question) => {
    const against = rivalOf(question, means);
    return against === undefined ? [] : [{ question: question.question, arm: question.arm, against }];
  });
  const found = differencesOf(arms, pairs, { samples, seed });
  return { set, known, arms: means, tests: pairs.map((pair, k) => ({ ...pair, set, known, ...found[k] })) };
}

function questionsOf(everyArms) {
  const names = (kinds) => armsOfKinds(everyArms, kinds);
  return [
    ...names([KIND.adversarial]).map((arm) => ({ question: 'adversarial', arm, kinds: UP_TO_GENERATED })),
    ...names(AUGMENTED).map((arm) => ({ question: 'augmented', arm, kinds: [KIND.tuned, KIND.withPopularity] })),
    ...names([KIND.adversarial]).map((arm) => ({ question: 'personal', arm, rival: `${arm} shuffled` })),
    // No part of the rule: what the discriminator adds to its own generator, whatever another arm does.
    ...names([KIND.adversarial]).map((arm) => ({ question: 'by its adversary', arm, rival: `${arm}${NO_ADVERSARY}` })),
    // No part of the rule: a generator instead of the base.
    ...names([KIND.ranker]).map((arm) => ({ question: 'as ranker', arm, kinds: UP_TO_GENERATED })),
    // No part of the rule: an arm that is to be shipped should be ahead of what it is added to as well.
    ...names(range(KIND.self, KIND.adversarial)).map((arm) => ({
      question: 'over the base',
      arm,
      rival: ADDED_TO.base,
    })),
    // No part of the rule: whether what tuning gives is had already, or comes on top.
    ...names([KIND.tunedAndAugmented]).map((arm) => ({ question: 'over the tuned', arm, rival: ADDED_TO.tuned })),
  ];
}

/**
 * The rule: p adjusted over the cells of a question about an arm.
 * @param {DecidedCell[]} cells of one base
 * @returns {Verdict}
 */
export function decide(cells) {
  const asked = cells.filter(({ known }) => known !== WARM);
  const questions = questionsOf(asked.map(({ arms }) => arms));
  const tests = adjusted(questions, asked);
  const answers = (of) =>
    questions
      .filter(({ question }) => question === of)
      .map(({ arm }) =>
        answered(
          arm,
          tests.filter((test) => test.question === of && test.arm === arm),
          cells,
        ),
      )
      .filter((answer) => answer.tests.length > 0);
  const adversarial = answers('adversarial');
  const augmented = answers('augmented');
  const won = adversarial.filter(({ helps }) => helps);
  const better = augmented.filter(({ helps }) => helps);
  const sentences = [
    ...(adversarial.length === 0 ? ['No adversarial generator was asked.'] : adversarial.map(adversarialSentence)),
    ...answers('personal').map(personalSentence),
    augmentedSentence(augmented, better),
    ...aheadSentence('The same generator without its adversary', answers('by its adversary')),
    ...aheadSentence('The best of the arms 0 to 7 and generators as rankers', answers('as ranker')),
    ...aheadSentence('The base as it is', answers('over the base')),
    ...aheadSentence(TUNED_BASE, answers('over the tuned')),
  ];
  const outcome = won.length > 0 ? 'adversarial' : better.length > 0 ? 'augmentation' : 'neither';
  const winner = bestArm(won.length > 0 ? won : better, asked);
  const isHarmAsked = asked.every(({ set }) => cells.some((cell) => cell.set === set && cell.known === WARM));
  return { outcome, winner, sentences: [headline(outcome, winner, isHarmAsked), ...sentences], tests };
}

/** @param isHarmAsked whether each set has its users of training: without them the rule ships nothing */
function headline(outcome, winner, isHarmAsked) {
  if (outcome === 'neither')
    return 'Neither the adversarial part nor augmentation is shown to help: the base is shipped as it is, or as it is tuned.';
  const said =
    outcome === 'adversarial' ? 'The adversarial part helps' : 'Augmentation helps, the adversarial part does not';
  return isHarmAsked
    ? `${said}: by the rule ${winner} would be shipped.`
    : `${said}; of all ${winner} gains most. Whether users of training suffer was not asked, and without that the rule ships nothing.`;
}

function adjusted(questions, cells) {
  const tests = cells.flatMap((cell) => cell.tests);
  return questions.flatMap(({ question, arm }) => {
    const own = tests.filter((test) => test.question === question && test.arm === arm);
    const pHolm = holmAdjusted(own.map(({ p }) => p));
    return own.map((test, k) => ({ ...test, pHolm: pHolm[k] }));
  });
}

/** The one with the highest mean of those that an arm is to beat; undefined where there is none. */
function rivalOf({ arm, kinds, rival }, arms) {
  if (arms[arm] === undefined) return undefined;
  if (rival !== undefined) return arms[rival] && rival;
  const others = Object.keys(arms).filter((name) => name !== arm && kinds.includes(arms[name].kind));
  return others.reduce((a, b) => (a !== undefined && arms[a].ndcg >= arms[b].ndcg ? a : b), undefined);
}

/**
 * @param {{arm: string, against: string}[]} pairs
 * @returns for each pair users, difference, its 95 % interval and the two-sided p of the bootstrap
 */
export function differencesOf(arms, pairs, options) {
  const columns = pairs.map(({ arm, against }) =>
    Float64Array.from(arms[arm].values, (value, user) => value - arms[against].values[user]),
  );
  const moved = columns.filter((column) => column.some((value) => value !== 0));
  const found = moved.length === 0 ? [] : bootstrapDifferences(moved, options);
  return columns.map((column) => {
    const at = moved.indexOf(column);
    return { users: column.length, ...(at < 0 ? { difference: 0, interval: [0, 0], p: 1 } : found[at]) };
  });
}

/** Whether an arm helps: it beats its rivals on enough sets for one number of known items, and does no harm. */
function answered(arm, tests, cells) {
  const byKnown = new Map();
  for (const { set, known, difference, pHolm } of tests) {
    if (Number(known) > MOST_KNOWN || !(difference > 0 && pHolm < LEVEL)) continue;
    byKnown.set(known, [...(byKnown.get(known) ?? []), set]);
  }
  const [known, sets] = [...byKnown].reduce((most, next) => (next[1].length > most[1].length ? next : most), ['', []]);
  const harms = harmsOf(arm, cells);
  return { arm, tests, known, sets, harms, helps: sets.length >= FEWEST_SETS && harms.length === 0 };
}

/** Where the arm loses more of the base's figure than it may. */
function harmsOf(arm, cells) {
  return cells.flatMap(({ set, known, arms }) => {
    const base = Object.values(arms).find(({ kind }) => kind === KIND.base);
    if (!HARMLESS_AT.includes(known) || arms[arm] === undefined || base === undefined) return [];
    const relative = arms[arm].ndcg / base.ndcg - 1;
    return relative < HARM ? [{ set, known, relative }] : [];
  });
}

function adversarialSentence({ arm, known, sets, harms, tests, helps }) {
  const all = new Set(tests.map(({ set }) => set)).size;
  const said = helps ? 'helps' : 'is not shown to help';
  return `${arm} as an augmentation ${said}: up to ${MOST_KNOWN} known items it beats the best of the arms 0 to 7 on ${beaten(known, sets, all)}${harmWords(harms)}.`;
}

function personalSentence({ arm, tests }) {
  const short = tests.filter(({ known }) => Number(known) <= MOST_KNOWN);
  const isWon = ({ difference, pHolm }) => difference > 0 && pHolm < LEVEL;
  const sets = [...new Set(short.map(({ set }) => set))];
  const personal = sets.filter((set) => short.some((test) => test.set === set && isWon(test)));
  const other = sets.filter((set) => !personal.includes(set));
  const parts = [
    ...(personal.length > 0 ? [`on ${personal.join(', ')} it matters by whose profile`] : []),
    ...(other.length > 0 ? [`on ${other.join(', ')} that is not shown`] : []),
  ];
  return `${arm} asked up to ${MOST_KNOWN} known items: ${parts.join('; ')}.`;
}

/** Beside the rule, so without a word on harm. */
function aheadSentence(rival, answers) {
  if (answers.length === 0) return [];
  const ahead = answers.filter(({ sets }) => sets.length > 0);
  const all = new Set(answers.flatMap(({ tests }) => tests.map(({ set }) => set))).size;
  const figures = ahead.map(({ arm, known, sets }) => `${arm} on ${beaten(known, sets, all)}`);
  return [`${rival}, beside the rule: up to ${MOST_KNOWN} known items beaten by ${figures.join('; ') || 'none'}.`];
}

function augmentedSentence(augmented, better) {
  if (augmented.length === 0) return 'No other augmentation was asked.';
  const figures = augmented.map(({ arm, known, sets, harms, tests }) => {
    const all = new Set(tests.map(({ set }) => set)).size;
    return `${arm} on ${beaten(known, sets, all)}${harmWords(harms)}`;
  });
  const said =
    better.length > 0
      ? 'Augmentation without an adversary helps'
      : 'Augmentation without an adversary is not shown to help';
  return `${said}: the better of the tuned base and the base with popularity is beaten by ${figures.join('; ')}.`;
}

function beaten(known, sets, all) {
  const asked = `${all} data set${all === 1 ? '' : 's'}`;
  if (sets.length === 0) return `none of ${asked}`;
  return `${sets.length} of ${asked} with ${known} known (${sets.join(', ')})`;
}

function harmWords(harms) {
  if (harms.length === 0) return '';
  const cases = harms.map(({ set, known, relative }) => {
    const whom = known === WARM ? 'users of training' : `${known} known`;
    return `${set}, ${whom} ${(100 * relative).toFixed(1)} %`;
  });
  return `, but does harm (${cases.join('; ')})`;
}

/** Of several that help the one with the largest mean relative gain over the base, up to 3 known items. */
function bestArm(results, asked) {
  const gainOf = ({ arm }) => {
    const gains = asked
      .filter(({ known, arms }) => Number(known) <= MOST_KNOWN && arms[arm] !== undefined)
      .map(({ arms }) => {
        const base = Object.values(arms).find(({ kind }) => kind === KIND.base);
        return arms[arm].ndcg / base.ndcg - 1;
      });
    return mean(gains);
  };
  if (results.length === 0) return undefined;
  return results.reduce((a, b) => (gainOf(b) > gainOf(a) ? b : a)).arm;
}

function armsOfKinds(everyArms, kinds) {
  const named = everyArms.flatMap((arms) => Object.entries(arms).filter(([, { kind }]) => kinds.includes(kind)));
  return [...new Set(named.map(([name]) => name))];
}

function range(from, to) {
  return Array.from({ length: to - from + 1 }, (_, k) => from + k);
}
