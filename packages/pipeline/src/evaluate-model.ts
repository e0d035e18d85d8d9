import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Engine, loadEngine } from '@kindred/compute';
import { columnDegrees, KindredError, type Recommender } from '@kindred/domain';
import { type Cohort, compare, type Evaluation, renderReport, trainedCohort } from '@kindred/evaluation';
import { artefactRecommender, loadArtefact } from '@kindred/models/artefact';
import type { SnapshotPart } from '@kindred/pairs';
import { advanceModel, type StoredModel } from '@kindred/storage';
import type { CurvePoint } from '@kindred/training';
import { chosenModel, openSnapshot } from './chosen.js';
import { folders } from './folders.js';
import { BASELINE_NAMES, BOOTSTRAP_SAMPLES, bestPopularity, fitBaseline, isFeasible, rank } from './rank-models.js';
import type { EvaluateResult, StageContext } from './stage-context.js';

const MASK = 'seen';

/**
 * A model → its metrics on the test events, full catalogue, with intervals and beside the baselines.
 * @throws KindredError DATA_EMPTY when no user has anything left to find
 */
export async function evaluateModel(context: StageContext): Promise<EvaluateResult> {
  const { database, settings } = context;
  const model = await chosenModel(context);
  const part = await (await openSnapshot(database, model.snapshotId)).part('evaluate');
  if (part.heldOut === undefined) throw new KindredError('DATA_EMPTY', 'the snapshot holds no test events');
  const cohort = trainedCohort(part.data, part.heldOut, { mask: MASK });
  const engine = await loadEngine(settings.engine, context.threads === undefined ? {} : { threads: context.threads });
  try {
    const artefact = await loadArtefact(folders.evaluated(model.path));
    const learned = artefactRecommender(artefact, { matmul: engine.matmul.bind(engine) });
    const evaluations = [await rankOn(context, part, cohort, learned)];
    for (const baseline of await baselines(context, part, engine)) {
      evaluations.push(await rankOn(context, part, cohort, baseline));
    }
    return await record(context, model, part, evaluations);
  } finally {
    await engine.dispose();
  }
}

async function baselines(context: StageContext, part: SnapshotPart, engine: Engine): Promise<Recommender[]> {
  const fitted: Recommender[] = [];
  for (const name of BASELINE_NAMES) {
    if (isFeasible(name, part.items.length)) {
      fitted.push((await fitBaseline(name, {}, part.data, context.settings.seed, engine)).recommender);
    } else context.progress.say(`${name} is left out: ${part.items.length} items are too many for it`);
  }
  return fitted;
}

async function rankOn(
  context: StageContext,
  part: SnapshotPart,
  cohort: Cohort,
  recommender: Recommender,
): Promise<Evaluation> {
  const itemPopularity = columnDegrees(part.data.positives);
  const { settings, signal, progress } = context;
  const evaluation = await rank(recommender, cohort, { mask: MASK, itemPopularity, seed: settings.seed, signal });
  progress.say(`${recommender.name}: NDCG@20 ${evaluation.metrics['ndcg@20']?.toFixed(4)}`);
  return evaluation;
}

async function record(
  context: StageContext,
  model: StoredModel,
  part: SnapshotPart,
  evaluations: readonly Evaluation[],
): Promise<EvaluateResult> {
  const [learned, ...others] = evaluations as [Evaluation, ...Evaluation[]];
  const bar = bestPopularity(others);
  const options = { samples: BOOTSTRAP_SAMPLES, seed: context.settings.seed };
  const gate = compare(learned, bar, 'ndcg@20', options);
  const report = join(model.path, 'report.html');
  const curve = JSON.parse(await readFile(join(model.path, 'curve.json'), 'utf8')) as CurvePoint[];
  await writeFile(
    report,
    renderReport({
      title: `Model ${model.id}`,
      createdAt: new Date().toISOString(),
      dataset: datasetOf(part),
      methods: evaluations.map((evaluation) => ({
        name: evaluation.model,
        evaluation,
        curve: evaluation === learned ? reportCurve(curve) : undefined,
      })),
      primary: 'ndcg@20',
      comparisons: others.map((other) => compare(learned, other, 'ndcg@20', options)),
    }),
  );
  const result: EvaluateResult = {
    modelId: model.id,
    testUsers: learned.userRows.length,
    metrics: { ...learned.metrics, ...learned.beyond },
    intervals: learned.intervals,
    baselines: Object.fromEntries(others.map((other) => [other.model, { ...other.metrics, ...other.beyond }])),
    gate: { against: bar.model, difference: gate.difference, interval: gate.interval },
    report,
  };
  await writeFile(join(model.path, 'metrics.json'), `${JSON.stringify(result, null, 2)}\n`);
  await advanceModel(context.database.db, model.id, 'evaluated', { evaluation: result });
  return result;
}

function datasetOf(part: SnapshotPart): { users: number; items: number; train: number; test: number } {
  return {
    users: part.users.length,
    items: part.items.length,
    train: part.data.positives.columns.length,
    test: part.heldOut?.items.columns.length ?? 0,
  };
}

/** A learning curve in the words of the report. */
export function reportCurve(
  curve: readonly CurvePoint[],
): { epoch: number; loss: number; validation: number | undefined }[] {
  return curve.map(({ epoch, loss, validationNdcg }) => ({ epoch, loss, validation: validationNdcg }));
}
