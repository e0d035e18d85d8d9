import { declareChoice, declareSetting, getChoice, getSetting, type SettingDeclaration, type Settings } from '../settings.js';
import type { SequenceShape } from '../artefact/index.js';

/** Settings that next-item and masked share; each adds its own. */
export const SEQUENCE_SETTINGS: readonly SettingDeclaration[] = [
  declareSetting('dimensions', 64, [2, 1024], 'Length of the learned vectors.', { whole: true }),
  declareSetting('length', 50, [1, 1000], 'So many newest items of a history are read.', { whole: true }),
  declareSetting('blocks', 1, [1, 8], 'Blocks of the transformer.', { whole: true }),
  declareSetting('heads', 1, [1, 16], 'Attention heads; the dimensions must be a multiple.', { whole: true }),
  declareSetting('expansion', 1, [1, 8], 'Width of the hidden layers over the dimensions.', { whole: true }),
  declareSetting('dropout', 0.2, [0, 0.9], 'Share of the activations that a step leaves out.'),
  declareSetting('epochs', 60, [1, 1000], 'Passes over all users.', { whole: true }),
  declareSetting('batchSize', 256, [1, 8192], 'Users in a step.', { whole: true }),
  declareSetting('learningRate', 0.001, [1e-6, 1], 'Step size of Adam at the start.'),
  declareSetting('finalLearningRate', 0.0001, [0, 1], 'Step size of Adam at the end of the cosine schedule.'),
  declareSetting('temperature', 0.07, [0.01, 10], 'Products are divided by it: the lower, the harder the best are told apart.'),
  declareChoice('similarity', ['cosine', 'dot'], 'x'),
  declareSetting('negatives', 512, [1, 65_536], 'Wrong answers that all questions of a step share.', { whole: true }),
  declareSetting('priorStrength', 0, [0, 10], 'Popularity added to the scores of users with a history when serving.'),
];

export type SequenceSettings = ReturnType<typeof readSequenceSettings>;

export function readSequenceSettings(settings: Settings) {
  const get = (name: string) => getSetting(settings, name);
  return {
    dimensions: get('dimensions'),
    length: get('length'),
    blocks: get('blocks'),
    heads: get('heads'),
    expansion: get('expansion'),
    dropout: get('dropout'),
    epochs: get('epochs'),
    batchSize: get('batchSize'),
    learningRate: get('learningRate'),
    finalLearningRate: get('finalLearningRate'),
    temperature: get('temperature'),
    similarity: getChoice(settings, 'similarity'),
    negatives: get('negatives'),
    priorStrength: get('priorStrength'),
  };
}

export function shapeOf(settings: SequenceSettings, causal: boolean): SequenceShape {
  const { dimensions, length, blocks, heads, expansion } = settings;
  return { width: dimensions, length, blocks, heads, expansion, causal };
}
