import { applyRules } from '../inductive/inductive-settings.js';
import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { ClipRun } from './clip-run.js';
import { CLIP_SETTINGS, readClipSettings } from './clip-settings.js';

/**
 * A text tower against an item tower, after CLIP (Radford et al., ICML 2021). The items learn as the default method
 * teaches them; the texts learn to find their items among others, and the items their texts. What is written of an
 * item then stands where its users look, so that an item that nobody has had yet is ranked like any other.
 */
export const clip: LearnedMethod = {
  name: 'clip',
  description: 'The default method with a text tower beside it: items without any event are ranked by their titles.',
  settings: CLIP_SETTINGS,
  readsTexts: true,
  prepare: (context: MethodContext) =>
    ClipRun.start(context, applyRules(context.settings, context.data), readClipSettings(context.settings)),
};
