import { KindredError } from '@kindred/domain';
import type { TrainResult } from '@kindred/pipeline';
import {
  findCurrentPromotion,
  getRun,
  listModels,
  listRunEvents,
  listRuns,
  listTrials,
  type Run,
  requestCancel,
  rollBack,
  type StoredModel,
} from '@kindred/storage';
import { Command } from 'commander';
import { formatMetric, renderTable } from '../output.js';
import { settingsText } from '../search-flags.js';
import { type CommonFlags, common, wholeNumber, withStorage } from '../session.js';

interface ListFlags extends CommonFlags {
  readonly limit: number;
}

export function runsCommand(): Command {
  const command = new Command('runs')
    .description('runs, newest first; one run with its log; or cancel one')
    .argument('[id]', 'show this run and its log')
    .option('--cancel', 'cancel the run')
    .option('--limit <n>', 'at most so many', wholeNumber, 20);
  return common(command, ['runs', 'runs 3f2a…', 'runs 3f2a… --cancel']).action(
    (id: string | undefined, flags: ListFlags & { readonly cancel?: boolean }) =>
      withStorage(flags, async (session) => {
        const { db } = session.storage.database;
        if (id === undefined) {
          if (flags.cancel === true)
            throw new KindredError('USAGE', '--cancel needs the id of a run', { field: '--cancel' });
          const runs = await listRuns(db, { limit: flags.limit });
          session.print({ runs: runs.map(shownRun) }, () => runsTable(runs));
          return;
        }
        const run = flags.cancel === true ? await requestCancel(db, id) : await getRun(db, id);
        const events = await listRunEvents(db, id, { limit: 10_000 });
        const trials = await listTrials(db, id);
        const log = events.map(({ timeMs, ...event }) => ({ ...event, time: new Date(timeMs).toISOString() }));
        session.print({ ...shownRun(run), trials: trials.map(shownRun), log }, () =>
          [
            runsTable([run, ...trials]),
            ...log.map(({ time, stage, message }) => `${time}  ${stage ?? ''}  ${message}`),
          ].join('\n'),
        );
      }),
  );
}

export function modelsCommand(): Command {
  const command = new Command('models')
    .description('models, newest first')
    .option('--limit <n>', 'at most so many', wholeNumber, 20);
  return common(command, ['models', 'models --json']).action((flags: ListFlags) =>
    withStorage(flags, async (session) => {
      const { db } = session.storage.database;
      const models = await listModels(db, { limit: flags.limit });
      const serving = (await findCurrentPromotion(db))?.modelId;
      const shown = models.map(({ createdAtMs, ...model }) => ({
        ...model,
        serving: model.id === serving,
        createdAt: new Date(createdAtMs).toISOString(),
      }));
      session.print({ models: shown }, () => modelsTable(models, serving));
    }),
  );
}

export function rollbackCommand(): Command {
  const command = new Command('rollback').description('return to the model that served before');
  return common(command, ['rollback']).action((flags: CommonFlags) =>
    withStorage(flags, async (session) => {
      const { modelId, previousModelId } = await rollBack(session.storage.database.db, 'kindred rollback');
      const further = previousModelId === undefined ? '' : ` (one further back: ${previousModelId})`;
      session.print({ modelId, previousModelId: previousModelId ?? null }, () => `serving: ${modelId}${further}`);
    }),
  );
}

function shownRun(run: Run): object {
  const { createdAtMs, startedAtMs, finishedAtMs, heartbeatAtMs: _, cancelRequestedAtMs, ...rest } = run;
  const iso = (timeMs: number | undefined) => (timeMs === undefined ? null : new Date(timeMs).toISOString());
  return {
    ...rest,
    cancelRequested: cancelRequestedAtMs !== undefined,
    createdAt: iso(createdAtMs),
    startedAt: iso(startedAtMs),
    finishedAt: iso(finishedAtMs),
  };
}

function runsTable(runs: readonly Run[]): string {
  const rows = runs.map((run) => [
    run.id,
    run.status,
    run.stages.join(' → '),
    run.currentStage ?? '',
    new Date(run.createdAtMs).toISOString(),
    noteOf(run),
  ]);
  return renderTable(['run', 'status', 'stages', 'stage', 'created', 'note'], rows);
}

/** What went wrong; of a trial, what was tried and what came of it. */
function noteOf({ error, parentId, settings, results }: Run): string {
  const fault = error === undefined ? '' : `${error.code}: ${error.message}`;
  if (parentId === undefined) return fault;
  const set = settingsText((settings.set ?? {}) as Readonly<Record<string, unknown>>);
  const { validationNdcg } = (results.train ?? {}) as Partial<TrainResult>;
  const figure = validationNdcg === undefined ? fault : `validation ndcg@20 ${formatMetric(validationNdcg)}`;
  return `trial of ${parentId.slice(0, 8)}, ${set === '' ? 'the defaults' : set}: ${figure}`;
}

function modelsTable(models: readonly StoredModel[], serving: string | undefined): string {
  const rows = models.map(({ id, method, status, metrics }) => {
    const evaluation = metrics?.evaluation as { metrics?: Record<string, number> } | undefined;
    const { choices } = (metrics?.training ?? {}) as Partial<TrainResult>;
    const figure = formatMetric(evaluation?.metrics?.['ndcg@20']);
    return [id, method, id === serving ? 'serving' : status, figure, choices === undefined ? '' : rankedBy(choices)];
  });
  return renderTable(['model', 'method', 'status', 'ndcg@20', 'ranks by'], rows);
}

/** In words, what validation chose to rank by. */
function rankedBy({ union, ownItemsFirst }: NonNullable<TrainResult['choices']>): string {
  const scores =
    union === undefined ? 'vectors' : union.vectorShare < 1 ? union.name : `vectors + ${union.share} ${union.name}`;
  return ownItemsFirst === undefined ? scores : `${scores}, own items first`;
}
