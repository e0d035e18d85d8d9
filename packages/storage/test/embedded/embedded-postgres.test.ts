import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { embeddedLayout } from '../../src/embedded/embedded-layout.js';
import { findPostmaster, stopPostmaster } from '../../src/embedded/postmaster.js';
import { isPidAlive } from '../../src/embedded/process-identity.js';
import { startEmbeddedPostgres } from '../../src/embedded/start-embedded-postgres.js';
import { spawnUser, type UserProcess } from './user-process.js';

let dataDir: string;
const users: UserProcess[] = [];
const KEEP = 'DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS number';

/** One cluster for all tests that only need one: making it is the slow part. */
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'kindred-embedded-'));
});

afterEach(async () => {
  for (const user of users.splice(0)) await user.kill();
  await stopPostmaster(embeddedLayout(dataDir));
  await until(() => processesOf(dataDir).length === 0);
});

afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

async function another(): Promise<UserProcess> {
  const user = await spawnUser(dataDir);
  users.push(user);
  return user;
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  // A server that is killed under it is part of some tests.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const answer = await client.query<Record<string, unknown>>(sql);
    return Object.values(answer.rows?.[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(20);
}

function postmasterPid(): number | undefined {
  return findPostmaster(embeddedLayout(dataDir))?.pid;
}

/** Processes of the server and its keeper, by the folder in their command line. */
function processesOf(folder: string): string[] {
  const lines = execFileSync('ps', ['-ww', '-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(folder) && !line.includes('user-process.mjs'));
}

test('a fresh start, a second process that joins, and an end with the last of them', async () => {
  const first = await startEmbeddedPostgres({ dataDir });
  expect(first.startedHere).toBe(true);
  expect(await ask(first.url, 'SHOW fsync')).toBe('on');
  expect(await ask(first.url, 'SHOW listen_addresses')).toBe('127.0.0.1');
  await ask(first.url, KEEP);

  const second = await another();
  expect(second.startedHere).toBe(false);
  expect(second.url).toBe(first.url);

  const pid = postmasterPid();
  await first.close();
  await first.close();
  expect(postmasterPid()).toBe(pid);
  expect(await ask(second.url, 'SELECT number FROM kept')).toBe(7);

  await second.leave();
  expect(postmasterPid()).toBeUndefined();
  await until(() => processesOf(dataDir).length === 0);

  const again = await startEmbeddedPostgres({ dataDir });
  expect(again.startedHere).toBe(true);
  expect(await ask(again.url, 'SELECT number FROM kept')).toBe(7);
  await again.close();
});

test('the password keeps others out, and its file is for the owner only', async () => {
  const server = await startEmbeddedPostgres({ dataDir });
  const stranger = new URL(server.url);
  stranger.password = 'guessed';
  await expect(ask(stranger.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  expect(statSync(embeddedLayout(dataDir).password).mode & 0o077).toBe(0);
  await server.close();
});

test('processes that start at the same moment share one server', async () => {
  const all = await Promise.all([another(), another(), another()]);
  expect(new Set(all.map(({ url }) => url)).size).toBe(1);
  expect(all.filter(({ startedHere }) => startedHere)).toHaveLength(1);
  await Promise.all(all.map((user) => user.leave()));
  expect(postmasterPid()).toBeUndefined();
});

test('the server ends by itself after its last user was killed', async () => {
  const user = await another();
  expect(await ask(user.url, 'SELECT 1')).toBe(1);
  await user.kill();
  await until(() => processesOf(dataDir).length === 0);
});

test('a user that was killed does not keep the last one from stopping the server', async () => {
  const killed = await another();
  const last = await startEmbeddedPostgres({ dataDir });
  await killed.kill();
  await last.close();
  expect(postmasterPid()).toBeUndefined();
});

test('a server that is killed under its users comes back on the same address', async () => {
  const server = await startEmbeddedPostgres({ dataDir });
  await ask(server.url, KEEP);
  const pid = postmasterPid() ?? 0;
  // The keeper must have seen it ready once, else it takes this for a failed start.
  await sleep(1_500);
  process.kill(pid, 'SIGKILL');
  await until(() => !isPidAlive(pid));
  await until(() => findPostmaster(embeddedLayout(dataDir))?.ready === true);
  expect(await ask(server.url, 'SELECT number FROM kept')).toBe(7);
  await server.close();
  expect(postmasterPid()).toBeUndefined();
});

test('kill -9 of everything, then a start that finds the data', async () => {
  const user = await another();
  await ask(user.url, KEEP);
  for (const line of processesOf(dataDir)) process.kill(Number(line.trim().split(' ')[0]), 'SIGKILL');
  await user.kill();
  expect(existsSync(join(embeddedLayout(dataDir).cluster, 'postmaster.pid'))).toBe(true);

  const server = await startEmbeddedPostgres({ dataDir });
  expect(server.startedHere).toBe(true);
  expect(await ask(server.url, 'SELECT number FROM kept')).toBe(7);
  await server.close();
});

test('files that a crash has left: a lock, a user, a pid that is another program by now, a lost password', async () => {
  await (await startEmbeddedPostgres({ dataDir })).close();
  const layout = embeddedLayout(dataDir);
  const dead = { pid: 0x3fff_fff0, started: undefined, token: 'of a dead process' };
  writeFileSync(layout.lock, JSON.stringify(dead));
  writeFileSync(join(layout.users, 'dead'), JSON.stringify(dead));
  writeFileSync(join(layout.users, 'torn'), '{"pi');
  // This test's own process stands for the program that was given the server's pid.
  const file = [process.pid, layout.cluster, 1_700_000_000, 1, '', '127.0.0.1', '', 'ready'];
  writeFileSync(join(layout.cluster, 'postmaster.pid'), `${file.join('\n')}\n`);
  rmSync(layout.password);

  const server = await startEmbeddedPostgres({ dataDir });
  expect(server.startedHere).toBe(true);
  expect(await ask(server.url, 'SELECT 1')).toBe(1);
  await server.close();
  expect(postmasterPid()).toBeUndefined();
});

test('a cluster of another major version is refused in words', async () => {
  const older = join(dataDir, 'older');
  const { cluster } = embeddedLayout(older);
  mkdirSync(cluster, { recursive: true });
  writeFileSync(join(cluster, 'PG_VERSION'), '15\n');
  await expect(startEmbeddedPostgres({ dataDir: older })).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    message: expect.stringContaining('made by Postgres 15'),
  });
});

test('a server that can not start says why and leaves nothing behind', async () => {
  const settings = { shared_buffers: 'much' };
  await expect(startEmbeddedPostgres({ dataDir, settings })).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    message: expect.stringMatching(/shared_buffers.*server\.log/s),
  });
  expect(readFileSync(embeddedLayout(dataDir).log, 'utf8')).toContain('shared_buffers');
  expect(postmasterPid()).toBeUndefined();
});

test.runIf(process.getuid?.() === 0)('root runs it below a folder that only root may enter', async () => {
  const closed = join(dataDir, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  const server = await startEmbeddedPostgres({ dataDir: closed });
  expect(statSync(embeddedLayout(closed).cluster).uid).not.toBe(0);
  expect(await ask(server.url, 'SELECT 1')).toBe(1);
  await server.close();
});
