import type { RunStage } from '@kindred/domain';
import { appendRunEvent, type Database, finishRunStage, type Run, startRunStage } from '@kindred/storage';
import { doClaimedRun } from './claimed-run.js';
import { evaluateModel } from './evaluate-model.js';
import { indexModel } from './index-model.js';
import { removeLeftovers, removeRunFolder } from './leftovers.js';
import { pairEvents } from './pair-events.js';
import type { Progress } from './progress.js';
import { promoteModel } from './promote-model.js';
import { parseRunSettings } from './run-settings.js';
import type { Stage, StageContext, StageResults } from './stage-context.js';
import { trainModel } from './train-model.js';

/** The pipeline, in the order in which data flows. */
export const PIPELINE: { readonly [Name in RunStage]: Stage<Name> } = {
  pair: pairEvents,
  train: trainModel,
  evaluate: evaluateModel,
  index: indexModel,
  promote: promoteModel,
};

export interface RunSurroundings {
  readonly database: Database;
  readonly dataDir: string;
  readonly threads?: number | undefined;
  /** The engine where the run does not name one. */
  readonly engine?: string | undefined;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does one stage of a run and stores what it hands on.
 * @throws what the stage throws; the run is then still open: see `endFailedRun`
 */
export async function runStage<Name extends RunStage>(
  surroundings: RunSurroundings,
  runId: string,
  stage: Name,
): Promise<StageResults[Name]> {
  const { db } = surroundings.database;
  const run = await startRunStage(db, runId, stage);
  await appendRunEvent(db, runId, { stage, kind: 'started', message: `${stage} started` });
  const log = loggedProgress(surroundings, runId, stage);
  const context: StageContext = {
    ...surroundings,
    run,
    settings: parseRunSettings({ engine: surroundings.engine, ...run.settings }),
    progress: log,
  };
  const result = await (PIPELINE[stage] as Stage<Name>)(context).finally(() => log.settled());
  await finishRunStage(db, runId, stage, result);
  await appendRunEvent(db, runId, { stage, kind: 'finished', message: `${stage} finished`, data: result });
  return result;
}

/**
 * Does a run of these stages in this process, stage after stage, and ends it, whatever happens.
 * @throws what a stage throws; KindredError INTERRUPTED when somebody cancelled the run
 */
export async function executeRun(
  surroundings: RunSurroundings,
  given: { readonly stages: readonly RunStage[]; readonly settings: Readonly<Record<string, unknown>> },
): Promise<Run> {
  const { database, dataDir } = surroundings;
  await removeLeftovers(database, dataDir);
  const { run } = await doClaimedRun(database, given, surroundings.signal, async (runId, signal) => {
    try {
      for (const stage of given.stages) await runStage({ ...surroundings, signal }, runId, stage);
    } finally {
      await removeRunFolder(dataDir, runId);
    }
  });
  return run;
}

/** Passes progress on, and keeps what is said in the run's log, in order. */
function loggedProgress(
  { progress, database }: RunSurroundings,
  runId: string,
  stage: RunStage,
): Progress & { settled(): Promise<void> } {
  let written: Promise<unknown> = Promise.resolve();
  return {
    advance: (label, done, total) => progress.advance(label, done, total),
    say: (message, data) => {
      progress.say(message, data);
      const append = () => appendRunEvent(database.db, runId, { stage, kind: 'progress', message, data });
      // The log is for those who watch: a line that can't be kept does not stop the run.
      written = written.then(append).catch(() => undefined);
    },
    settled: async () => void (await written),
  };
}
