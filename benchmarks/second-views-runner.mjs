// One log, method and seed: the child of second-views.mjs.
import { writeFileSync } from 'node:fs';
import { loadEngine } from '@kindred/compute';
import { artefactRecommender } from '@kindred/models/artefact';
import { chooseTraining, refit } from '@kindred/pipeline';
import { answerJob } from './run-in-child.mjs';
import { answersOf, meansOf, trainedGroups } from './sparse-users/groups.mjs';
import { sparseCohort } from './sparse-users/sparse-cohorts.mjs';
import { drawSparseUsers, readSparseLog } from './sparse-users/sparse-log.mjs';

const say = (message) => process.stderr.write(`  ${message}\n`);
const progress = { say, advance: () => undefined };

await answerJob(async ({ set, method, seed, share, known, generators, perUserFile, ...job }) => {
  const engine = await loadEngine(job.engine);
  const drawn = await drawSparseUsers(await readSparseLog(set, { share, seed }), { seed, learnedItems: known });
  const [select, part] = [await drawn.snapshot.part('select'), await drawn.snapshot.part('serve')];
  const recommenders = {};
  const trainings = {};
  for (const generator of generators) {
    const fit = { method, settings: { generator }, engine, seed, progress };
    const chosen = await chooseTraining(select, fit);
    const { artefact, seconds } = await refit(part, fit, chosen);
    recommenders[generator] = artefactRecommender(artefact, { matmul: engine.matmul.bind(engine) });
    trainings[generator] = {
      epochs: chosen.epochs,
      validationNdcg: chosen.validationNdcg,
      seconds: Math.round((chosen.seconds + seconds) * 10) / 10,
    };
    say(`${generator}: ${JSON.stringify(trainings[generator])}`);
  }
  const positions = new Map(part.users.map((id, position) => [id, position]));
  const cut = [...drawn.validation, ...drawn.test];
  const groups = {
    [`cut to ${known}`]: sparseCohort(cut, part.items, known, part.users.length, positions),
    ...trainedGroups(drawn.warm, part),
  };
  const answers = await answersOf(groups, recommenders);
  writeFileSync(perUserFile, JSON.stringify(answers));
  await engine.dispose();
  return { engine: engine.description, trainings, groups: meansOf(answers) };
});
