import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { KindredError } from '@kindred/domain';
import pg from 'pg';
import { ensureCluster, ensurePassword, findPassword, lastLines, serverUrl } from './cluster.js';
import { type EmbeddedLayout, embeddedLayout } from './embedded-layout.js';
import { withFileLock } from './file-lock.js';
import type { KeeperTask } from './keeper.js';
import { findPostmaster, forgetPostmaster, type Postmaster, stopPostmaster } from './postmaster.js';
import { findServerAccount } from './server-account.js';
import { findServerBinaries } from './server-binaries.js';
import { SERVER_SETTINGS, type ServerSettings } from './server-settings.js';
import { countUsers, joinUsers, leaveUsers } from './server-users.js';

/** Recovery after a machine crash reads the log since the last checkpoint; this is ample for the size set. */
const START_LIMIT_MS = 180_000;
const LOCK_LIMIT_MS = START_LIMIT_MS + 30_000;
const START_ATTEMPTS = 20;
const REACH_ATTEMPTS = 60;
const RETRY_MS = 250;
const POLL_MS = 25;
const LOG_LIMIT_BYTES = 5 * 1024 * 1024;

/** A use of the embedded server. */
export interface EmbeddedPostgres {
  readonly url: string;
  /** False when the server ran already and was joined. */
  readonly startedHere: boolean;
  /** Ends this use; the last use of all processes stops the server and waits until it is gone. */
  close(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** The folder of Kindred's data; the server lives in its subfolder postgres. */
  readonly dataDir: string;
  /** How long the server waits for a next user after the last has gone; 0: it stops at once. */
  readonly lingerMs?: number;
  /** Settings over the defaults; they hold only where this call starts the server. */
  readonly settings?: ServerSettings;
}

/**
 * Starts the Postgres that npm carries in `<dataDir>/postgres`, or joins it where it runs already. One
 * server for all processes: it listens on a free port of 127.0.0.1 with a random password that only the
 * owner of the folder can read; it runs under an unprivileged account when this process is root.
 * It outlives this process while others use it, and ends with the last one, however that one ends.
 * @throws KindredError DATABASE_UNAVAILABLE when it can't be started; the message says why and what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const layout = embeddedLayout(options.dataDir);
  makeRoot(layout);
  return withFileLock(layout.lock, LOCK_LIMIT_MS, async () => {
    // Joined before the server is there: its keeper lets it live only while somebody uses it.
    const user = joinUsers(layout);
    try {
      const { url, startedHere } = await reachServer(layout, options);
      return { url, startedHere, close: onlyOnce(() => leaveServer(layout, user, options.lingerMs ?? 0)) };
    } catch (error) {
      leaveUsers(layout, user);
      throw error;
    }
  });
}

function makeRoot(layout: EmbeddedLayout): void {
  try {
    mkdirSync(layout.root, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new KindredError('DATABASE_UNAVAILABLE', `can not make the folder ${layout.root}: ${String(error)}`, {
      cause: error,
    });
  }
}

function onlyOnce(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= work();
    return running;
  };
}

async function leaveServer(layout: EmbeddedLayout, user: string, lingerMs: number): Promise<void> {
  await withFileLock(layout.lock, LOCK_LIMIT_MS, async () => {
    leaveUsers(layout, user);
    if (lingerMs === 0 && countUsers(layout) === 0) await stopPostmaster(layout);
  });
}

interface RunningServer {
  readonly url: string;
  readonly startedHere: boolean;
}

/** A server that was joined in the very moment of its end is looked for again. */
async function reachServer(layout: EmbeddedLayout, options: EmbeddedPostgresOptions): Promise<RunningServer> {
  for (let attempt = 1; ; attempt++) {
    const server = (await joinServer(layout)) ?? (await startServer(layout, options));
    try {
      await ensureDatabase(server.url);
      return server;
    } catch (error) {
      if (attempt < REACH_ATTEMPTS && isEnding(error)) await sleep(RETRY_MS);
      else throw refused(server.url, error);
    }
  }
}

/** Connection reset, refused or ended; 57P: the server is shutting down or not up yet. */
function isEnding(error: unknown): boolean {
  const { code = '', message } = error as Error & { code?: string };
  return /^(ECONN|EPIPE|57P)/.test(code) || message.startsWith('Connection terminated');
}

function refused(url: string, error: unknown): KindredError {
  const { port } = new URL(url);
  return new KindredError(
    'DATABASE_UNAVAILABLE',
    `the embedded Postgres on port ${port} refuses us: ${String(error)}`,
    {
      cause: error,
    },
  );
}

async function joinServer(layout: EmbeddedLayout): Promise<RunningServer | undefined> {
  const running = findPostmaster(layout);
  if (running === undefined) return undefined;
  const password = findPassword(layout);
  if (password === undefined) {
    // Nobody can have joined it without the password: a start that was killed half way left it behind.
    await stopPostmaster(layout);
    return undefined;
  }
  const ready = await waitUntilReady(layout, () => true);
  return ready === undefined ? undefined : { url: serverUrl(ready.port, password), startedHere: false };
}

async function startServer(layout: EmbeddedLayout, options: EmbeddedPostgresOptions): Promise<RunningServer> {
  const binaries = await findServerBinaries();
  const account = findServerAccount(layout.cluster);
  ensureCluster(layout, binaries, account);
  forgetPostmaster(layout);
  const password = ensurePassword(layout, binaries, account);
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const keeper = startKeeper(layout, { ...keeperTask(options), port });
    const ready = await waitUntilReady(layout, () => hasEnded(keeper));
    keeper.unref();
    if (ready !== undefined) return { url: serverUrl(ready.port, password), startedHere: true };
    const reason = lastLines(readLog(layout));
    if (attempt >= START_ATTEMPTS || !isPassing(reason)) {
      throw new KindredError(
        'DATABASE_UNAVAILABLE',
        `embedded Postgres in ${layout.root} does not start: ${reason} (all of it in ${layout.log})`,
      );
    }
    await sleep(RETRY_MS);
  }
}

