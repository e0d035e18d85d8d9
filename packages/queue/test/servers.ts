import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestDatabase } from '@kindred/storage/testing';
import type { QueueConnection } from '../src/index.js';

export interface TestServer {
  readonly connection: QueueConnection;
  /** Breaks every connection that is open, as a restart of the server or of the network does. */
  cutConnections(): Promise<void>;
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
    cutConnections: async () => {
      spawnSync('redis-cli', ['-p', String(port), 'client', 'kill', 'type', 'normal']);
    },
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

/** A database of its own on the embedded server that all tests share; stop drops it under its users' feet. */
export async function startPostgres(): Promise<TestServer> {
  const database = await openTestDatabase();
  return {
    connection: { databaseUrl: database.url },
    cutConnections: async () => {
      await database.pool.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
    },
    stop: () => database.close(),
  };
}
