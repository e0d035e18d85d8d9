import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const running = new Set<ChildProcess>();

/** One of the processes that can live apart, as it is deployed: its built main, settings from the environment. */
export class Service {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has logged and printed. */
  output = '';

  constructor(app: 'api' | 'ingest' | 'trainer', env: Readonly<Record<string, string>>) {
    const main = fileURLToPath(new URL(`../../${app}/dist/main.js`, import.meta.url));
    const { PATH = '', HOME = '' } = process.env;
    this.child = spawn(process.execPath, [main], { env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(this.child);
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (chunk) => (this.output += chunk));
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      running.delete(this.child);
      return { code, signal } as Ended;
    });
  }

  /** Sends SIGTERM and waits for the end. */
  terminate(): Promise<Ended> {
    this.child.kill('SIGTERM');
    return this.ended;
  }
}

/** Kills what a failed test left. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}
