import { declareSetting } from '../settings.js';

/** The setting of the methods that hide part of a profile from its input. */
export const CORRUPTION = declareSetting(
  'corruption',
  0.5,
  [0, 0.99],
  'Share of each history that is hidden from the input.',
  {
    search: { among: [0.3, 0.5, 0.7] },
    why: 'Half, as in the papers; with dae on validation of MovieLens-100K .3 was as good and .7 behind, on Last.fm all were alike.',
  },
);
