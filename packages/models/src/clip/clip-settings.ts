import { INDUCTIVE_SETTINGS } from '../inductive/inductive-settings.js';
import { declareSetting, getSetting, type SettingDeclaration, type Settings } from '../settings.js';

/** Those of the default method, by which the item tower learns, and the text tower's own. */
export const CLIP_SETTINGS: readonly SettingDeclaration[] = [
  ...INDUCTIVE_SETTINGS,
  declareSetting('textBuckets', 8192, [16, 1_048_576], 'Buckets that words and character n-grams are hashed into.', {
    whole: true,
    search: { among: [4096, 8192, 16_384] },
    why: 'Titles of some thousand items have some ten thousand terms; signs make collisions cancel on average.',
  }),
  declareSetting('textBatchSize', 1024, [2, 8192], 'Items in a step of the text tower.', {
    whole: true,
    why: 'Each text is told from all others of its batch, so it is large, for 4 MB of cosines; other sizes are untried.',
  }),
  declareSetting('textTemperature', 0.15, [0.03, 2], 'Cosines of texts and items are divided by it.', {
    search: { from: 0.05, to: 0.5, scale: 'log' },
    why: "The default method's own: texts have to be as near to users as items are.",
  }),
  declareSetting('textDropout', 0.3, [0, 0.95], 'Share of the hashed terms left out of a text in a step.', {
    search: { from: 0, to: 0.7, scale: 'linear' },
    why: 'A rare term must not carry its item alone: an unseen text will not have it.',
  }),
  declareSetting(
    'textLearningRate',
    0.003,
    [1e-6, 1],
    'Step size of the text tower at the start; it falls to a tenth.',
    {
      search: { from: 3e-4, to: 0.03, scale: 'log' },
      why: 'Small, for the ridge start is near its goal: on MovieLens even this costs a little, on UCI steps gain.',
    },
  ),
  declareSetting('textRidge', 3, [0.01, 1e6], 'Ridge of the regression that the text tower starts from.', {
    search: { from: 0.3, to: 30, scale: 'log' },
    why: 'On validation items, telling titles (UCI) ask for 1, vague ones (MovieLens) for 10.',
  }),
  declareSetting('textTrust', 0, [0, 1000], 'k: an item of n users is served k / (n + k) of the way to its text.', {
    search: { among: [0, 0.3, 1, 3] },
    why: 'Learned items stay as the default method ranks them unless validation says that rare ones gain.',
  }),
];

/** The settings of the text tower, every rule applied. */
export interface ClipSettings extends Readonly<Record<string, number | string>> {
  readonly textBuckets: number;
  readonly textBatchSize: number;
  readonly textTemperature: number;
  readonly textDropout: number;
  readonly textLearningRate: number;
  readonly textRidge: number;
  readonly textTrust: number;
}

export function readClipSettings(settings: Settings): ClipSettings {
  return {
    textBuckets: getSetting(settings, 'textBuckets'),
    textBatchSize: getSetting(settings, 'textBatchSize'),
    textTemperature: getSetting(settings, 'textTemperature'),
    textDropout: getSetting(settings, 'textDropout'),
    textLearningRate: getSetting(settings, 'textLearningRate'),
    textRidge: getSetting(settings, 'textRidge'),
    textTrust: getSetting(settings, 'textTrust'),
  };
}
