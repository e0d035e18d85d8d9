import type { Random } from '@kindred/domain';
import type { ProfileBatch } from '../autoencoder/profile-generator.js';
import type { Profiles } from '../autoencoder/profiles.js';

/** CFGAN's masks (Chae et al., CIKM 2018), by shares of the items that a user does not have. */
export interface MaskRules {
  /** Stays in the profile that the discriminator sees, beside the user's own items (partial masking). */
  readonly maskShare: number;
  /** Is drawn to zero by `zeroWeight` (zero reconstruction). */
  readonly zeroShare: number;
  readonly zeroWeight: number;
}

/** [B, K], 1 at what counts, else 0. */
export interface ProfileMasks {
  readonly seen: Float32Array;
  readonly zeros: Float32Array;
}

/** Draws the masks of a batch. */
export function drawMasks(
  { maskShare, zeroShare }: MaskRules,
  profiles: Profiles,
  { users, candidates: { items } }: ProfileBatch,
  random: Random,
): ProfileMasks {
  const [seenBar, zeroBar] = [maskShare * 0x1_0000_0000, zeroShare * 0x1_0000_0000];
  const place = new Map(Array.from(items, (item, k) => [item, k]));
  const seen = new Float32Array(users.length * items.length);
  const zeros = new Float32Array(seen.length);
  for (let k = 0; k < seen.length; k++) {
    if (random.uint32() < seenBar) seen[k] = 1;
    if (random.uint32() < zeroBar) zeros[k] = 1;
  }
  users.forEach((_, row) => {
    for (const item of profiles.itemsOf(users.subarray(row, row + 1))) {
      const at = row * items.length + (place.get(item) as number);
      seen[at] = 1;
      zeros[at] = 0;
    }
  });
  return { seen, zeros };
}
