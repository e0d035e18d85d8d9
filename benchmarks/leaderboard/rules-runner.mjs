// What the rules of today say of a set, contender by contender: the child of changed-rules.mjs.
import { loadEngine } from '@kindred/compute';
import { buildSnapshotInMemory } from '@kindred/pairs';
import { readTableEvents } from '@kindred/pipeline';
import { answerJob } from '../run-in-child.mjs';
import { withSet } from '../sets.mjs';
import { ruledSettings } from './ruled-settings.mjs';

await answerJob(async ({ set, seed, share, methods }) => {
  const part = await withSet(set, { seed, share }, async ({ source, pair }) => {
    const events = 'data' in source ? await readTableEvents(source.data) : await givenSplit(source);
    return (await buildSnapshotInMemory(events, pair)).part('evaluate');
  });
  const engine = await loadEngine('wasm');
  const ruled = {};
  for (const method of methods) ruled[method] = await ruledSettings(method, part, engine);
  await engine.dispose();
  return { ruled };
});

async function givenSplit({ train, test }) {
  return { train: await readTableEvents(train), test: await readTableEvents(test) };
}
