import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { XSimGclRun } from './xsimgcl-run.js';
import { readSettings, XSIMGCL_SETTINGS } from './xsimgcl-settings.js';

/**
 * XSimGCL (Yu et al., TKDE 2023): SimGCL in one pass, which is noisy and ranks and is contrasted with one of its own
 * layers. A third of SimGCL's passes.
 */
export const xsimgcl: LearnedMethod = {
  name: 'xsimgcl',
  description: 'LightGCN with noise, and a contrast of its readout with its own first layer.',
  settings: XSIMGCL_SETTINGS,
  async prepare(context: MethodContext) {
    return new XSimGclRun(context, readSettings(context.settings, context.data));
  },
};
