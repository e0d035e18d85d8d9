import { KindredError } from '@kindred/domain';
import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { SequenceRun } from './sequence-run.js';
import { readSequenceSettings, SEQUENCE_SETTINGS, shapeOf } from './sequence-settings.js';
import { sequencesOf } from './sequences.js';

export const nextItem: LearnedMethod = {
  name: 'next-item',
  description: 'Each item of a history from those before it, by a causal transformer; softmax over shared negatives.',
  settings: SEQUENCE_SETTINGS,
  async prepare(context: MethodContext) {
    const settings = readSequenceSettings(context.settings);
    return new SequenceRun(context, settings, {
      method: 'next-item',
      shape: shapeOf(settings, true),
      // One more than is read: the newest is a target only.
      sequences: sequencesOf(context.data, settings.length + 1),
      shortest: 2,
      ask: (items) => ({
        inputs: items.subarray(0, -1),
        asked: Uint32Array.from({ length: items.length - 1 }, (_, place) => place),
        targets: items.subarray(1),
      }),
    });
  },
};
