import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./user-process.mjs', import.meta.url));

/** Another process that uses the server. */
export interface UserProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly startedHere: boolean;
  /** Lets it close its use and end. */
  leave(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

export async function spawnUser(dataDir: string): Promise<UserProcess> {
  const child = spawn(process.execPath, [SCRIPT, dataDir], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), ended.then(() => ['null'])]);
  const told = JSON.parse(String(line)) as { url: string; startedHere: boolean } | null;
  if (told === null) throw new Error('the user process ended before it had the server');
  return {
    child,
    ...told,
    leave: async () => {
      child.stdin.end();
      await ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
