import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../bin/kindred.js', import.meta.url));
const running = new Set<ChildProcess>();

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `kindred` command as a process of its own. */
export class KindredProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    const { PATH = '', HOME = '' } = process.env;
    this.child = spawn(process.execPath, [PROGRAM, ...args], { env: { PATH, HOME, ...env }, stdio: 'pipe' });
    running.add(this.child);
    this.child.stdout?.on('data', (chunk) => (this.stdout += String(chunk)));
    this.child.stderr?.on('data', (chunk) => (this.stderr += String(chunk)));
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      running.delete(this.child);
      return { code, signal, stdout: this.stdout, stderr: this.stderr } as Ended;
    });
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** Runs a command to its end. */
export function kindred(args: readonly string[], env: Readonly<Record<string, string>>, stdin = ''): Promise<Ended> {
  const command = new KindredProcess(args, env);
  command.child.stdin?.end(stdin);
  return command.ended;
}

/** Kills what a failed test left, and waits. */
export async function killAll(): Promise<void> {
  const left = [...running];
  for (const child of left) child.kill('SIGKILL');
  await Promise.all(left.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'close')));
}

/** The process and everything below it. */
export function processTree(pid: number): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const parents = new Map(rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number]));
  const isBelow = (other: number): boolean => {
    for (let at: number | undefined = other; at !== undefined && at > 1; at = parents.get(at))
      if (at === pid) return true;
    return false;
  };
  return [...parents.keys()].filter(isBelow);
}

/**
 * The processes at and below one that must end with it. The embedded server need not: it belongs to whoever uses it,
 * and one who comes within a second of the last user's end finds it still there and goes on with it.
 */
export function processesOfItsOwn(pid: number): number[] {
  const rows = execFileSync('ps', ['-ww', '-eo', 'pid=,args='], { encoding: 'utf8' }).trim().split('\n');
  const keepers = rows.filter((row) => row.includes('/keeper.js ')).map((row) => Number.parseInt(row, 10));
  const served = new Set(keepers.flatMap(processTree));
  return processTree(pid).filter((other) => !served.has(other));
}

/** Those of the processes that run; one that has ended and waits for its parent to notice does not. */
export function alive(pids: readonly number[]): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,stat='], { encoding: 'utf8' }).trim().split('\n');
  const states = new Map(rows.map((row) => row.trim().split(/\s+/) as [string, string]));
  return pids.filter((pid) => !(states.get(String(pid)) ?? 'Z').startsWith('Z'));
}

/** Waits until no process has the text in its command line: an embedded server ends a moment after its last user. */
export async function untilNoneNames(text: string): Promise<void> {
  while (execFileSync('ps', ['-ww', '-eo', 'args='], { encoding: 'utf8' }).includes(text)) await sleep(100);
}
