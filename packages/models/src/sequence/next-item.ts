import type { LearnedMethod, MethodContext } from '../learned-method.js';
import type { Question } from './packed-batch.js';
import { SequenceRun } from './sequence-run.js';
import { readSettings, SEQUENCE_SETTINGS, shapeOf } from './sequence-settings.js';
import { sequencesOf } from './sequences.js';

/**
 * SASRec (Kang and McAuley, ICDM 2018) with the loss that makes it strong, a softmax over many shared negatives
 * (Klenitskiy and Vasilev, RecSys 2023): a causal transformer reads a history in order of time, and at every place
 * its output points to the item that comes next.
 */
export const nextItem: LearnedMethod = {
  name: 'next-item',
  description: 'What comes next in a history, by a causal transformer; softmax over shared negatives.',
  readsOrder: true,
  settings: SEQUENCE_SETTINGS,
  async prepare(context: MethodContext) {
    const settings = readSettings(context.settings);
    return new SequenceRun(context, settings, {
      method: 'next-item',
      shape: shapeOf(settings, true),
      // One more than is read: the newest is an answer only.
      sequences: sequencesOf(context.data, settings.length + 1),
      ask: askWhatFollows,
    });
  },
};

/** At every place but the last: what stands at the next one? */
function askWhatFollows(items: Uint32Array): Question {
  const inputs = items.subarray(0, -1);
  return { inputs, asked: Uint32Array.from(inputs.keys()), targets: items.subarray(1) };
}
