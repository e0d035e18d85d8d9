import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Engine, loadEngine } from '@kindred/compute';
import { columnDegrees, KindredError, type Recommender } from '@kindred/domain';
import {
  type Cohort,
  type Comparison,
  compare,
  type Evaluation,
  type ReportMethod,
  renderReport,
  trainedCohort,
} from '@kindred/evaluation';
import { artefactRecommender, loadArtefact, type ModelArtefact } from '@kindred/models/artefact';
import type { SnapshotPart } from '@kindred/pairs';
import { advanceModel, getModel, type StoredModel, titlesOfItems } from '@kindred/storage';
import type { CurvePoint } from '@kindred/training';
import { chosenModel, openSnapshot } from './chosen.js';
import { CURVE, folders, GENERATOR_CURVE, MANIFEST } from './folders.js';
import { BASELINE_NAMES, BOOTSTRAP_SAMPLES, bestPopularity, fitBaseline, isFeasible, rank } from './rank-models.js';
import { reportCurve, reportGenerator } from './report-curve.js';
import { sampleSheets, type TitlesOf } from './sample-sheets.js';
import type { EvaluateResult, ModelManifest, StageContext } from './stage-context.js';

const MASK = 'seen';

/** What a report shows of a method, its evaluation whole. */
type EvaluatedMethod = ReportMethod & { readonly evaluation: Evaluation };

/**
 * A model → its metrics on the test events, full catalogue, with intervals and beside the baselines.
 * @throws KindredError DATA_EMPTY when no user has anything left to find
 */
export async function evaluateModel(context: StageContext): Promise<EvaluateResult> {
  const { database, settings } = context;
  const model = await chosenModel(context);
  const other = await otherModel(context, model);
  const part = await (await openSnapshot(database, model.snapshotId)).part('evaluate');
  if (part.heldOut === undefined) throw new KindredError('DATA_EMPTY', 'the snapshot holds no test events');
  const cohort = trainedCohort(part.data, part.heldOut, { mask: MASK });
  const engine = await loadEngine(settings.engine, context.threads === undefined ? {} : { threads: context.threads });
  try {
    const artefact = await loadArtefact(folders.evaluated(model.path));
    const manifest = await readJson<ModelManifest>(join(model.path, MANIFEST));
    const { evaluation, seconds } = await rankOn(context, part, cohort, recommenderOf(artefact, engine));
    const ofOther = other && (await rankOn(context, part, cohort, await evaluatedTwin(other, engine)));
    const titlesOf: TitlesOf = (itemIds) => titlesOfItems(database.db, itemIds);
    const generatorCurve = await generatorCurveOf(model);
    const learned: EvaluatedMethod = {
      name: evaluation.model,
      evaluation,
      settings: artefact.settings,
      engine: manifest.engine,
      seed: manifest.seed,
      seconds: { train: manifest.seconds, total: manifest.seconds + seconds },
      choices: manifest.choices,
      augmentation: manifest.augmentation,
      keptEpoch: manifest.epochs,
      search: manifest.search,
      segments: manifest.segments,
      curve: reportCurve(await readJson<CurvePoint[]>(join(model.path, CURVE))),
      samples: await sampleSheets(artefact, part, titlesOf),
      generator: await reportGenerator(artefact, generatorCurve, part, titlesOf),
    };
    const baselines: EvaluatedMethod[] = [];
    for (const name of BASELINE_NAMES) {
      if (isFeasible(name, part.data)) baselines.push(await rankBaseline(name, context, part, cohort, engine));
      else context.progress.say(`${name} is left out: ${part.items.length} items are too many for it`);
    }
    const against = other && ofOther && { modelId: other.id, evaluation: ofOther.evaluation };
    return await record(context, model, part, [learned, ...baselines], against);
  } finally {
    await engine.dispose();
  }
}

/** The model as it was trained without the test events. */
async function evaluatedTwin(model: StoredModel, engine: Engine): Promise<Recommender> {
  return recommenderOf(await loadArtefact(folders.evaluated(model.path)), engine);
}

