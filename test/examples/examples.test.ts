import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const CLI = join(root, 'apps/cli/bin/kindred.js');
const LIMIT_MS = 120_000;

let work: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'kindred-examples-'));
  // The wasm engine is everywhere, so that the test does the same on every machine.
  env = { ...process.env, KINDRED_DATA_DIR: join(work, 'data'), KINDRED_ENGINE: 'wasm' };
  delete env.KINDRED_DATABASE_URL;
  delete env.KINDRED_REDIS_URL;
});
afterAll(() => rm(work, { recursive: true, force: true }));

async function runExample(script: string, ...words: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(root, 'examples', script), ...words], { cwd: work, env });
  return stdout;
}

/** A Kindred that serves what own-log promoted, for as long as the work takes. */
async function whileServing(use: (url: string) => Promise<void>): Promise<void> {
  const server = spawn(process.execPath, [CLI, 'serve', '--port', '0', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(server, 'exit');
  try {
    const [line] = await once(createInterface({ input: server.stdout }), 'line');
    await use((JSON.parse(line as string) as { url: string }).url);
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

it('own-log goes from a CSV with its own columns to recommendations, and http-client uses what it promoted', {
  timeout: LIMIT_MS,
}, async () => {
  const first = await runExample('own-log/run.mjs');
  expect(first).toMatch(/stored\s+608\b/);
  expect(first).toMatch(/USER_MISSING\s+1\b/);
  expect(first).toMatch(/TIME_INVALID\s+1\b/);
  expect(first).toMatch(/for c1003, from user: (.+, ){2}.+/);

  await whileServing(async (url) => {
    const output = await runExample('http-client/client.mjs', url);
    expect(output).toMatch(/^before {3}popular: (.+, ){4}.+$/m);
    expect(output).toMatch(/^sent .*accepted: 1, duplicates: 0/m);
    expect(output).toMatch(/^again .*accepted: 0, duplicates: 1/m);
    expect(output).toMatch(/^after {4}user: (.+, ){4}.+$/m);
    expect(output).toMatch(/^session {2}session: /m);
    expect(output).toMatch(/^like it {2}(.+, ){2}.+$/m);
    const listed = (label: string) => new RegExp(`^${label}\\s+\\w+: (.*)$`, 'm').exec(output)?.[1];
    expect(listed('after')).toBe(listed('session'));
    expect(listed('after')).not.toBe(listed('before'));
  });
});

it('offline-benchmark recomputes its figures', { timeout: LIMIT_MS }, async () => {
  const output = await runExample('offline-benchmark/run.mjs', join(work, 'benchmark'));
  expect(output).toMatch(/inductive: precision@10 (\d\.\d{6}), recomputed \1/);
  expect(output).toMatch(/itemknn: precision@10 (\d\.\d{6}), recomputed \1/);
});

it('train-in-code learns: ahead of popularity, and the nearest are of the shelf that was clicked', {
  timeout: LIMIT_MS,
}, async () => {
  const output = await runExample('train-in-code/train.mjs');
  const ndcg = (name: string) => Number(new RegExp(`${name}\\s+ndcg@10 (\\S+)`).exec(output)?.[1]);
  expect(ndcg('inductive')).toBeGreaterThan(ndcg('popularity'));
  expect(output).toMatch(/after B-103 and B-104: B-10[125-8], /);
});

it('the made logs are what make-logs.mjs writes', async () => {
  await runExample('make-logs.mjs', join(work, 'logs'));
  const logs = ['own-log/orders.csv', 'offline-benchmark/train.tsv', 'offline-benchmark/test.tsv'];
  for (const log of [...logs, 'train-in-code/clicks.jsonl']) {
    expect(await readFile(join(work, 'logs', log), 'utf8'), log).toBe(
      await readFile(join(root, 'examples', log), 'utf8'),
    );
  }
});
