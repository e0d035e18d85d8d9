import { declareFinalRate } from '../final-rate.js';
import {
  declareChoice,
  declareSetting,
  getChoice,
  getSetting,
  type SettingDeclaration,
  type Settings,
  settingOr,
} from '../settings.js';
import { NEGATIVE_SAMPLERS } from './negative-source.js';
import { getObjective, OBJECTIVES, objectivesTaking } from './objectives.js';

const only = (setting: string) => ({ setting: 'objective', among: objectivesTaking(setting) });

export const TWO_TOWER_SETTINGS: readonly SettingDeclaration[] = [
  declareChoice(
    'objective',
    Object.keys(OBJECTIVES) as [string, ...string[]],
    'The loss: docs/objectives.md tells them apart.',
    { why: 'In-batch InfoNCE is the yardstick that papers compare with.' },
  ),
  declareSetting('dimensions', 64, [2, 1024], 'Length of the learned vectors.', {
    whole: true,
    search: { among: [32, 64, 128] },
    why: '64 is what papers compare at.',
  }),
  declareSetting('epochs', 30, [1, 1000], 'Passes over all pairs.', {
    whole: true,
    why: 'Lengths of the schedule were not compared; validation chooses how many of its epochs are trained.',
  }),
  declareSetting('batchSize', 1024, [2, 8192], 'Pairs in a step.', {
    whole: true,
    search: { among: [256, 512, 1024, 2048] },
    why: 'In the batch, and for uniformity, each row is compared with all others: larger is better until memory ends.',
  }),
  declareSetting('learningRate', 'auto', [1e-6, 1], 'Step size of Adam at the start; auto: as the objective needs.', {
    search: { from: 1e-3, to: 0.1, scale: 'log' },
    why: 'Gradients of the objectives differ little under Adam, but how long they go on getting better does.',
  }),
  declareFinalRate(0.001),
  declareSetting(
    'temperature',
    'auto',
    [0.03, 2],
    'Softmax objectives and bpr divide cosines by it: the lower, the harder the best are told apart; bpr wants it higher.',
    {
      search: { from: 0.05, to: 0.4, scale: 'log' },
      why: 'Dense logs want it higher, sparse ones lower; objectives without a softmax use it for the prior only.',
    },
  ),
  declareSetting(
    'logQ',
    1,
    [0, 1],
    "How much of an item's frequency as a negative is corrected: 1 all of it, 0 none.",
    {
      only: only('logQ'),
      search: { from: 0, to: 1, scale: 'linear' },
      why: 'All of it estimates the softmax over the catalogue; less of it takes popularity out of the vectors.',
    },
  ),
  declareSetting(
    'negatives',
    'auto',
    [1, 8192],
    'Negatives drawn: for each pair, or in all where a batch shares them.',
    {
      whole: true,
      only: only('negatives'),
      search: { from: 4, to: 1024, scale: 'log' },
      why: 'More is better and slower; shared ones cost a row each, own ones a row for each pair.',
    },
  ),
  declareChoice('negativeSampler', NEGATIVE_SAMPLERS, 'Where drawn negatives come from; mixture is half and half.', {
    only: only('negativeSampler'),
    search: { among: NEGATIVE_SAMPLERS },
    why: 'Uniform needs no correction and is safe; popular ones are harder.',
  }),
  declareSetting(
    'margin',
    'auto',
    [0, 2],
    'How far a negative shall be: in cosines (triplet: from the positive), or in distance (margin).',
    {
      only: only('margin'),
      search: { from: 0.1, to: 1.2, scale: 'linear' },
      why: 'Too small and nothing is left to learn, too large and every negative pulls alike.',
    },
  ),
  declareChoice('rankWeight', ['none', 'warp'], 'Whether pairs with many negatives inside the margin weigh more.', {
    only: only('rankWeight'),
    search: { among: ['none', 'warp'] },
    why: 'Weights by rank favour the top of the list, but make few samples noisier.',
  }),
  declareSetting('negativeWeight', 'auto', [0, 100], 'Weight of the negatives against the positive.', {
    only: only('negativeWeight'),
    search: { from: 0.3, to: 30, scale: 'log' },
    why: 'Only a few negatives lie inside the margin, so their mean is small.',
  }),
  declareSetting('negativePower', 'auto', [0.1, 4], "t2: power of the negatives' sum; 1 is the softmax loss.", {
    only: only('negativePower'),
    search: { from: 0.8, to: 1.3, scale: 'linear' },
    why: 'The authors of BSL found 1.06 to 1.22.',
  }),
  declareSetting(
    'positiveTemperature',
    'auto',
    [0.03, 10],
    'At what temperature the positives of one user in a batch are pooled: low, the better-fitting ones count most.',
    {
      only: only('positiveTemperature'),
      search: { from: 0.05, to: 2, scale: 'log' },
      why: 'High is the plain mean; low shuts out noisy positives.',
    },
  ),
  declareSetting('uniformity', 'auto', [0, 20], 'gamma: weight of the uniformity against the alignment.', {
    only: only('uniformity'),
    search: { from: 0.2, to: 10, scale: 'log' },
    why: 'The authors of DirectAU found .5 to 5, more on sparser logs.',
  }),
  declareSetting('redundancy', 'auto', [0, 10], 'lambda: weight of the decorrelation of different dimensions.', {
    only: only('redundancy'),
    search: { from: 1e-3, to: 1, scale: 'log' },
    why: 'There are d - 1 times as many places off the diagonal as on it.',
  }),
  declareSetting(
    'priorStrength',
    'auto',
    [0, 10],
    'Popularity added to the scores of users with a history when serving.',
    {
      search: { from: 0, to: 2, scale: 'linear' },
      why: 'Objectives that spread items evenly (directau, barlow-twins, margin) lose popularity; the others learn it.',
    },
  ),
];

export interface TwoTowerSettings extends Readonly<Record<string, number | string>> {
  readonly objective: string;
  readonly dimensions: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly finalLearningRate: number;
  readonly temperature: number;
  readonly priorStrength: number;
}

/** Every `auto` replaced by what the objective says, and only what it takes. */
export function readSettings(settings: Settings): TwoTowerSettings {
  const { defaults, reads = [] } = getObjective(settings);
  const own = Object.entries(defaults).map(([name, value]) => [name, settingOr(settings, name, () => value)]);
  const read = reads.map((name) => [name, settings[name]]);
  return {
    ...Object.fromEntries([...own, ...read]),
    objective: getChoice(settings, 'objective'),
    dimensions: getSetting(settings, 'dimensions'),
    epochs: getSetting(settings, 'epochs'),
    batchSize: getSetting(settings, 'batchSize'),
    learningRate: settingOr(settings, 'learningRate', () => defaults.learningRate ?? 0.01),
    finalLearningRate: getSetting(settings, 'finalLearningRate'),
    temperature: settingOr(settings, 'temperature', () => defaults.temperature ?? 0.15),
    priorStrength: settingOr(settings, 'priorStrength', () => defaults.priorStrength ?? 0),
  };
}
