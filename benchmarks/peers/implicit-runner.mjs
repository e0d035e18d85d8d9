// Kindred's default in the race against implicit: the child of implicit.mjs. Validation after every epoch, outside of the
// clock: a peer's clock runs for its fit alone too.
import { loadEngine } from '@kindred/compute';
import { evaluate, getMetric } from '@kindred/evaluation';
import { getMethod, resolveSettings } from '@kindred/models';
import { artefactRecommender } from '@kindred/models/artefact';
import { probeSettings } from '@kindred/training';
import { answerJob } from '../run-in-child.mjs';
import { openPeerSplit } from './peer-split.mjs';

const CUTOFF = 20;

await answerJob(async ({ method: name, seed, engine: engineName, threads, ...choice }) => {
  const { part, cohort } = await openPeerSplit({ seed, ...choice });
  const engine = await loadEngine(engineName, { threads });
  const method = getMethod(name);
  const probed = await probe(method, part, engine, seed);
  const settings = resolveSettings(method.settings, probed?.settings ?? {});
  const curve = await trainOnTheClock({ method, settings, part, cohort, engine, seed });
  const answer = {
    engine: engine.description,
    users: cohort.histories.rowCount,
    chosen: settings,
    probes: { count: probed?.trials.length ?? 0, seconds: rounded(probed?.seconds ?? 0) },
    curve,
  };
  await engine.dispose();
  return answer;
});

function probe(method, { data, items, heldOut }, engine, seed) {
  const onTrial = ({ ndcg, seconds }) => say(`probe: NDCG@20 ${ndcg.toFixed(4)} in ${seconds.toFixed(1)} s`);
  const request = { method, settings: {}, data, items, validation: heldOut, mask: 'seen', engine, seed, onTrial };
  return probeSettings(request, method.probing);
}

/**
 * The whole schedule of the method, epoch by epoch.
 * @returns {Promise<{epoch: number, seconds: number, ndcg: number}[]>} seconds: start, steps up to this epoch, and the
 *   making of this one model
 */
async function trainOnTheClock({ method, settings, part, cohort, engine, seed }) {
  const vocabulary = { users: part.users, items: part.items };
  let clock = 0;
  const timed = async (work) => {
    const started = performance.now();
    const result = await work();
    return { result, seconds: (performance.now() - started) / 1000 };
  };
  const { result: run, seconds: startSeconds } = await timed(() =>
    method.prepare({ data: part.data, settings, engine, seed }),
  );
  clock += startSeconds;
  const curve = [];
  for (let epoch = 1; epoch <= run.plannedEpochs; epoch++) {
    const { seconds } = await timed(async () => {
      for (let step = 0; step < run.stepsPerEpoch; step++) await run.step();
    });
    clock += seconds;
    const made = await timed(() => run.artefact(vocabulary));
    const ndcg = await validationNdcg(made.result, cohort, engine);
    curve.push({ epoch, seconds: rounded(clock + made.seconds), ndcg: Number(ndcg.toFixed(6)) });
    say(`epoch ${epoch} of ${run.plannedEpochs}: NDCG@20 ${ndcg.toFixed(4)} at ${clock.toFixed(1)} s`);
  }
  return curve;
}

async function validationNdcg(artefact, cohort, engine) {
  const recommender = artefactRecommender(artefact, { matmul: engine.matmul.bind(engine) });
  const evaluation = await evaluate(recommender, cohort, { mask: 'seen', cutoffs: [CUTOFF], keepTop: 0 });
  return getMetric(evaluation, `ndcg@${CUTOFF}`);
}

function rounded(seconds) {
  return Math.round(seconds * 1000) / 1000;
}

function say(line) {
  process.stderr.write(`  ${line}\n`);
}
