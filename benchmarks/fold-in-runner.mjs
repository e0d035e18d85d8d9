// One method trained without the held-out users and asked about them: the child of fold-in.mjs.
import { writeFileSync } from 'node:fs';
import { loadEngine } from '@kindred/compute';
import { columnDegrees } from '@kindred/domain';
import { evaluate } from '@kindred/evaluation';
import { createBaseline, METHODS } from '@kindred/models';
import { artefactRecommender } from '@kindred/models/artefact';
import { chooseTraining, refit } from '@kindred/pipeline';
import { foldInCohort, holdUsersOut } from './fold-in-users.mjs';
import { fiveDecimals } from './measurements.mjs';
import { answerJob } from './run-in-child.mjs';
import { withSet } from './sets.mjs';

const CUTOFF = 20;
const SHOWN = [`recall@${CUTOFF}`, `ndcg@${CUTOFF}`];
const progress = { say: (message) => process.stderr.write(`  ${message}\n`), advance: () => undefined };

await answerJob(async ({ set, method, seed, engine: engineName, share, known, perUserFile }) => {
  const { snapshot, held } = await withSet(set, { seed, share, isWhole: true }, ({ source }) =>
    holdUsersOut(source.data ?? source.train, seed),
  );
  const part = await snapshot.part('serve');
  progress.say(`${part.users.length} users to learn from, ${part.items.length} items, ${held.length} users held out`);
  const engine = await loadEngine(engineName);
  const matmul = engine.matmul.bind(engine);
  const started = performance.now();
  const { recommender, settings } = Object.hasOwn(METHODS, method)
    ? await fitLearned(snapshot, part, { method, settings: {}, engine, seed, progress }, matmul)
    : await fitBaseline(method, part, seed, matmul);
  const trainSeconds = seconds(started);
  const ranked = await rankAll(recommender, held, part, known, seed);
  writeFileSync(
    perUserFile,
    JSON.stringify(ranked.map(({ name, model, userRows, perUser }) => ({ name, model, userRows, perUser }))),
  );
  const answer = {
    engine: engine.description,
    dataset: {
      users: part.users.length,
      items: part.items.length,
      train: part.data.positives.columns.length,
      held: held.length,
    },
    seconds: { train: trainSeconds },
    chosen: settings,
    known: Object.fromEntries(ranked.map(({ name, means, intervals }) => [name, { metrics: means, intervals }])),
  };
  await engine.dispose();
  return answer;
});

/** As `kindred train` does: open settings by probes on validation, then all of the users who are there. */
async function fitLearned(snapshot, part, fit, matmul) {
  const chosen = await chooseTraining(await snapshot.part('select'), fit);
  const { artefact } = await refit(part, fit, chosen);
  const { union, ownItemsFirst } = artefact;
  const joined = union && { name: union.name, share: union.share, vectorShare: union.vectorShare };
  return {
    recommender: artefactRecommender(artefact, { matmul }),
    settings: { ...artefact.settings, joined, ownItemsFirst },
  };
}

async function fitBaseline(method, { data }, seed, matmul) {
  const factory = createBaseline(method, {}, { matmul });
  return { recommender: await factory.fit(data, seed), settings: factory.settings };
}

/** Every number of known items; a number below 1 is a share of them. */
async function rankAll(recommender, held, part, known, seed) {
  const ranked = [];
  for (const amount of known) {
    const cohort = foldInCohort(held, part.items, (count) => (amount < 1 ? Math.floor(amount * count) : amount));
    const evaluation = await evaluate(recommender, cohort, {
      mask: 'seen',
      cutoffs: [CUTOFF],
      keepTop: 0,
      itemPopularity: columnDegrees(part.data.positives),
      bootstrap: { samples: 1000, seed },
    });
    const pick = (record, of) => Object.fromEntries(SHOWN.map((metric) => [metric, of(record[metric])]));
    ranked.push({
      name: String(amount),
      model: recommender.name,
      userRows: [...evaluation.userRows],
      perUser: pick(evaluation.perUser, (values) => Array.from(values, fiveDecimals)),
      means: pick(evaluation.metrics, fiveDecimals),
      intervals: pick(evaluation.intervals, (interval) => interval.map(fiveDecimals)),
    });
  }
  return ranked;
}

function seconds(since) {
  return Math.round(performance.now() - since) / 1000;
}
