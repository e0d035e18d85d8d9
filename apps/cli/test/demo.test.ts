import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { syntheticShop } from '@kindred/datasets';
import { countEvents, storeEventBatch } from '@kindred/storage';
import { openTestDatabase } from '@kindred/storage/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { killAll, kindred, untilNoneNames } from './kindred-process.js';

let folder: string;
let env: Record<string, string>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kindred-demo-'));
  mkdirSync(join(folder, 'nothing'));
  env = { KINDRED_DATA_DIR: join(folder, 'data'), KINDRED_DATASETS: join(folder, 'nothing') };
});
afterEach(() => killAll());
afterAll(async () => {
  await untilNoneNames(folder);
  rmSync(folder, { recursive: true, force: true });
});

const demo = (...args: string[]) => kindred(['demo', '--exit', '--json', ...args], env);

describe('kindred demo --exit --json', () => {
  it('without a real log goes on with a made shop, says so, and prints one object; and once more in the same folder', async () => {
    const first = await demo();
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toContain('`kindred datasets pull uci-online-retail` brings one');
    expect(first.stderr).toContain('SYNTHETIC');
    const result = JSON.parse(first.stdout);
    expect(Object.keys(result).sort()).toEqual(
      ['dataset', 'evaluate', 'index', 'ingest', 'pair', 'recommendations', 'seconds', 'train'].sort(),
    );
    expect(result.dataset).toMatchObject({ name: 'synthetic', synthetic: true });
    expect(result.ingest).toMatchObject({ read: 24_000, stored: 24_000, duplicates: 0 });
    const { metrics, baselines } = result.evaluate;
    expect(metrics['ndcg@20']).toBeGreaterThan(baselines.popularity['ndcg@20']);
    expect(result.index.recallAt10).toBeGreaterThanOrEqual(0.98);
    expect(result.recommendations).toHaveLength(3);
    for (const { userId, items } of result.recommendations) {
      expect(userId).toMatch(/^customer-/);
      expect(items).toHaveLength(5);
      for (const item of items) {
        expect(Object.keys(item).sort()).toEqual(['itemId', 'score', 'title']);
        expect(item.title).toMatch(/\w/);
        expect(item.score).toBeTypeOf('number');
      }
    }

    const second = await demo();
    expect(second.code, second.stderr).toBe(0);
    const again = JSON.parse(second.stdout);
    expect(again.ingest).toMatchObject({ read: 24_000, stored: 0, duplicates: 24_000 });
    expect(again.pair.snapshotId).toBe(result.pair.snapshotId);
    expect(again.train.modelId).not.toBe(result.train.modelId);
    const users = ({ recommendations }: typeof result) => recommendations.map((one: { userId: string }) => one.userId);
    expect(users(again)).toEqual(users(result));
  }, 180_000);

  it('never mixes its events with those of a database that is given', async () => {
    const database = await openTestDatabase();
    try {
      const { events } = syntheticShop({ users: 5, items: 12, events: 20, seed: 1 });
      await storeEventBatch(database.db, events, 'api');
      const refused = await demo('--database-url', database.url);
      expect([refused.code, JSON.parse(refused.stdout).error.code]).toEqual([2, 'CONFLICT']);
      expect(await countEvents(database.db)).toBe(20);
    } finally {
      await database.close();
    }
  });

  it.each([
    ['nothing', 'USAGE', 'uci-online-retail, movielens-100k, synthetic'],
    ['movielens-100k', 'DATASET_ABSENT', 'kindred datasets pull movielens-100k'],
  ])('--dataset %s: exit 2, before anything is started', async (name, code, message) => {
    const dataDir = join(folder, 'untouched');
    const refused = await demo('--dataset', name, '--data-dir', dataDir);
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stdout).error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(() => readdirSync(dataDir)).toThrow('ENOENT');
  });
});

const hasScript = (() => {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
})();

/** Runs the demo on a terminal and types the answers when they are asked for. */
async function onTerminal(answers: readonly (readonly [question: string, keys: string])[]) {
  const program = fileURLToPath(new URL('../bin/kindred.js', import.meta.url));
  const { PATH = '', HOME = '' } = process.env;
  const command = `exec '${process.execPath}' '${program}' demo --exit --data-dir '${join(folder, 'terminal')}'`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { PATH, HOME, SHELL: '/bin/sh', TERM: 'xterm', ...env },
    stdio: 'pipe',
  });
  const left = [...answers];
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
    for (let [next] = left; next !== undefined && output.includes(next[0]); [next] = left) {
      left.shift();
      child.stdin.write(next[1]);
    }
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, output };
}

describe.skipIf(!hasScript)('kindred demo on a terminal (needs script of util-linux)', () => {
  const QUESTION = 'Fetch uci-online-retail from its publisher into';
  const CTRL_C = '\x03';

  it('offers to fetch a real log; no leads to the made shop', async () => {
    const { code, output } = await onTerminal([
      [QUESTION, 'n\r'],
      ['SYNTHETIC', ''],
      ['the API listens', CTRL_C],
    ]);
    expect(output).toContain('(kindred datasets pull uci-online-retail)? [y/N]');
    expect(output.indexOf('SYNTHETIC')).toBeGreaterThan(output.indexOf(QUESTION));
    expect(code, output).toBe(130);
  });

  it('Ctrl-C at the question ends it', async () => {
    const { code, output } = await onTerminal([[QUESTION, CTRL_C]]);
    expect(code, output).toBe(130);
    expect(output).not.toContain('SYNTHETIC');
  });
});
