import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { UltraGcnRun } from './ultragcn-run.js';
import { readSettings, ULTRAGCN_SETTINGS } from './ultragcn-settings.js';

/**
 * UltraGCN (Mao et al., CIKM 2021): no propagation at all. The loss weighs every pair as the limit of infinitely many
 * layers would, and pulls a user to the neighbours of their items.
 */
export const ultragcn: LearnedMethod = {
  name: 'ultragcn',
  description: 'Vectors of users and items by a weighted cross-entropy that stands for infinitely many graph layers.',
  settings: ULTRAGCN_SETTINGS,
  prepare: async (context: MethodContext) => UltraGcnRun.start(context, readSettings(context.settings, context.data)),
};
