import { dot } from '@kindred/domain';
import type { ModelArtefact } from './model-artefact.js';

/**
 * The segment that somebody belongs to: the one whose vector theirs is nearest to, by cosine, of equally near ones the first.
 * @param user [D] or [D - 1], what `encodeHistory` or `userDirections` makes of their history without pseudo-items; the
 *   prior is not looked at
 * @returns position of the segment; undefined for a vector without a direction, or a model without segments
 */
export function segmentOf({ dimensions, segments }: ModelArtefact, user: Float32Array): number | undefined {
  const width = dimensions - 1;
  if (segments === undefined || user.subarray(0, width).every((value) => value === 0)) return undefined;
  const { vectors } = segments;
  let nearest = 0;
  let best = Number.NEGATIVE_INFINITY;
  for (let start = 0; start < vectors.length; start += width) {
    const cosine = dot(user, 0, vectors, start, width);
    if (cosine > best) {
      best = cosine;
      nearest = start / width;
    }
  }
  return nearest;
}
