import { KindredError } from '@kindred/domain';
import type { StoredTensors } from './artefact/index.js';
import type { SavedRun } from './learned-method.js';

/**
 * Copies saved arrays over the live ones of the same names; all are checked before the first is touched.
 * @throws KindredError CHECKPOINT_CORRUPT when one is missing or of another shape or type
 */
export function restoreArrays(live: StoredTensors, saved: StoredTensors): void {
  for (const [name, { data, shape }] of Object.entries(live)) {
    const found = saved[name];
    if (found?.data.constructor !== data.constructor || found.shape.join() !== shape.join()) {
      const seen = found === undefined ? 'absent' : `of shape [${found.shape.join(', ')}]`;
      throw new KindredError('CHECKPOINT_CORRUPT', `${name} is ${seen}, this run has [${shape.join(', ')}]`);
    }
  }
  for (const [name, { data }] of Object.entries(live)) data.set(saved[name]?.data ?? []);
}

/** @throws KindredError CHECKPOINT_CORRUPT */
export function getCounter(saved: SavedRun, name: string): number {
  const value = saved.counters[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new KindredError('CHECKPOINT_CORRUPT', `the counter ${name} is missing`);
}

/** The four words of a `Random`. @throws KindredError CHECKPOINT_CORRUPT */
export function getRandomWords(saved: SavedRun, name: string): readonly number[] {
  const value = saved.counters[name];
  if (Array.isArray(value) && value.length === 4) return value as readonly number[];
  throw new KindredError('CHECKPOINT_CORRUPT', `the random state ${name} is missing`);
}