function recommenderOf(artefact: ModelArtefact, engine: Engine): Recommender {
  // Everybody is encoded from their history, as serving does it, also where a method keeps vectors of users.
  return artefactRecommender({ ...artefact, users: undefined }, { matmul: engine.matmul.bind(engine) });
}

/** @throws KindredError NOT_FOUND, EVALUATION_INVALID when the two were not trained on the same snapshot */
async function otherModel({ database, settings }: StageContext, model: StoredModel): Promise<StoredModel | undefined> {
  if (settings.againstModelId === undefined) return undefined;
  const other = await getModel(database.db, settings.againstModelId);
  if (other.snapshotId === model.snapshotId) return other;
  throw new KindredError(
    'EVALUATION_INVALID',
    `model ${other.id} learned from snapshot ${other.snapshotId}, model ${model.id} from ${model.snapshotId}`,
    { field: 'againstModelId' },
  );
}

async function rankBaseline(
  name: string,
  context: StageContext,
  part: SnapshotPart,
  cohort: Cohort,
  engine: Engine,
): Promise<EvaluatedMethod> {
  const { seed } = context.settings;
  const { recommender, settings, seconds: train } = await fitBaseline(name, {}, part.data, seed, engine);
  const { evaluation, seconds } = await rankOn(context, part, cohort, recommender);
  return {
    name: evaluation.model,
    evaluation,
    settings,
    engine: engine.description,
    seed,
    seconds: { train, total: train + seconds },
  };
}

async function rankOn(
  context: StageContext,
  part: SnapshotPart,
  cohort: Cohort,
  recommender: Recommender,
): Promise<{ evaluation: Evaluation; seconds: number }> {
  const started = performance.now();
  const itemPopularity = columnDegrees(part.data.positives);
  const { settings, signal, progress } = context;
  const evaluation = await rank(recommender, cohort, { mask: MASK, itemPopularity, seed: settings.seed, signal });
  progress.say(`${recommender.name}: NDCG@20 ${evaluation.metrics['ndcg@20']?.toFixed(4)}`);
  return { evaluation, seconds: (performance.now() - started) / 1000 };
}

async function record(
  context: StageContext,
  model: StoredModel,
  part: SnapshotPart,
  methods: readonly EvaluatedMethod[],
  against: { readonly modelId: string; readonly evaluation: Evaluation } | undefined,
): Promise<EvaluateResult> {
  const [learned, ...others] = methods.map(({ evaluation }) => evaluation) as [Evaluation, ...Evaluation[]];
  const bar = bestPopularity(others);
  const options = { samples: BOOTSTRAP_SAMPLES, seed: context.settings.seed };
  const gate = compare(learned, bar, 'ndcg@20', options);
  const report = join(model.path, 'report.html');
  await writeFile(
    report,
    renderReport({
      title: `Model ${model.id}`,
      createdAt: new Date().toISOString(),
      dataset: datasetOf(part),
      methods,
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
    against: against && comparedWith(against.modelId, compare(learned, against.evaluation, 'ndcg@20', options)),
    report,
  };
  await writeFile(join(model.path, 'metrics.json'), `${JSON.stringify(result, null, 2)}\n`);
  await advanceModel(context.database.db, model.id, 'evaluated', { evaluation: result });
  return result;
}

/** Empty where nothing generates for the model. */
async function generatorCurveOf(model: StoredModel): Promise<readonly CurvePoint[]> {
  const path = join(model.path, GENERATOR_CURVE);
  return existsSync(path) ? readJson<CurvePoint[]>(path) : [];
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T;
}

function comparedWith(modelId: string, { difference, interval, pPermutation }: Comparison): EvaluateResult['against'] {
  return { modelId, difference, interval, pValue: pPermutation };
}

function datasetOf(part: SnapshotPart): { users: number; items: number; train: number; test: number } {
  return {
    users: part.users.length,
    items: part.items.length,
    train: part.data.positives.columns.length,
    test: part.heldOut?.items.columns.length ?? 0,
  };
}
