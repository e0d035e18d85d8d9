import { KindredError } from '@kindred/domain';
import type { SequenceShape } from '../artefact/index.js';
import { declareFinalRate } from '../final-rate.js';
import { declareSetting, getSetting, type SettingDeclaration, type Settings } from '../settings.js';

/** Settings of next-item; masked adds its own. */
export const SEQUENCE_SETTINGS: readonly SettingDeclaration[] = [
  declareSetting('dimensions', 64, [2, 1024], 'Length of the learned vectors.', {
    whole: true,
    search: { among: [64, 96, 128] },
    why: 'The published figures are at 64; more helps where there are many pairs.',
  }),
  declareSetting('length', 50, [1, 1000], 'So many newest items of a history are read.', {
    whole: true,
    search: { among: [20, 50, 100, 200] },
    why: '50 holds nearly all histories of sparse logs; dense ones gain from 200.',
  }),
  declareSetting('blocks', 1, [1, 8], 'Blocks of the transformer.', {
    whole: true,
    search: { among: [1, 2] },
    why: 'One is enough for sparse logs, two are for dense ones.',
  }),
  declareSetting('heads', 1, [1, 16], 'Attention heads; the dimensions must be a multiple of them.', {
    whole: true,
    search: { among: [1, 2, 4] },
    why: 'One in the papers at this width.',
  }),
  declareSetting('expansion', 1, [1, 8], 'Width of the hidden layers over the dimensions.', {
    whole: true,
    search: { among: [1, 4] },
    why: 'SASRec takes 1, language models 4.',
  }),
  declareSetting('dropout', 0.4, [0, 0.9], 'Share of the activations that a step leaves out.', {
    search: { from: 0.1, to: 0.6, scale: 'linear' },
    why: 'On Amazon Beauty .3 and .4 do better than the published .2, and .4 goes on rising where epochs are many.',
  }),
  declareSetting('epochs', 50, [1, 1000], 'Passes over all users.', {
    whole: true,
    search: { among: [15, 25, 50, 100] },
    why: 'On Amazon Beauty 25 rank 6 % worse, and the curve is nearly flat at the end; ten minutes there on two cores.',
  }),
  declareSetting('batchSize', 256, [1, 8192], 'Users in a step.', {
    whole: true,
    why: 'As CL4SRec and DuoRec have it: on Amazon Beauty some 1,500 questions a step; other sizes are untried.',
  }),
  declareSetting('learningRate', 0.005, [1e-6, 1], 'Step size of Adam at the start.', {
    search: { from: 0.001, to: 0.02, scale: 'log' },
    why: 'Five times that of the papers, falling: on Amazon Beauty ahead after five epochs of where theirs is after eight.',
  }),
  declareFinalRate(0.0005),
  declareSetting(
    'temperature',
    0.07,
    [0.01, 10],
    'Cosines are divided by it: the lower, the harder the best are told apart.',
    {
      search: { from: 0.04, to: 0.15, scale: 'log' },
      why: 'Does well on the validation part of Amazon Beauty; others were not measured.',
    },
  ),
  declareSetting('negatives', 2048, [1, 65_536], 'Items that all questions of a step are ranked against.', {
    whole: true,
    search: { among: [512, 1024, 2048, 4096] },
    why: 'On Amazon Beauty 7 % better than 512; published recipes take 256 on sparse logs, 3,000 on dense ones.',
  }),
  declareSetting('priorStrength', 0, [0, 10], 'Popularity added to the scores of users with a history when serving.', {
    why: 'None, as published: uniform negatives leave popularity in the vectors; more of it is untried.',
  }),
];

export interface SequenceSettings extends Readonly<Record<string, number>> {
  readonly dimensions: number;
  readonly length: number;
  readonly blocks: number;
  readonly heads: number;
  readonly expansion: number;
  readonly dropout: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly finalLearningRate: number;
  readonly temperature: number;
  readonly negatives: number;
  readonly priorStrength: number;
}

/** @throws KindredError CONFIG_INVALID when the dimensions do not divide into the heads */
export function readSettings(settings: Settings): SequenceSettings {
  const dimensions = getSetting(settings, 'dimensions');
  const heads = getSetting(settings, 'heads');
  if (dimensions % heads !== 0) {
    throw new KindredError('CONFIG_INVALID', `${dimensions} dimensions do not divide into ${heads} heads`, {
      field: 'heads',
    });
  }
  return {
    dimensions,
    length: getSetting(settings, 'length'),
    blocks: getSetting(settings, 'blocks'),
    heads,
    expansion: getSetting(settings, 'expansion'),
    dropout: getSetting(settings, 'dropout'),
    epochs: getSetting(settings, 'epochs'),
    batchSize: getSetting(settings, 'batchSize'),
    learningRate: getSetting(settings, 'learningRate'),
    finalLearningRate: getSetting(settings, 'finalLearningRate'),
    temperature: getSetting(settings, 'temperature'),
    negatives: getSetting(settings, 'negatives'),
    priorStrength: getSetting(settings, 'priorStrength'),
  };
}

/** @param causal whether each item sees only those before it */
export function shapeOf(settings: SequenceSettings, causal: boolean): SequenceShape {
  const { dimensions, length, blocks, heads, expansion } = settings;
  return { width: dimensions, length, blocks, heads, expansion, causal };
}
