import { Worker } from 'node:worker_threads';
import { KindredError } from '@kindred/domain';
import type { FromChild, SentError, ToChild } from './child-messages.js';

/** What the work in a child may say and hear. */
export interface ChildContext {
  /** Aborted when the parent asks to stop, and when the parent is gone. */
  readonly signal: AbortSignal;
  readonly progress: (progress: unknown) => void;
  readonly log: (level: 'info' | 'warn' | 'error', fields: object, message: string) => void;
}

/** How long a child outlives its parent at most, even with its event loop blocked. */
const ORPHAN_LIMIT_MS = 3000;

/**
 * Makes this process the child of runInChild: waits for the payload, does the work once, answers, exits.
 * To be called once, by the entry file.
 */
export function serveChild<Payload, Result>(work: (payload: Payload, context: ChildContext) => Promise<Result>): void {
  if (process.send === undefined) throw new KindredError('INTERNAL', 'this file is started by runInChild, not by hand');
  const abort = new AbortController();
  const stop = (reason: string) => abort.abort(new KindredError('INTERRUPTED', reason));
  // Ctrl-C reaches the whole process group; whether to stop is the parent's decision.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => stop('the job was asked to stop'));
  process.once('disconnect', () => orphaned(stop));
  watchParent();
  const context: ChildContext = {
    signal: abort.signal,
    progress: (progress) => void tell({ type: 'progress', progress }),
    log: (level, fields, message) => void tell({ type: 'log', level, message, fields }),
  };
  process.once('message', (message: ToChild) => {
    work(message.payload as Payload, context).then(
      (result) => answer({ type: 'result', result }),
      (error: unknown) => answer({ type: 'error', error: describeError(error) }),
    );
  });
}

/** Sends the last message and exits once it is out. */
async function answer(message: FromChild): Promise<void> {
  await tell(message).catch((error: unknown) => tell({ type: 'error', error: describeError(error) }));
  process.exit(0);
}

/** Resolves when the message is with the system; also when there is nobody left to hear it. */
function tell(message: FromChild): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || process.send === undefined) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}

function orphaned(stop: (reason: string) => void): void {
  stop('the parent process is gone');
  setTimeout(() => process.exit(1), ORPHAN_LIMIT_MS).unref();
}

/** A thread that ends the process when its parent is gone, should the main thread be too busy to notice. */
function watchParent(): void {
  const code = `
    const { workerData } = require('node:worker_threads');
    setInterval(() => {
      if (process.ppid !== workerData.parent) setTimeout(() => process.kill(process.pid, 'SIGKILL'), workerData.limitMs);
    }, 500);
  `;
  const workerData = { parent: process.ppid, limitMs: ORPHAN_LIMIT_MS };
  const watch = new Worker(code, {
    eval: true,
    execArgv: [],
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 8 },
  });
  watch.unref();
}

function describeError(thrown: unknown): SentError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    code: error instanceof KindredError ? error.code : undefined,
    field: error instanceof KindredError ? error.field : undefined,
  };
}