/** Faults that a next attempt may not meet: a port lost to another program, processes of a killed server still ending. */
function isPassing(reason: string): boolean {
  return /could not (bind|create any TCP)|pre-existing shared memory|lock file .* already exists/.test(reason);
}

function keeperTask(options: EmbeddedPostgresOptions): Omit<KeeperTask, 'port'> {
  const settings = { ...SERVER_SETTINGS, ...options.settings };
  return { dataDir: options.dataDir, lingerMs: options.lingerMs ?? 0, settings };
}

function startKeeper(layout: EmbeddedLayout, task: KeeperTask): ChildProcess {
  turnLog(layout);
  const log = openSync(layout.log, 'a', 0o600);
  try {
    const entry = createRequire(import.meta.url).resolve('@kindred/storage/keeper');
    return spawn(process.execPath, [entry, JSON.stringify(task)], { detached: true, stdio: ['ignore', log, log] });
  } finally {
    closeSync(log);
  }
}

function turnLog(layout: EmbeddedLayout): void {
  const size = statSync(layout.log, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT_BYTES) renameSync(layout.log, `${layout.log}.1`);
}

function readLog(layout: EmbeddedLayout): string {
  return existsSync(layout.log) ? readFileSync(layout.log, 'utf8').slice(-4_000) : '';
}

/** Waits until the server accepts connections; undefined when there is none and none will come. */
async function waitUntilReady(layout: EmbeddedLayout, isOver: () => boolean): Promise<Postmaster | undefined> {
  const deadlineMs = Date.now() + START_LIMIT_MS;
  while (Date.now() < deadlineMs) {
    // Read before the server is looked for: a server of a keeper that has ended will not come any more.
    const over = isOver();
    const running = findPostmaster(layout);
    if (running?.ready === true) return running;
    if (running === undefined && over) return undefined;
    await sleep(POLL_MS);
  }
  throw new KindredError('DATABASE_UNAVAILABLE', `Postgres in ${layout.root} was not ready in time; see ${layout.log}`);
}

function hasEnded(keeper: ChildProcess): boolean {
  return keeper.pid === undefined || keeper.exitCode !== null || keeper.signalCode !== null;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new KindredError('INTERNAL', 'no port was given');
  return address.port;
}

/** The database of the address, made on the first start. Proves on every start that the server answers us. */
async function ensureDatabase(url: string): Promise<void> {
  const address = new URL(url);
  const name = address.pathname.slice(1);
  address.pathname = '/postgres';
  const client = new pg.Client({ connectionString: address.href });
  // A server that dies under the client tells it twice: by the query, and by this event.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
