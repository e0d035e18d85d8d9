/**
 * The process that an embedded server hangs on: started detached by the first user, it starts Postgres,
 * starts it again when it crashes while there are users, and stops it when the last user is gone, whether
 * that one said goodbye or was killed. A main program of its own: it handles signals and exits.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverEnvironment } from './cluster.js';
import { embeddedLayout } from './embedded-layout.js';
import { withFileLock } from './file-lock.js';
import { findPostmaster, stopPostmaster } from './postmaster.js';
import { findServerAccount, serverCommand } from './server-account.js';
import { findServerBinaries } from './server-binaries.js';
import { type ServerSettings, settingArguments } from './server-settings.js';
import { countUsers } from './server-users.js';

/** What the starter hands over, as JSON in the first argument. */
export interface KeeperTask {
  readonly dataDir: string;
  readonly port: number;
  /** How long the server is kept for the next user after the last one has gone. */
  readonly lingerMs: number;
  readonly settings: ServerSettings;
}

const POLL_MS = 1_000;
const LOCK_LIMIT_MS = 120_000;
const MAX_RESTARTS = 5;

const task = JSON.parse(process.argv[2] ?? '') as KeeperTask;
const layout = embeddedLayout(task.dataDir);
let stopping = false;

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stopping = true;
    void stopPostmaster(layout);
  });
}

process.exit(await keepServer());

async function keepServer(): Promise<number> {
  for (let restarts = 0; ; restarts++) {
    const server = await startServer();
    const { exitCode, wasReady } = await watchServer(server);
    if (stopping || exitCode === 0) return 0;
    if (!wasReady || restarts >= MAX_RESTARTS) return 1;
    await sleep(POLL_MS);
    // Between the crash and now the users may have left, or a new one may have started a server of its own.
    const needed = await underLock(async () => countUsers(layout) > 0 && findPostmaster(layout) === undefined);
    if (!needed) return 0;
  }
}

async function startServer(): Promise<ChildProcess> {
  const { postgres } = await findServerBinaries();
  const account = findServerAccount(layout.cluster);
  const args = ['-D', layout.cluster, '-p', String(task.port), ...settingArguments(task.settings)];
  const { file, args: line, uid, gid } = serverCommand(account, postgres, args, [layout.cluster]);
  return spawn(file, line, {
    uid,
    gid,
    cwd: '/',
    env: serverEnvironment(),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

async function watchServer(server: ChildProcess): Promise<{ exitCode: number | null; wasReady: boolean }> {
  const exited = once(server, 'exit').then(
    ([code]) => ({ exitCode: code as number | null }),
    () => ({ exitCode: 1 }),
  );
  let wasReady = false;
  let lastUsedMs = Date.now();
  for (;;) {
    const outcome = await Promise.race([exited, sleep(POLL_MS)]);
    if (outcome !== undefined) return { ...outcome, wasReady };
    wasReady ||= findPostmaster(layout)?.ready === true;
    if (countUsers(layout) > 0) lastUsedMs = Date.now();
    else if (Date.now() - lastUsedMs >= task.lingerMs) await stopUnlessUsed();
  }
}

async function stopUnlessUsed(): Promise<void> {
  await underLock(async () => {
    if (countUsers(layout) > 0) return;
    stopping = true;
    await stopPostmaster(layout);
  });
}

function underLock<T>(work: () => Promise<T>): Promise<T> {
  return withFileLock(layout.lock, LOCK_LIMIT_MS, work);
}
