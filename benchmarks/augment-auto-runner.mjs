// One log with one seed: the child of augment-auto.mjs.
import { writeFileSync } from 'node:fs';
import { loadEngine } from '@kindred/compute';
import { rowDegrees, selectRows } from '@kindred/domain';
import { DEFAULT_METHOD } from '@kindred/models';
import { artefactRecommender, ENOUGH_ITEMS } from '@kindred/models/artefact';
import { chooseTraining, refit } from '@kindred/pipeline';
import { fiveDecimals, mean } from './measurements.mjs';
import { answerJob } from './run-in-child.mjs';
import { measured } from './sparse-users/arms.mjs';
import { sparseCohort, warmCohort } from './sparse-users/sparse-cohorts.mjs';
import { drawSparseUsers, readSparseLog } from './sparse-users/sparse-log.mjs';

const METRIC = 'ndcg@20';
const progress = { say: (message) => process.stderr.write(`  ${message}\n`), advance: () => undefined };

await answerJob(async ({ set, seed, share, known, perUserFile, ...job }) => {
  const engine = await loadEngine(job.engine);
  const drawn = await drawSparseUsers(await readSparseLog(set, { share, seed }), { seed });
  const fit = { method: DEFAULT_METHOD, settings: {}, augment: 'auto', engine, seed, progress };
  const chosen = await chooseTraining(await drawn.snapshot.part('select'), fit);
  const part = await drawn.snapshot.part('serve');
  const { artefact } = await refit(part, fit, chosen);
  const matmul = engine.matmul.bind(engine);
  const recommenderOf = (augmentation) => artefactRecommender({ ...artefact, augmentation }, { matmul });
  const groups = {};
  for (const [name, group] of Object.entries(groupsOf(drawn, part, known))) {
    if (group.ids.length === 0) continue;
    const { perUser } = await measured(recommenderOf(undefined), group);
    const without = perUser[METRIC];
    const withIt =
      artefact.augmentation === undefined
        ? without
        : (await measured(recommenderOf(artefact.augmentation), group)).perUser[METRIC];
    groups[name] = { users: group.ids, arms: { without: { values: [...without] }, auto: { values: [...withIt] } } };
  }
  writeFileSync(perUserFile, JSON.stringify(groups));
  await engine.dispose();
  const { arms, augmentation, because, users, sparseUsers, trainedUsers } = chosen.augmentation ?? {};
  return {
    engine: engine.description,
    kept: augmentation,
    because,
    gate: { users, sparseUsers, trainedUsers, arms },
    groups: Object.fromEntries(
      Object.entries(groups).map(([name, { users: ids, arms: of }]) => [
        name,
        { users: ids.length, without: meanOf(of.without), auto: meanOf(of.auto) },
      ]),
    ),
    chooseSeconds: Math.round(chosen.seconds * 10) / 10,
  };
});

/** Users nobody has heard of, cut to so many items; and users of training, those with few items of their own apart. */
function groupsOf({ validation, test, warm }, part, known) {
  const strangers = [...validation, ...test];
  const trained = warmCohort(warm, part);
  const lengths = rowDegrees(trained.cohort.histories);
  return {
    ...Object.fromEntries(
      known.map((count) => [`cut to ${count}`, sparseCohort(strangers, part.items, count, part.users.length)]),
    ),
    'few of their own': usersOf(trained, (row) => lengths[row] < ENOUGH_ITEMS),
    'eight and more': usersOf(trained, (row) => lengths[row] >= ENOUGH_ITEMS),
  };
}

function usersOf({ ids, cohort }, isMeant) {
  const rows = Uint32Array.from([...ids.keys()].filter(isMeant));
  const pick = (values) => rows.map((row) => values[row]);
  return {
    ids: Array.from(rows, (row) => ids[row]),
    cohort: {
      ...cohort,
      histories: selectRows(cohort.histories, rows),
      relevant: selectRows(cohort.relevant, rows),
      users: pick(cohort.users),
      unknownRelevant: pick(cohort.unknownRelevant),
    },
  };
}

function meanOf({ values }) {
  return fiveDecimals(mean(values));
}
