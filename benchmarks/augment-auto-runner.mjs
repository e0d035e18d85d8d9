// One log with one seed: the child of augment-auto.mjs.
import { writeFileSync } from 'node:fs';
import { loadEngine } from '@kindred/compute';
import { DEFAULT_METHOD } from '@kindred/models';
import { artefactRecommender } from '@kindred/models/artefact';
import { chooseTraining, refit } from '@kindred/pipeline';
import { answerJob } from './run-in-child.mjs';
import { answersOf, meansOf, trainedGroups } from './sparse-users/groups.mjs';
import { sparseCohort } from './sparse-users/sparse-cohorts.mjs';
import { drawSparseUsers, readSparseLog } from './sparse-users/sparse-log.mjs';

const progress = { say: (message) => process.stderr.write(`  ${message}\n`), advance: () => undefined };

await answerJob(async ({ set, seed, share, known, perUserFile, ...job }) => {
  const engine = await loadEngine(job.engine);
  const drawn = await drawSparseUsers(await readSparseLog(set, { share, seed }), { seed });
  const fit = { method: DEFAULT_METHOD, settings: {}, augment: 'auto', engine, seed, progress };
  const chosen = await chooseTraining(await drawn.snapshot.part('select'), fit);
  const part = await drawn.snapshot.part('serve');
  const { artefact } = await refit(part, fit, chosen);
  const matmul = engine.matmul.bind(engine);
  const without = artefactRecommender({ ...artefact, augmentation: undefined }, { matmul });
  const auto = artefact.augmentation === undefined ? without : artefactRecommender(artefact, { matmul });
  const answers = await answersOf(groupsOf(drawn, part, known), { without, auto });
  writeFileSync(perUserFile, JSON.stringify(answers));
  await engine.dispose();
  const { arms, augmentation, because, users, sparseUsers, trainedUsers } = chosen.augmentation ?? {};
  return {
    engine: engine.description,
    kept: augmentation,
    because,
    gate: { users, sparseUsers, trainedUsers, arms },
    groups: meansOf(answers),
    chooseSeconds: Math.round(chosen.seconds * 10) / 10,
  };
});

/** Users nobody has heard of, cut to so many items, beside those of training. */
function groupsOf({ validation, test, warm }, part, known) {
  const strangers = [...validation, ...test];
  return {
    ...Object.fromEntries(
      known.map((count) => [`cut to ${count}`, sparseCohort(strangers, part.items, count, part.users.length)]),
    ),
    ...trainedGroups(warm, part),
  };
}
