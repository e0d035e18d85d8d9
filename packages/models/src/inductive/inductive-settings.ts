import type { TrainingData } from '@kindred/domain';
import { declareUsersPerStep, usersPerStep } from '../epoch-batches.js';
import { declareFinalRate } from '../final-rate.js';
import type { Probing } from '../learned-method.js';
import { priorWindowByRule, WHOLE_LOG } from '../popularity.js';
import {
  declareChoice,
  declareSetting,
  getSetting,
  type SettingDeclaration,
  type Settings,
  settingOr,
} from '../settings.js';
import { declareNegatives, sharedNegatives } from '../shared-negatives.js';
import { START_ITERATIONS } from '../spectral-start.js';
import { requirePositives } from '../users-with-positives.js';

export const INDUCTIVE_SETTINGS: readonly SettingDeclaration[] = [
  declareSetting('dimensions', 128, [2, 1024], 'Length of the learned vectors.', {
    whole: true,
    search: { among: [64, 128] },
    why: 'On a random part of Gowalla 128 is 8 % better than 64; 256 is no better than 128 at twice the cost, so it is left out.',
  }),
  declareSetting(
    'epochs',
    'auto',
    [1, 1000],
    'Passes over all users; auto: as many as make 200 steps, 25 to 40 of them, or 30 from 500,000 pairs on.',
    {
      whole: true,
      why: "On validation of Last.fm and UCI 25 rank as 40 do; on MovieLens-100K by time, with three steps an epoch, 20 rank below 40; 30 are the recipe's for Gowalla.",
    },
  ),
  declareUsersPerStep(
    '256, and from 32,768 users on a 128th of them, up to 1,024',
    'On validation 256 rank 1.4 % better than 1,024 on Gowalla, .3 % better than 755 on MovieLens-1M, elsewhere the same; an epoch costs twice the time, so from 128 steps an epoch on the steps grow.',
  ),
  declareSetting('learningRate', 0.03, [1e-6, 1], 'Step size of Adam at the start.', {
    search: { from: 0.01, to: 0.06, scale: 'log' },
    why: 'Of .003, .01, .03 and .1 the third was best, both ends clearly worse; with 256 users a step .015 ranks the same but on RetailRocket, 3 % better on validation, and with bought items on UCI, where it misled the choice of the prior.',
  }),
  declareFinalRate(0.003),
  declareSetting(
    'temperature',
    'auto',
    [0.03, 2],
    'Cosines are divided by it: the lower, the harder the best are told apart; auto: by probes, .15 without validation.',
    {
      search: { from: 0.05, to: 0.5, scale: 'log' },
      why: 'Probes took .1 to .4 on the seven sets of results/defaults.json; a miss by a third costs 2 to 7 %.',
    },
  ),
  declareNegatives('Items in the softmax of a step'),
  declareSetting(
    'negativeWeight',
    'auto',
    [0.1, 4],
    'Weight of the softmax against the positives; auto: by probes, without validation 1.25 from 10,000 items, else 1.',
    {
      search: { among: [0.9, 1, 1.1, 1.25, 1.4] },
      why: 'Above 1 it spreads the vectors on large catalogues; from 1.5 on the ranking fell while the loss still did.',
    },
  ),
  declareSetting(
    'offsetStrength',
    'auto',
    [0, 4],
    'Popularity that the vectors need not learn; auto: by probes, without validation 1 with times and .5 without.',
    {
      search: { among: [0, 0.25, 0.5, 0.75, 1, 1.25] },
      why: 'On time splits 1 beats .5 by 8 % and 1.5 is no better; on random splits .5 is better than 1.',
    },
  ),
  declareSetting(
    'priorStrength',
    'auto',
    [0, 10],
    'Popularity added when serving, for the typical user; auto: by probes, without validation the offset, times 1.25 with times.',
    {
      search: { from: 0.25, to: 2.5, scale: 'log' },
      why: 'What the offset kept out of the vectors is added again, and more of it the more the season counts.',
    },
  ),
  declareSetting(
    'priorWindowDays',
    'auto',
    [0, 36_500],
    'Days that count as recent popularity, 0 for all; auto: by probes, without validation 7 or 28 if populated.',
    {
      search: { among: ['auto', 0, 7, 28] },
      why: 'Too short a window is noise and too long a one last season; without times all of them are the same.',
    },
  ),
  declareSetting(
    'shrinkage',
    'auto',
    [0, 1000],
    'k: a history of n items counts sqrt(n / (n + k)) against the prior; auto: by probes, 3 without validation.',
    {
      search: { among: [0, 1, 3, 10, 30] },
      why: 'For 1 to 10 items 3 was best on Last.fm and UCI, 10 to 30 on MovieLens; long ones hardly change.',
    },
  ),
  declareChoice(
    'userTable',
    ['auto', 'off', 'on'],
    'Whether known users get a vector of their own, added to their history; auto: by probes, off without validation.',
    {
      why: 'It grows with the users and seldom pays: of seven sets probes took it for UCI with repurchases, and for RetailRocket with one seed of three (results/defaults.json).',
    },
  ),
  declareSetting('userDropout', 0.5, [0, 1], 'Share of the users of a step whose own vector is left out.', {
    why: 'Half, as in the recipe, in whose runs a table without it ranked new users far below EASE (.1637, .2336); other shares are untried.',
  }),
  START_ITERATIONS,
];

