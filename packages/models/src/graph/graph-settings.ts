import type { TrainingData } from '@kindred/domain';
import { eighthOfUsers } from '../epoch-batches.js';
import { declareFinalRate } from '../final-rate.js';
import { priorWindowByRule } from '../popularity.js';
import {
  declareChoice,
  declareSetting,
  getChoice,
  getSetting,
  type SettingDeclaration,
  type Settings,
  settingOr,
} from '../settings.js';
import { declareNegatives, sharedNegatives } from '../shared-negatives.js';
import { requirePositives } from '../users-with-positives.js';

/** Settings of every method that ranks by what it reads out of the graph. */
export const GRAPH_SETTINGS: readonly SettingDeclaration[] = [
  declareSetting('dimensions', 64, [2, 1024], 'Length of the learned vectors.', {
    whole: true,
    search: { among: [64, 128] },
    why: 'The length of the papers; 128 costs twice the time.',
  }),
  declareSetting('epochs', 30, [1, 1000], 'Passes over all users.', {
    whole: true,
    why: 'With lightgcn on validation of MovieLens-100K 30 rank above 12 (.2188, .2139, both at a temperature of .15, one seed); more are untried.',
  }),
  declareSetting('batchSize', 'auto', [1, 16_384], 'Users in a step; auto: an eighth of them, 256 to 1,024.', {
    whole: true,
    why: 'Each step carries all nodes through the graph, so few large batches: at most 60 steps an epoch.',
  }),
  declareSetting('learningRate', 0.03, [1e-6, 1], 'Step size of Adam at the start.', {
    search: { from: 0.003, to: 0.1, scale: 'log' },
    why: 'Large, for dense Adam on few steps; the cosine schedule takes it down.',
  }),
  declareFinalRate(0.003),
  declareSetting('weightDecay', 0, [0, 1], 'Every step adds so much of each vector to its gradient.', {
    search: { among: [0, 1e-7, 1e-6, 1e-5] },
    why: 'Cosines need none; inner products (bpr) overfit without.',
  }),
  declareChoice(
    'objective',
    ['softmax', 'bpr'],
    'Softmax on cosines over shared negatives, or bpr on inner products, as the papers have it.',
    {
      search: { among: ['softmax', 'bpr'] },
      why: 'In published comparisons the loss is worth more than the graph, and softmax is ahead of BPR.',
    },
  ),
  declareSetting('temperature', 0.2, [0.03, 2], 'Softmax: cosines are divided by it.', {
    search: { among: [0.1, 0.15, 0.2, 0.3] },
    why: 'With lightgcn ahead of .15 on validation of MovieLens-100K and of Last.fm; sparser logs may want less.',
  }),
  declareNegatives('Softmax: items in the sum of a step'),
  declareSetting(
    'negativeWeight',
    'auto',
    [0.1, 4],
    'Softmax: its weight against the positives; auto: 1.25 from 10,000 items.',
    {
      search: { from: 0.9, to: 1.4, scale: 'linear' },
      why: 'Above 1 the loss is bilateral (BSL); on small catalogues the cosines sink together.',
    },
  ),
  declareSetting(
    'offsetStrength',
    'auto',
    [0, 4],
    'Softmax: popularity that the vectors need not learn; auto: 1 with times, .5 without.',
    {
      search: { among: [0, 0.5, 1] },
      why: 'As in the default method: popularity is given back when serving.',
    },
  ),
  declareSetting(
    'priorStrength',
    'auto',
    [0, 10],
    'Popularity added when serving; auto: the offset, times 1.25 with times; 0 for bpr.',
    {
      search: { among: [0, 0.25, 0.5, 0.75, 1] },
      why: 'It returns what the offset took out.',
    },
  ),
];

/** K, of the methods whose papers set it apart from each other. */
export function declareLayers(layers: number, why: string): SettingDeclaration {
  return declareSetting('layers', layers, [1, 8], 'How many times vectors are carried over the edges.', {
    whole: true,
    search: { among: [1, 2, 3] },
    why,
  });
}

export interface GraphSettings extends Readonly<Record<string, number | string>> {
  readonly dimensions: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly finalLearningRate: number;
  readonly weightDecay: number;
  readonly objective: string;
  readonly temperature: number;
  readonly negatives: number;
  readonly negativeWeight: number;
  readonly offsetStrength: number;
  readonly priorStrength: number;
  readonly priorWindowDays: number;
  readonly layers: number;
}

const MOST_STEPS_PER_EPOCH = 60;

/** Every `auto` replaced by what its rule says of the data. */
export function readGraphSettings(settings: Settings, data: TrainingData): GraphSettings {
  const { rowCount: users, columnCount: items } = data.positives;
  requirePositives(data);
  const timed = data.times !== undefined;
  const objective = getChoice(settings, 'objective');
  const offsetStrength = settingOr(settings, 'offsetStrength', () => (timed ? 1 : 0.5));
  const priorByRule = () => (objective === 'bpr' ? 0 : offsetStrength * (timed ? 1.25 : 1));
  return {
    dimensions: getSetting(settings, 'dimensions'),
    epochs: getSetting(settings, 'epochs'),
    batchSize: settingOr(settings, 'batchSize', () => batchSizeByRule(users)),
    learningRate: getSetting(settings, 'learningRate'),
    finalLearningRate: getSetting(settings, 'finalLearningRate'),
    weightDecay: getSetting(settings, 'weightDecay'),
    objective,
    temperature: getSetting(settings, 'temperature'),
    negatives: sharedNegatives(settings, items),
    negativeWeight: settingOr(settings, 'negativeWeight', () => (items >= 10_000 ? 1.25 : 1)),
    offsetStrength,
    priorStrength: settingOr(settings, 'priorStrength', priorByRule),
    priorWindowDays: priorWindowByRule(data),
    layers: getSetting(settings, 'layers'),
  };
}

/** An eighth of the users, 256 to 1,024; more where that would make too many steps. */
function batchSizeByRule(users: number): number {
  const eighth = eighthOfUsers(users);
  return Math.min(16_384, Math.max(eighth, Math.ceil(users / MOST_STEPS_PER_EPOCH)));
}
