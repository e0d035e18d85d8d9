import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KindredError } from '@kindred/domain';
import type { EmbeddedLayout } from './embedded-layout.js';
import { isPidAlive } from './process-identity.js';

const POLL_MS = 20;
/** How long each way to stop may take: fast (sessions are ended, all is flushed), immediate (recovery on next start), kill. */
const STOP_STEPS = [
  { signal: 'SIGINT', limitMs: 60_000 },
  { signal: 'SIGQUIT', limitMs: 10_000 },
  { signal: 'SIGKILL', limitMs: 5_000 },
] as const;

/** What a running server says of itself in postmaster.pid. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

/** The server that runs on the cluster, or undefined. A file left by a crash is seen through. */
export function findPostmaster(layout: EmbeddedLayout): Postmaster | undefined {
  const lines = readLines(postmasterFile(layout));
  const pid = Number(lines?.[0]);
  if (lines === undefined || !Number.isInteger(pid) || pid <= 1) return undefined;
  if (!isPidAlive(pid) || !commandOf(pid).includes(layout.cluster)) return undefined;
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/**
 * Removes the file of a server that is gone. Postgres does so itself, except when its pid was given to
 * some other process meanwhile. Call it while holding the lock, after findPostmaster found none.
 */
export function forgetPostmaster(layout: EmbeddedLayout): void {
  rmSync(postmasterFile(layout), { force: true });
}

/** Stops the server on the cluster and returns when its process is gone. */
export async function stopPostmaster(layout: EmbeddedLayout): Promise<void> {
  const running = findPostmaster(layout);
  if (running === undefined) return;
  for (const { signal, limitMs } of STOP_STEPS) {
    signalProcess(running.pid, signal);
    if (await isGone(running.pid, limitMs)) return;
  }
  throw new KindredError('DATABASE_UNAVAILABLE', `Postgres (process ${running.pid}) does not stop`);
}

async function isGone(pid: number, limitMs: number): Promise<boolean> {
  const deadlineMs = Date.now() + limitMs;
  while (isPidAlive(pid)) {
    if (Date.now() > deadlineMs) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function postmasterFile(layout: EmbeddedLayout): string {
  return join(layout.cluster, 'postmaster.pid');
}

function readLines(path: string): string[] | undefined {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return undefined;
  }
}

/** The command line of a process: tells our server from a stranger with its pid. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return commandByPs(pid);
  }
}

function commandByPs(pid: number): string {
  try {
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return '';
  }
}
