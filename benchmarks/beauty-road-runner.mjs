// One training of beauty-road.mjs in a process of its own.
import { loadEngine } from '@kindred/compute';
import { evaluate, getMetric, trainedCohort } from '@kindred/evaluation';
import { getMethod, resolveSettings } from '@kindred/models';
import { artefactRecommender } from '@kindred/models/artefact';
import { buildSnapshotInMemory } from '@kindred/pairs';
import { readTableEvents } from '@kindred/pipeline';
import { BEAUTY_SPLIT, withBeautyLog } from './beauty-log.mjs';
import { fiveDecimals, rounded } from './measurements.mjs';
import { answerJob } from './run-in-child.mjs';

const CUTOFF = 10;
const [HIT_RATE, NDCG] = [`hitRate@${CUTOFF}`, `ndcg@${CUTOFF}`];

await answerJob(async ({ name, seed, engine: engineName, every, given }) => {
  const part = await withBeautyLog(async ({ file }) => {
    const snapshot = await buildSnapshotInMemory(await readTableEvents(file), { split: BEAUTY_SPLIT });
    return snapshot.part('select');
  });
  const { data, heldOut, users, items } = part;
  const cohort = trainedCohort(data, heldOut, { mask: 'seen' });
  const engine = await loadEngine(engineName);
  const matmul = engine.matmul.bind(engine);
  const method = getMethod(name);
  const run = await method.prepare({ data, settings: resolveSettings(method.settings, given), engine, seed });
  const curve = [];
  let seconds = 0;
  for (let epoch = 1; epoch <= run.plannedEpochs; epoch++) {
    const started = performance.now();
    for (let step = 0; step < run.stepsPerEpoch; step++) await run.step();
    seconds += (performance.now() - started) / 1000;
    if (epoch % every !== 0 && epoch !== run.plannedEpochs) continue;
    const recommender = artefactRecommender(run.artefact({ users, items }), { matmul });
    const evaluation = await evaluate(recommender, cohort, { mask: 'seen', cutoffs: [CUTOFF], keepTop: 0 });
    const [hitRate, ndcg] = [HIT_RATE, NDCG].map((metric) => fiveDecimals(getMetric(evaluation, metric)));
    curve.push({ epoch, [HIT_RATE]: hitRate, [NDCG]: ndcg, seconds: rounded(seconds) });
    process.stderr.write(`  epoch ${epoch}: ${hitRate} ${ndcg} ${Math.round(seconds)} s\n`);
  }
  const best = curve.reduce((a, b) => (b[NDCG] > a[NDCG] ? b : a));
  const { settings: chosen, stepsPerEpoch } = run;
  const answer = { engine: engine.description, users: cohort.users.length, chosen, stepsPerEpoch, best, curve };
  await engine.dispose();
  return answer;
});
