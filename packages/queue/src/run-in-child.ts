import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ERROR_TABLE, type ErrorCode, KindredError } from '@kindred/domain';
import type { ChildMessage, FromChild, SentError } from './child-messages.js';

export interface ChildOptions {
  /** A built JavaScript file that calls serveChild. */
  readonly entry: URL | string;
  /** Anything that structured clone carries, typed arrays included. */
  readonly payload: unknown;
  /** Aborting asks the child to stop (SIGTERM) and, if it does not, kills it after killAfterMs. */
  readonly signal?: AbortSignal;
  /** Progress and log lines of the child, in order; what it prints arrives as log lines too. */
  readonly onMessage?: (message: ChildMessage) => void;
  /** 10 s by default. Also how long a child may linger after its answer. */
  readonly killAfterMs?: number;
  /** Node's own flags for the child, e.g. --max-old-space-size=4096. */
  readonly execArgv?: readonly string[];
}

const DEFAULT_KILL_AFTER_MS = 10_000;
const KEPT_OUTPUT_LINES = 20;

/**
 * Runs one piece of work in a process of its own, so that a long computation never stops the heartbeats of
 * the worker that waits for it, and a crash never takes the worker with it.
 * @returns what the child's function returned
 * @throws the signal's reason after an abort; the child's KindredError with its code; JOB_CRASHED when the
 *   child ended without an answer
 */
export async function runInChild<Result>(options: ChildOptions): Promise<Result> {
  options.signal?.throwIfAborted();
  const entry = options.entry instanceof URL ? fileURLToPath(options.entry) : options.entry;
  const child = fork(entry, [], {
    serialization: 'advanced',
    execArgv: [...(options.execArgv ?? [])],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  return new ChildRun(child, options).answer() as Promise<Result>;
}

type Outcome = { readonly result: unknown } | { readonly error: Error };

/** One child from its start to its end. */
class ChildRun {
  readonly #child: ChildProcess;
  readonly #options: ChildOptions;
  readonly #lastLines: string[] = [];
  #outcome: Outcome | undefined;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess, options: ChildOptions) {
    this.#child = child;
    this.#options = options;
  }

  async answer(): Promise<unknown> {
    const onAbort = () => this.#stop();
    this.#options.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const ending = await this.#untilEnd();
      return this.#settle(ending);
    } finally {
      clearTimeout(this.#killTimer);
      this.#options.signal?.removeEventListener('abort', onAbort);
    }
  }

  #untilEnd(): Promise<string> {
    const child = this.#child;
    forEachLine(child.stdout, (line) => this.#printed('info', line));
    forEachLine(child.stderr, (line) => this.#printed('warn', line));
    child.on('message', (message) => this.#receive(message as FromChild));
    return new Promise((resolve) => {
      child.on('error', (error) => resolve(error.message));
      child.on('close', (code, signal) => resolve(this.#describeEnd(code, signal)));
      child.send({ type: 'start', payload: this.#options.payload }, (error) => {
        if (error !== null) this.#printed('warn', error.message);
      });
    });
  }

  #receive(message: FromChild): void {
    if (message.type === 'result') this.#finish({ result: message.result });
    else if (message.type === 'error') this.#finish({ error: reviveError(message.error) });
    else this.#tell(message);
  }

  /** The answer is there: the child may close what it has open, but not for ever. */
  #finish(outcome: Outcome): void {
    this.#outcome ??= outcome;
    this.#killLater();
  }

  #tell(message: ChildMessage): void {
    try {
      this.#options.onMessage?.(message);
    } catch (error) {
      this.#outcome ??= { error: error instanceof Error ? error : new Error(String(error)) };
      this.#stop();
    }
  }

  #printed(level: 'info' | 'warn', line: string): void {
    this.#lastLines.push(line);
    if (this.#lastLines.length > KEPT_OUTPUT_LINES) this.#lastLines.shift();
    this.#tell({ type: 'log', level, message: line, fields: {} });
  }

  #stop(): void {
    this.#child.kill('SIGTERM');
    this.#killLater();
  }

  #killLater(): void {
    this.#killTimer ??= setTimeout(
      () => this.#child.kill('SIGKILL'),
      this.#options.killAfterMs ?? DEFAULT_KILL_AFTER_MS,
    );
  }

  /** A result that arrived is a result, even when an abort crossed it on the way. */
  #settle(ending: string): unknown {
    if (this.#outcome !== undefined && 'result' in this.#outcome) return this.#outcome.result;
    if (this.#options.signal?.aborted === true) throw this.#options.signal.reason;
    throw this.#outcome?.error ?? new KindredError('JOB_CRASHED', ending);
  }

  #describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
    const output = this.#lastLines.join('\n');
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    if (/heap out of memory|Reached heap limit/.test(output)) {
      return `the child process ran out of JavaScript memory (${how}); raise --max-old-space-size`;
    }
    if (signal === 'SIGKILL') return 'the child process was killed (SIGKILL), as the system does when memory runs out';
    return `the child process ended with ${how}${output === '' ? '' : `; its last lines:\n${output}`}`;
  }
}

function reviveError(sent: SentError): Error {
  const cause = new Error(sent.message);
  cause.name = sent.name;
  if (sent.stack !== undefined) cause.stack = sent.stack;
  const code: ErrorCode =
    sent.code !== undefined && Object.hasOwn(ERROR_TABLE, sent.code) ? (sent.code as ErrorCode) : 'INTERNAL';
  return new KindredError(code, sent.message, { cause, ...(sent.field === undefined ? {} : { field: sent.field }) });
}

function forEachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line);
  });
  stream?.on('end', () => {
    if (rest.trim() !== '') onLine(rest);
  });
}