export interface InductiveSettings extends Readonly<Record<string, number | string>> {
  readonly dimensions: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly finalLearningRate: number;
  readonly temperature: number;
  readonly negatives: number;
  readonly negativeWeight: number;
  readonly offsetStrength: number;
  readonly priorStrength: number;
  readonly priorWindowDays: number;
  readonly shrinkage: number;
  readonly userTable: 'off' | 'on';
  readonly userDropout: number;
  readonly startIterations: number;
}

/** Steps of an epoch up to which they stay small: small ones rank better, on a large log they would be too many. */
const MOST_STEPS = 128;
const RULED_TEMPERATURE = 0.15;
const RULED_SHRINKAGE = 3;
/** So many tell temperatures apart. */
const PROBE_EPOCHS = 15;
const PROBE_NEGATIVES = 2048;
/** So many come within some percent of a whole schedule, at a fourth of its time. */
const JOIN_EPOCHS = 8;

/** Popularity changes with time: where there is a time axis, vectors should hold none of it. */
function ruledOffset({ times }: TrainingData): number {
  return times === undefined ? 0.5 : 1;
}

/**
 * 200 steps are enough wherever it was tried on validation (docs/log.md); few steps an epoch need more epochs. From half
 * a million pairs on the recipe's 30.
 */
function ruledEpochs(pairs: number, stepsPerEpoch: number): number {
  return pairs >= 500_000 ? 30 : Math.min(40, Math.max(25, Math.ceil(200 / stepsPerEpoch)));
}

function ruledNegativeWeight({ positives }: TrainingData): number {
  return positives.columnCount >= 10_000 ? 1.25 : 1;
}

/**
 * What no statistic of the data predicts (decision 0014) is tried at half the width for fewer epochs: the temperature, then
 * the offset, the weight of the negatives and a table of users; the prior after each, the shrinkage at the end.
 */
export const INDUCTIVE_PROBING: Probing = {
  shorten: (given) => ({
    dimensions: Math.min(64, getSetting(given, 'dimensions')),
    epochs: atMost(PROBE_EPOCHS, given, 'epochs'),
    negatives: atMost(PROBE_NEGATIVES, given, 'negatives'),
  }),
  stages: (data) => [
    { setting: 'temperature', ladder: [0.05, 0.07, 0.1, RULED_TEMPERATURE, 0.2, 0.3, 0.4], start: RULED_TEMPERATURE },
    { setting: 'offsetStrength', ladder: [0, 0.5, 1], start: ruledOffset(data) },
    // On small catalogues a weight above 1 lets all cosines sink together: there the rule stands.
    ...(ruledNegativeWeight(data) === 1
      ? []
      : [{ setting: 'negativeWeight', ladder: [1, 1.25], start: ruledNegativeWeight(data) }]),
    { setting: 'userTable', ladder: ['off', 'on'], start: 'off' },
  ],
  joinEpochs: (given) => atMost(JOIN_EPOCHS, given, 'epochs'),
  serving: {
    priorWindowDays: [WHOLE_LOG, 7, 28],
    priorStrength: [0, 0.25, 0.5, 0.75, 1, 1.25, 1.75, 2.5],
    shrinkage: [0, 1, 3, 10, 30],
  },
};

/** So many, or what a person has set where that is less. */
function atMost(most: number, given: Settings, name: string): number {
  return Math.min(
    most,
    settingOr(given, name, () => most),
  );
}

/** Every `auto` replaced by what its rule says of the data. */
export function applyRules(settings: Settings, data: TrainingData): InductiveSettings {
  const { rowCount: users, columnCount: items, columns } = data.positives;
  requirePositives(data);
  const timed = data.times !== undefined;
  const batchSize = settingOr(settings, 'batchSize', () => usersPerStep(users, MOST_STEPS));
  const offsetStrength = settingOr(settings, 'offsetStrength', () => ruledOffset(data));
  return {
    dimensions: getSetting(settings, 'dimensions'),
    epochs: settingOr(settings, 'epochs', () => ruledEpochs(columns.length, Math.ceil(users / batchSize))),
    batchSize,
    learningRate: getSetting(settings, 'learningRate'),
    finalLearningRate: getSetting(settings, 'finalLearningRate'),
    temperature: settingOr(settings, 'temperature', () => RULED_TEMPERATURE),
    negatives: sharedNegatives(settings, items),
    negativeWeight: settingOr(settings, 'negativeWeight', () => ruledNegativeWeight(data)),
    offsetStrength,
    priorStrength: settingOr(settings, 'priorStrength', () => offsetStrength * (timed ? 1.25 : 1)),
    priorWindowDays: settingOr(settings, 'priorWindowDays', () => priorWindowByRule(data)),
    shrinkage: settingOr(settings, 'shrinkage', () => RULED_SHRINKAGE),
    userTable: settings.userTable === 'on' ? 'on' : 'off',
    userDropout: getSetting(settings, 'userDropout'),
    startIterations: getSetting(settings, 'startIterations'),
  };
}
