import { rowEntries, type UserBatch } from '@kindred/domain';
import { baseOf, encodeHistory } from './encode-history.js';
import type { ModelArtefact } from './model-artefact.js';

/**
 * Where the histories of a batch point, without the prior: unit vectors as serving makes them of anybody, also for the
 * users of whom an artefact keeps a vector. Zeros for a history that says nothing. [B, D - 1]
 */
export function userDirections(artefact: ModelArtefact, { history, times, users }: UserBatch): Float32Array {
  const width = artefact.dimensions - 1;
  const directions = new Float32Array(history.rowCount * width);
  for (let row = 0; row < history.rowCount; row++) {
    const own = times?.subarray(history.offsets[row], history.offsets[row + 1]);
    const vector = encodeHistory(artefact, ...rowEntries(history, row), own, baseOf(artefact, users?.[row]));
    const direction = vector.subarray(0, width);
    const length = Math.hypot(...direction);
    for (let c = 0; c < width; c++) directions[row * width + c] = (direction[c] as number) / (length || 1);
  }
  return directions;
}
