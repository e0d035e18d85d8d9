import { encodeHistory } from './encode-history.js';
import type { ModelArtefact } from './model-artefact.js';

/**
 * The segment that a history belongs to: the one whose vector its own is nearest to, by cosine.
 * @param items [n] item indexes
 * @param strengths [n], in the same order
 * @param times [n] as `encodeHistory`
 * @param base [D - 1] as `encodeHistory`
 * @returns position of the segment; undefined for a history that says nothing, or a model without segments
 * @throws KindredError REQUEST_INVALID as `encodeHistory`
 */
export function segmentOf(
  artefact: ModelArtefact,
  items: Uint32Array,
  strengths: Float32Array,
  times?: Float64Array,
  base?: Float32Array,
): number | undefined {
  const width = artefact.dimensions - 1;
  const user = encodeHistory(artefact, items, strengths, times, base).subarray(0, width);
  if (artefact.segments === undefined || user.every((value) => value === 0)) return undefined;
  const { vectors } = artefact.segments;
  let nearest = 0;
  let best = Number.NEGATIVE_INFINITY;
  for (let start = 0; start < vectors.length; start += width) {
    let cosine = 0;
    for (let c = 0; c < width; c++) cosine += (user[c] as number) * (vectors[start + c] as number);
    if (cosine > best) {
      best = cosine;
      nearest = start / width;
    }
  }
  return nearest;
}
