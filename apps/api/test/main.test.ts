import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

const entry = join(dirname(createRequire(import.meta.url).resolve('@kindred/api-app')), 'main.js');
let database: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  database = await openTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'kindred-api-'));
});
afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

function start(env: Record<string, string>): ChildProcess {
  const settings = { KINDRED_DATABASE_URL: database.url, KINDRED_DATA_DIR: dataDir, KINDRED_PORT: '0', ...env };
  return spawn(process.execPath, [entry], { env: { ...process.env, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ending(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

test.each(['SIGTERM', 'SIGINT'] as const)('the process serves until %s, then closes in order', async (signal) => {
  const child = start({});
  const ended = ending(child);
  const lines: { msg: string; url?: string }[] = [];
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    lines.push(JSON.parse(line));
    const { url, msg } = lines.at(-1) ?? {};
    if (msg !== 'API listens') continue;
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    child.kill(signal);
  }
  expect(await ended).toEqual({ code: 0, stderr: '' });
  expect(lines.at(-1)?.msg).toBe('API closed');
});

test('a setting that is wrong is named, with exit code 2', async () => {
  const { code, stderr } = await ending(start({ KINDRED_PORT: 'eighty' }));
  expect(code).toBe(2);
  expect(stderr).toContain('CONFIG_INVALID: KINDRED_PORT');
});

test('a database that is away is named, with exit code 1', async () => {
  const { code, stderr } = await ending(start({ KINDRED_DATABASE_URL: 'postgres://u:hidden@127.0.0.1:1/x' }));
  expect(code).toBe(1);
  expect(stderr).toContain('DATABASE_UNAVAILABLE');
  expect(stderr).not.toContain('hidden');
});
