import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { TensorflowSetupError } from './errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Outcome {
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const KEPT_CHARACTERS = 16_384;

/** The path of an executable, looked for as a shell would: as given when absolute, else along PATH of `env`. */
export function findTool(name: string, env: Environment): string | undefined {
  if (isAbsolute(name)) return isExecutable(name) ? name : undefined;
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a program to its end and keeps the last 16 KiB of each stream. A program that fails is an outcome, not an error;
 * throws INTERRUPTED when `signal` fires (the program is then terminated), TOOL_MISSING when it can not be started.
 */
export function runProcess(
  program: string,
  argumentList: readonly string[],
  options: { env: Environment; cwd?: string; signal?: AbortSignal | undefined; timeoutMs?: number },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, argumentList, {
      env: { ...options.env },
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: options.signal,
      timeout: options.timeoutMs,
    });
    const kept = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      kept.stdout = (kept.stdout + text).slice(-KEPT_CHARACTERS);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      kept.stderr = (kept.stderr + text).slice(-KEPT_CHARACTERS);
    });
    child.on('error', (cause: Error) => {
      if (!options.signal?.aborted)
        reject(new TensorflowSetupError('TOOL_MISSING', `${program} can not be started: ${cause.message}`, { cause }));
    });
    // Also after an abort only now: until here the program may still write into folders that the caller will remove.
    child.on('close', (code, signal) => {
      if (options.signal?.aborted) reject(new TensorflowSetupError('INTERRUPTED', `${program} was stopped`));
      else resolve({ exitCode: code ?? undefined, signal: signal ?? undefined, ...kept });
    });
  });
}

/** How a failed program ended, and the last lines that it wrote, for a message. */
export function describeOutcome(outcome: Outcome, lineCount = 6): string {
  const ended = outcome.signal === undefined ? `exit code ${outcome.exitCode}` : `ended by ${outcome.signal}`;
  const lines = `${outcome.stdout}\n${outcome.stderr}`.split('\n').filter((line) => line.trim() !== '');
  return [ended, ...lines.slice(-lineCount)].join('\n  ');
}
