import type { Random } from '@kindred/domain';
import { declareSetting } from '../settings.js';
import type { Profiles } from './profiles.js';

/** Hides a part of the profiles of a batch before they enter. */
export type Corruption = (profiles: Profiles, users: Uint32Array, random: Random) => void;

/** Each item is hidden with this chance, and the whole profile is to be found again. */
export function hideShare(share: number): Corruption {
  return (profiles, users, random) => profiles.corrupt(users, share, random);
}

/** Few items are kept, and the hidden ones are to be found. */
export function truncateTo(most: number): Corruption {
  return (profiles, users, random) => profiles.truncate(users, most, random);
}

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
