// A public set as the pair stage divides it.
import { buildSnapshotInMemory } from '@kindred/pairs';
import { readTableEvents } from '@kindred/pipeline';
import { withSet } from './sets.mjs';

/** @param {{seed: number, share?: number}} choice as `withSet` has it */
export function snapshotOfSet(name, choice) {
  return withSet(name, choice, async ({ source, pair }) => {
    const read = (file) => readTableEvents(file);
    const events =
      'data' in source ? await read(source.data) : { train: await read(source.train), test: await read(source.test) };
    return buildSnapshotInMemory(events, pair);
  });
}
