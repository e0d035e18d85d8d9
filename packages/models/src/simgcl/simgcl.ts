import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { SimGclRun } from './simgcl-run.js';
import { readSettings, SIMGCL_SETTINGS } from './simgcl-settings.js';

/**
 * SimGCL (Yu et al., SIGIR 2022): LightGCN without the start in its readout, plus a contrast between two views that
 * differ by random noise in each layer; it spreads the vectors over the sphere.
 */
export const simgcl: LearnedMethod = {
  name: 'simgcl',
  description: 'LightGCN with a contrast between two noisy views of every node.',
  settings: SIMGCL_SETTINGS,
  async prepare(context: MethodContext) {
    return new SimGclRun(context, readSettings(context.settings, context.data));
  },
};
