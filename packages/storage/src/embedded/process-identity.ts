import { readFileSync } from 'node:fs';

/**
 * A process, named so that a later process which was given the same pid is not taken for it.
 * `started` is the boot and the tick at which it began where the system tells them (Linux), else undefined.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string | undefined;
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid) };
}

/** Whether the very process that the identity names still runs. A zombie does not. */
export function isRunning(identity: ProcessIdentity): boolean {
  if (!isPidAlive(identity.pid)) return false;
  if (identity.started === undefined) return true;
  const started = startOf(identity.pid);
  return started === undefined || started === identity.started;
}

/** Whether any process has this pid, zombies excepted. */
export function isPidAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return processStat(pid)?.state !== 'Z';
}

function startOf(pid: number): string | undefined {
  const stat = processStat(pid);
  const boot = readOrUndefined('/proc/sys/kernel/random/boot_id');
  return stat === undefined || boot === undefined ? undefined : `${boot.trim()}:${stat.startTicks}`;
}

function processStat(pid: number): { state: string; startTicks: string } | undefined {
  const text = readOrUndefined(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The second field is the command in parentheses and may hold spaces; what follows the last ) is regular.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startTicks: fields[19] ?? '' };
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
