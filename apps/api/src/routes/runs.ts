import { listQuery, type RunRequest, runParameters, type runResponse, runsRequest } from '@kindred/api-schema';
import { KindredError, type RunStage } from '@kindred/domain';
import { endFailedRun, parseRunSettings } from '@kindred/pipeline';
import { type Queues, stageJobId } from '@kindred/queue';
import { createRun, endRun, getRun, listRuns, type Queryable, type Run, requestCancel } from '@kindred/storage';
import { Router } from 'express';
import type { z } from 'zod';
import type { ApiContext } from '../api-context.js';
import { parseRequest } from '../parse-request.js';
import { resource } from '../resource.js';
import { streamRunEvents } from '../run-event-stream.js';

type RunResponse = z.output<typeof runResponse>;

/** Runs: start, list, watch, cancel. The state is the database's; the queue only carries the work. */
export function runsRoutes(context: ApiContext): Router {
  const { db } = context.database;
  const router = Router();
  resource(router, '/v1/runs', {
    get: async (request, response) => {
      const { limit, before } = parseRequest(listQuery, request.query);
      response.json({ runs: (await listRuns(db, { limit, beforeId: before })).map(runAnswer) });
    },
    post: async (request, response) => {
      const wanted = parseRequest(runsRequest, request.body);
      parseRunSettings(wanted.settings);
      const run = await startRun(db, workersOf(context), wanted);
      response.status(202).location(`/v1/runs/${run.id}`).json(runAnswer(run));
    },
  });
  resource(router, '/v1/runs/:id', {
    get: async (request, response) => {
      const { id } = parseRequest(runParameters, request.params);
      response.json(runAnswer(await getRun(db, id)));
    },
  });
  resource(router, '/v1/runs/:id/cancel', {
    post: async (request, response) => {
      const { id } = parseRequest(runParameters, request.params);
      const run = await requestCancel(db, id);
      if (context.queues !== undefined) await cancelJobs(context, context.queues, run);
      response.json(runAnswer(await getRun(db, id)));
    },
  });
  resource(router, '/v1/runs/:id/events', {
    get: async (request, response) => {
      const { id } = parseRequest(runParameters, request.params);
      await streamRunEvents(context, id, request, response, runAnswer);
    },
  });
  return router;
}

/** @throws KindredError QUEUE_UNAVAILABLE */
function workersOf({ queues }: ApiContext): Queues {
  if (queues !== undefined) return queues;
  throw new KindredError('QUEUE_UNAVAILABLE', 'this API was started without a queue; `kindred up` has one');
}

/** A run whose first job can not be queued is ended: it would wait for ever. */
async function startRun(db: Queryable, queues: Queues, { stages, settings }: RunRequest): Promise<Run> {
  const run = await createRun(db, { stages, settings });
  const first = stages[0] as RunStage;
  try {
    await queues.enqueue(first, { runId: run.id, stages, settings: {} }, { jobId: stageJobId(run.id, first) });
    return run;
  } catch (error) {
    const fault = error instanceof KindredError ? error : new KindredError('QUEUE_UNAVAILABLE', String(error));
    await endRun(db, run.id, 'failed', { code: fault.code, message: fault.message });
    throw error;
  }
}

/**
 * Takes the jobs of what is left of a run out of the queue, or asks their worker to stop. The run is marked already
 * and its worker heeds the mark, so a queue that does not answer is no fault of this request. A run that waited
 * between two stages has no worker that could end it: it is ended here.
 */
async function cancelJobs({ database, logger }: ApiContext, queues: Queues, run: Run): Promise<void> {
  const stages = run.stages as RunStage[];
  const left = stages.slice(Math.max(0, stages.indexOf(run.currentStage as RunStage)));
  try {
    for (const stage of left) {
      const outcome = await queues.cancel(stage, stageJobId(run.id, stage));
      if (outcome !== 'removed') continue;
      await endFailedRun(database, run.id, new KindredError('INTERRUPTED', 'the run was cancelled'), true);
    }
  } catch (error) {
    logger.warn({ err: error, runId: run.id }, 'the queue could not be told of a cancelled run');
  }
}

function runAnswer(run: Run): RunResponse {
  const handed = Object.values(run.results) as { modelId?: string; snapshotId?: string }[];
  const { modelId, snapshotId } = run.settings as { modelId?: string; snapshotId?: string };
  return {
    id: run.id,
    parentId: run.parentId ?? null,
    stages: [...run.stages],
    status: run.status,
    currentStage: run.currentStage ?? null,
    settings: { ...run.settings },
    modelId: handed.findLast((result) => result?.modelId !== undefined)?.modelId ?? modelId ?? null,
    snapshotId: handed.findLast((result) => result?.snapshotId !== undefined)?.snapshotId ?? snapshotId ?? null,
    error: run.error ?? null,
    createdAt: isoTime(run.createdAtMs),
    startedAt: run.startedAtMs === undefined ? null : isoTime(run.startedAtMs),
    finishedAt: run.finishedAtMs === undefined ? null : isoTime(run.finishedAtMs),
  };
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
