import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { runEvent } from '@kindred/api-schema';
import { KindredError } from '@kindred/domain';
import { getRun, listRunEvents, type Queryable, type Run, type RunEvent } from '@kindred/storage';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { ApiContext } from './api-context.js';

const POLL_MS = 300;
/** Proxies cut connections that stay silent for a minute. */
const HEARTBEAT_MS = 15_000;
const PAGE = 500;
/** The id of the last message: who comes back with it has seen everything. */
const END_ID = 'end';
const OPEN = new Set(['queued', 'running']);

/**
 * A run's log as server-sent events: what there is, then what comes, then one `end` with the run as it ended.
 * A client that comes back with Last-Event-ID goes on where it was; after `end` it is told not to (204).
 */
export async function streamRunEvents(
  context: ApiContext,
  runId: string,
  request: Request,
  response: Response,
  describe: (run: Run) => unknown,
): Promise<void> {
  const { db } = context.database;
  const lastId = request.get('Last-Event-ID') ?? '0';
  if (lastId !== END_ID && !/^\d{1,9}$/.test(lastId)) {
    throw new KindredError('REQUEST_INVALID', 'Last-Event-ID is not an id of this stream', { field: 'Last-Event-ID' });
  }
  await getRun(db, runId);
  if (lastId === END_ID) return void response.status(204).end();
  const closed = context.metrics.openRunStream();
  const gone = new AbortController();
  response.once('close', () => {
    closed();
    gone.abort();
  });
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
  try {
    for await (const text of messages(
      db,
      runId,
      Number(lastId),
      AbortSignal.any([gone.signal, context.closing]),
      describe,
    )) {
      if (!response.write(text)) await once(response, 'drain', { signal: gone.signal });
    }
  } catch (error) {
    // The headers are out: all that is left is to end, and the client comes back by itself.
    if (!gone.signal.aborted) context.logger.warn({ err: error, runId }, 'stream of run events');
  }
  response.end();
}

async function* messages(
  db: Queryable,
  runId: string,
  afterSeq: number,
  stop: AbortSignal,
  describe: (run: Run) => unknown,
): AsyncGenerator<string> {
  let seen = afterSeq;
  let spokeAtMs = performance.now();
  while (!stop.aborted) {
    // The run is read before its log: when it has ended, the log that is read next is complete.
    const run = await getRun(db, runId);
    const page = await listRunEvents(db, runId, { afterSeq: seen, limit: PAGE });
    for (const event of page) {
      yield message(String(event.seq), event.kind, runEventAnswer(event));
      seen = event.seq;
      spokeAtMs = performance.now();
    }
    if (page.length === PAGE) continue;
    if (!OPEN.has(run.status)) return yield message(END_ID, 'end', describe(run));
    if (performance.now() - spokeAtMs >= HEARTBEAT_MS) {
      yield ': still here\n\n';
      spokeAtMs = performance.now();
    }
    await pause(POLL_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** JSON holds no line break, so the data is one line; neither does the kind, which becomes the event's name. */
function message(id: string, kind: string, data: unknown): string {
  return `id: ${id}\nevent: ${kind.replace(/[\r\n]/g, ' ')}\ndata: ${JSON.stringify(data)}\n\n`;
}

function runEventAnswer(event: RunEvent): z.output<typeof runEvent> {
  const { seq, timeMs, stage, kind, message: text, data } = event;
  return { seq, time: new Date(timeMs).toISOString(), stage: stage ?? null, kind, message: text, data };
}
