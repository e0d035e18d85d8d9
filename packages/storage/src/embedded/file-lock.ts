import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KindredError } from '@kindred/domain';
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.js';

const RETRY_MS = 50;
/** Longest that a takeover of a stale lock, some microseconds of work, may last before it counts as dead itself. */
const TAKEOVER_LIMIT_MS = 10_000;

interface LockHolder extends ProcessIdentity {
  readonly token: string;
}

/** A lock that is held; release() may be called more than once. */
export interface FileLock {
  release(): void;
}

/**
 * Takes the lock for as long as this process lives, e.g. for `kindred up` on a folder.
 * A lock whose process has died is taken over.
 * @throws KindredError DATABASE_LOCKED naming the pid that holds it
 */
export function acquireExclusiveLock(dataDir: string, name: string): FileLock {
  mkdirSync(dataDir, { recursive: true });
  const attempt = tryFileLock(join(dataDir, `${name}.lock`));
  if ('release' in attempt) return attempt;
  throw new KindredError('DATABASE_LOCKED', `process ${attempt.heldBy} already runs on ${dataDir}`);
}

/**
 * Runs the work while holding the lock, waiting for other processes that hold it.
 * @throws KindredError DATABASE_LOCKED when it was not to be had within the time
 */
export async function withFileLock<T>(path: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const attempt = tryFileLock(path);
    if ('release' in attempt) {
      try {
        return await work();
      } finally {
        attempt.release();
      }
    }
    if (Date.now() >= deadlineMs) {
      throw new KindredError(
        'DATABASE_LOCKED',
        `process ${attempt.heldBy} held ${path} for longer than ${timeoutMs / 1000} s`,
      );
    }
    await sleep(RETRY_MS);
  }
}

function tryFileLock(path: string): FileLock | { heldBy: number } {
  for (;;) {
    const token = randomUUID();
    if (createLock(path, token)) return { release: () => releaseLock(path, token) };
    const holder = readHolder(path);
    if (holder === undefined) continue;
    if (isRunning(holder)) return { heldBy: holder.pid };
    if (!removeStale(path, holder.token)) return { heldBy: holder.pid };
  }
}

/** A link appears whole or not at all: no reader ever sees a lock without its holder. */
function createLock(path: string, token: string): boolean {
  const holder: LockHolder = { ...ownIdentity(), token };
  const draft = join(dirname(path), `.${token}.draft`);
  writeFileSync(draft, JSON.stringify(holder), { mode: 0o644 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

/** Removes the lock of a dead process; only one process at a time may, lest it removes its successor's lock. */
function removeStale(path: string, staleToken: string): boolean {
  const guard = `${path}.takeover`;
  try {
    mkdirSync(guard);
  } catch {
    forgetOldGuard(guard);
    return false;
  }
  try {
    if (readHolder(path)?.token === staleToken) unlinkSync(path);
    return true;
  } finally {
    rmdirSync(guard);
  }
}

function forgetOldGuard(guard: string): void {
  const guardStat = statSync(guard, { throwIfNoEntry: false });
  if (guardStat !== undefined && Date.now() - guardStat.mtimeMs > TAKEOVER_LIMIT_MS) {
    rmSync(guard, { recursive: true, force: true });
  }
}

function releaseLock(path: string, token: string): void {
  if (readHolder(path)?.token === token) unlinkSync(path);
}

function readHolder(path: string): LockHolder | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(text) as LockHolder;
  } catch {
    // A machine crash can leave the name without its content: nobody holds it.
    return { pid: 0x7fff_ffff, started: undefined, token: text };
  }
}
