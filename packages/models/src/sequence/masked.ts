import type { Random } from '@kindred/domain';
import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { declareSetting, getSetting } from '../settings.js';
import { MASK, type Question } from './packed-batch.js';
import { SequenceRun } from './sequence-run.js';
import { readSettings, SEQUENCE_SETTINGS, shapeOf } from './sequence-settings.js';
import { sequencesOf } from './sequences.js';

const MASKED_SETTINGS = [
  ...SEQUENCE_SETTINGS,
  declareSetting(
    'maskShare',
    0.3,
    [0.01, 0.9],
    'Share of the items of a history that are masked, where the last alone is not.',
    {
      search: { from: 0.1, to: 0.6, scale: 'linear' },
      why: 'BERT4Rec takes .2 to .6, the more the shorter the histories.',
    },
  ),
  declareSetting('lastShare', 0.5, [0, 1], 'Share of the questions that mask the last item alone, as serving does.', {
    search: { from: 0.1, to: 0.9, scale: 'linear' },
    why: 'A mask behind the newest item is what is asked in the end; inner masks teach the items.',
  }),
];

/**
 * BERT4Rec (Sun et al., CIKM 2019): a transformer that sees a history to both sides fills in masked items; to
 * recommend, a mask is put behind the newest item. With the loss of next-item.
 */
export const masked: LearnedMethod = {
  name: 'masked',
  description: 'Masked items of a history, by a transformer that sees both sides; softmax over shared negatives.',
  readsOrder: true,
  settings: MASKED_SETTINGS,
  async prepare(context: MethodContext) {
    const settings = {
      ...readSettings(context.settings),
      maskShare: getSetting(context.settings, 'maskShare'),
      lastShare: getSetting(context.settings, 'lastShare'),
    };
    return new SequenceRun(context, settings, {
      method: 'masked',
      shape: shapeOf(settings, false),
      sequences: sequencesOf(context.data, settings.length),
      ask: (items, random) => askWhatIsMasked(items, random, settings),
    });
  },
};

/** Masks the last item, or a share of all, at least one. */
function askWhatIsMasked(
  items: Uint32Array,
  random: Random,
  { maskShare, lastShare }: { readonly maskShare: number; readonly lastShare: number },
): Question {
  const places = Uint32Array.from(items.keys());
  const chosen = random.next() < lastShare ? places.subarray(-1) : places.filter(() => random.next() < maskShare);
  const asked = chosen.length > 0 ? chosen : Uint32Array.of(random.below(items.length));
  const inputs = items.slice();
  for (const place of asked) inputs[place] = MASK;
  return { inputs, asked, targets: asked.map((place) => items[place] as number) };
}
