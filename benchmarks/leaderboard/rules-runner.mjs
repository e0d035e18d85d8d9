// What the rules of today say of a set, contender by contender: the child of changed-rules.mjs.
import { loadEngine } from '@kindred/compute';
import { answerJob } from '../run-in-child.mjs';
import { snapshotOfSet } from '../set-snapshot.mjs';
import { ruledSettings } from './ruled-settings.mjs';

await answerJob(async ({ set, seed, share, methods }) => {
  const part = await (await snapshotOfSet(set, { seed, share })).part('evaluate');
  const engine = await loadEngine('wasm');
  const ruled = {};
  for (const method of methods) ruled[method] = await ruledSettings(method, part, engine);
  await engine.dispose();
  return { ruled };
});
