import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadEngine } from '@kindred/compute';
import { getMethod } from '@kindred/models';
import { saveArtefact } from '@kindred/models/artefact';
import type { SnapshotPart } from '@kindred/pairs';
import { createModel, textsOfCatalogue } from '@kindred/storage';
import type { SearchResult } from '@kindred/training';
import { chosenSnapshot } from './chosen.js';
import { findSegments } from './find-segments.js';
import { chooseTraining, type FitRequest, inBrief, refit } from './fit-method.js';
import { CURVE, folders, GENERATOR_CURVE, MANIFEST, timedId } from './folders.js';
import { searchMethod } from './search/search-method.js';
import { openTrialLog } from './search/trial-log.js';
import { trialRuns } from './search/trial-run.js';
import type { ModelManifest, StageContext, TrainResult } from './stage-context.js';
import { partsWithoutAnomalies, wholeParts } from './training-parts.js';

/**
 * A snapshot → a model folder: settings searched where that is asked for, those that are open and the epochs chosen on
 * validation, then one model trained without the test events (what the metrics are about) and one trained on everything
 * (what serves).
 * @throws KindredError TRAINING_DEGENERATE, ENGINE_UNAVAILABLE, DATA_EMPTY
 */
export async function trainModel(context: StageContext): Promise<TrainResult> {
  const { database, dataDir, settings, run, progress, signal } = context;
  const started = performance.now();
  const snapshot = await chosenSnapshot(context);
  const engine = await loadEngine(settings.engine, context.threads === undefined ? {} : { threads: context.threads });
  progress.say(`training ${settings.method} on ${engine.description}`);
  try {
    const checkpointDir = folders.checkpoints(dataDir, run.id);
    const itemTexts = getMethod(settings.method).readsTexts ? await textsOfCatalogue(database.db) : undefined;
    const given: FitRequest = {
      ...settings,
      settings: settings.set,
      itemTexts,
      engine,
      progress,
      signal,
      checkpointDir,
    };
    const parts = settings.excludeAnomalies
      ? partsWithoutAnomalies(snapshot, { engine, seed: settings.seed, signal, progress })
      : wholeParts(snapshot);
    const select = await parts.part('select');
    const search = await searchFor(context, select, snapshot.manifest.snapshotId, given);
    const request: FitRequest = { ...given, settings: search?.settings ?? given.settings };
    const chosen = await chooseTraining(select, request);
    const evaluated = await refit(await parts.part('evaluate'), request, chosen);
    const whole = await parts.part('serve');
    const served = await refit(whole, request, chosen);
    const segmented = await findSegments(served.artefact, whole, settings, signal);
    const modelId = timedId(Date.now(), randomBytes(3).toString('hex'));
    const result: TrainResult = {
      modelId,
      snapshotId: snapshot.manifest.snapshotId,
      method: settings.method,
      engine: engine.description,
      epochs: served.epochsRun,
      validationNdcg: chosen.validationNdcg,
      seconds: Number(((performance.now() - started) / 1000).toFixed(3)),
      search,
      choices: chosen.choices && inBrief(chosen.choices),
      augmentation: chosen.augmentation,
      excludedUsers: parts.excluded?.serve?.length,
      segments: segmented.found,
    };
    const folder = folders.model(dataDir, modelId);
    await writeModelFolder(folder, async (staging) => {
      await saveArtefact(folders.evaluated(staging), evaluated.artefact);
      await saveArtefact(folders.served(staging), segmented.artefact);
      await writeJson(join(staging, CURVE), chosen.curve.length > 0 ? chosen.curve : evaluated.curve);
      if (evaluated.generatorCurve.length > 0) {
        await writeJson(join(staging, GENERATOR_CURVE), evaluated.generatorCurve);
      }
      const manifest: ModelManifest = {
        ...result,
        runId: run.id,
        seed: settings.seed,
        settings: served.artefact.settings,
        choices: chosen.choices,
        excluded: parts.excluded,
        createdAt: new Date().toISOString(),
      };
      await writeJson(join(staging, MANIFEST), manifest);
    });
    const { snapshotId, method } = result;
    await createModel(database.db, {
      id: modelId,
      snapshotId,
      runId: run.id,
      method,
      path: folder,
      metrics: { training: result },
    });
    await rm(checkpointDir, { recursive: true, force: true });
    progress.say(`model ${modelId}: ${result.epochs} epochs in ${result.seconds.toFixed(1)} s`, result);
    return result;
  } finally {
    await engine.dispose();
  }
}

/** Better settings by validation, where the run asks for them; each trial is a run of its own. */
async function searchFor(
  context: StageContext,
  part: SnapshotPart,
  snapshotId: string,
  fit: FitRequest,
): Promise<SearchResult | undefined> {
  const { search, method, seed } = context.settings;
  if (search === undefined) return undefined;
  return searchMethod(part, {
    fit,
    plan: { ...search, seed: search.seed ?? seed },
    log: await openTrialLog(folders.searchLog(context.dataDir, snapshotId, method)),
    record: trialRuns(context, snapshotId),
  });
}

/** The folder appears whole by one rename, or not at all. */
async function writeModelFolder(folder: string, write: (staging: string) => Promise<void>): Promise<void> {
  const staging = `${folder}.writing-${process.pid}`;
  await mkdir(staging, { recursive: true });
  try {
    await write(staging);
    await rename(staging, folder);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

function writeJson(path: string, value: unknown): Promise<void> {
  return writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}
