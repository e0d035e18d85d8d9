import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killAll, kindred } from './kindred-process.js';

// What the files hold is tested in packages/pipeline/test/benchmark.test.ts; here: the flags.
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kindred-benchmark-'));
  const rows = Array.from(
    { length: 400 },
    (_, k) => `u${k % 20},i${((k % 20) + 7 * ((k / 20) | 0)) % 61},${1_700_000_000 + k}\n`,
  );
  writeFileSync(join(folder, 'data.csv'), `user_id,item_id,timestamp\n${rows.join('')}`);
  writeFileSync(join(folder, 'train.csv'), `user_id,item_id,timestamp\n${rows.slice(0, 300).join('')}`);
  writeFileSync(join(folder, 'valid.csv'), `user_id,item_id,timestamp\n${rows.slice(300, 340).join('')}`);
  writeFileSync(join(folder, 'test.csv'), `user_id,item_id,timestamp\n${rows.slice(340).join('')}`);
  writeFileSync(join(folder, 'bad.csv'), 'user_id,item_id,timestamp\nu,i,1\nu,i,soon\n');
});
afterAll(async () => {
  await killAll();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const benchmark = (...args: string[]) => kindred(['benchmark', '--engine', 'cpu', '--out', at('out'), ...args], {});
const GIVEN = () => ['--train', at('train.csv'), '--test', at('test.csv')];

test('needs no database and leaves no folder but its own', async () => {
  const methods = ['--method', 'two-tower', '--method', 'ease', '--set', 'two-tower.epochs=1', '--set', 'lambda=30'];
  const { code, stdout, stderr } = await kindred(
    [
      'benchmark',
      ...GIVEN(),
      '--valid',
      at('valid.csv'),
      ...methods,
      '--seeds',
      '2',
      '--engine',
      'cpu',
      '--out',
      at('own'),
      '--json',
    ],
    { KINDRED_DATA_DIR: at('never'), KINDRED_DATABASE_URL: 'postgres://127.0.0.1:1/nothing' },
  );
  expect(code, stderr).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toEqual(JSON.parse(readFileSync(at('own/metrics.json'), 'utf8')));
  expect(
    report.methods.map(({ name, seed, settings }: { name: string; seed: number; settings: object }) => [
      name,
      seed,
      settings,
    ]),
  ).toEqual([
    ['two-tower', 1, expect.objectContaining({ epochs: 1 })],
    ['two-tower', 2, expect.objectContaining({ epochs: 1 })],
    ['ease', 1, expect.objectContaining({ lambda: 30 })],
  ]);
  expect(() => readFileSync(at('never'))).toThrow('ENOENT');
});

test('prints a table of every method, and where the files are', async () => {
  const data = ['--data', at('data.csv'), '--split', 'time', '--test-share', '.2', '--include-seen'];
  const { code, stdout } = await benchmark(...data, '--method', 'popularity', '--method', 'recent-popularity');
  expect(code).toBe(0);
  expect(stdout).toMatch(/method +seed +precision@10 +recall@20 +ndcg@20 +coverage@10/);
  expect(stdout).toMatch(/^ recent-popularity +1 +0\.\d{4}/m);
  expect(stdout).toContain('time split, mask none');
});

test('says which flag or which cell is wrong, and leaves', async () => {
  const data = ['--data', at('data.csv')];
  const cases: [string[], string][] = [
    [[...GIVEN(), '--method', 'popularty'], 'did you mean popularity?'],
    [[...GIVEN(), '--split', 'time'], '--split goes with --data'],
    [[...GIVEN(), '--test-days', '7'], '--test-days goes with --data'],
    [[...GIVEN(), '--seeds', '0'], '--seeds'],
    [[...GIVEN(), '--search', '0'], '--search'],
    [[...GIVEN(), '--search', '3', '--method', 'popularity'], 'none of popularity declares a setting to search'],
    [[...GIVEN(), '--search', '3', '--search-kind', 'grid'], 'random, halving'],
    [[...GIVEN(), '--set', 'two-tower.temprature=1', '--method', 'two-tower'], 'nearest is temperature'],
    [[...GIVEN(), '--set', 'temperature=9', '--method', 'two-tower'], 'from 0.03 to 2'],
    [['--train', at('train.csv')], '--test'],
    [data, '--split'],
    [[...data, ...GIVEN()], 'either --data'],
    [[...data, '--split', 'tme'], 'did you mean time?'],
    [[...data, '--split', 'time', '--test-share', '.5'], '--test-share'],
    [[...data, '--split', 'time', '--test-days', 'ten'], '--test-days'],
    [['--data', at('bad.csv'), '--split', 'random'], 'bad.csv:3: column timestamp "soon"'],
  ];
  for (let k = 0; k < cases.length; k += 5) {
    await Promise.all(
      cases.slice(k, k + 5).map(async ([args, message]) => {
        const { code, stdout, stderr } = await benchmark(...args, '--json');
        expect(code, stderr).toBe(2);
        expect(JSON.parse(stdout).error.message).toContain(message);
      }),
    );
  }
});
