// A public set as the pair stage divides it.
import { buildSnapshotInMemory } from '@kindred/pairs';
import { readTableEvents } from '@kindred/pipeline';
import { withSet } from './sets.mjs';

/** @param {{seed: number, share?: number}} choice as `withSet` has it */
export function snapshotOfSet(name, choice) {
  return withSet(name, choice, async ({ source, pair }) => {
    if ('data' in source) return buildSnapshotInMemory(await readTableEvents(source.data), pair);
    const [train, test] = [await readTableEvents(source.train), await readTableEvents(source.test)];
    const validation = source.valid === undefined ? {} : { validation: await readTableEvents(source.valid) };
    return buildSnapshotInMemory({ train, test, ...validation }, pair);
  });
}
