import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a plain script without types
import { comparisonsOf, mergeComparisons } from '../../benchmarks/leaderboard/comparisons.mjs';
// @ts-expect-error a plain script without types
import { withDefaults } from '../../benchmarks/leaderboard/defaults-table.mjs';
// @ts-expect-error a plain script without types
import { withFigures } from '../../benchmarks/leaderboard/method-figures.mjs';
// @ts-expect-error a plain script without types
import { leaderboardPage } from '../../benchmarks/leaderboard/page.mjs';
// @ts-expect-error a plain script without types
import { setPicture } from '../../benchmarks/leaderboard/picture.mjs';
// @ts-expect-error a plain script without types
import { summarise } from '../../benchmarks/leaderboard/summary.mjs';
// @ts-expect-error a plain script without types
import { ndcgOfUsers } from '../../benchmarks/leaderboard/user-figures.mjs';

const root = new URL('../../', import.meta.url);
const results = new URL('results/leaderboard.json', root);
const report = existsSync(results) ? JSON.parse(await readFile(results, 'utf8')) : undefined;

it.skipIf(report === undefined)(
  'docs/leaderboard.md, its pictures and the figures of methods are what results/leaderboard.json gives (npm run leaderboard -- --pages-only)',
  async () => {
    expect(await readFile(new URL('docs/leaderboard.md', root), 'utf8')).toBe(leaderboardPage(report));
    for (const summary of summarise(report)) {
      const picture = new URL(`results/leaderboard/${summary.set}.svg`, root);
      expect(await readFile(picture, 'utf8')).toBe(setPicture(summary));
    }
    const pages = new URL('docs/methods/', root);
    for (const name of await readdir(pages)) {
      const page = await readFile(new URL(name, pages), 'utf8');
      expect(page).toBe(withFigures(page, name.replace('.md', ''), report));
    }
  },
);

it("the default method's page has the table of its runs, on both engines (npm run leaderboard -- --pages-only)", async () => {
  const read = async (name: string) => {
    const file = new URL(`results/${name}.json`, root);
    return existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : {};
  };
  const page = await readFile(new URL('docs/methods/auto.md', root), 'utf8');
  expect(page).toBe(withDefaults(page, await read('defaults'), await read('defaults-tensorflow')));
  const run = (seed: number, total: number) => ({
    ...{ set: 'lastfm', method: 'auto', seed, status: 'done', seconds: { total } },
    sparsestFifth: { metrics: { 'ndcg@20': 0.3 } },
    usersWithHistory: { metrics: { 'recall@20': 0.5, 'precision@20': 0.25, 'ndcg@20': 0.4 + seed / 100 } },
  });
  const other = withDefaults(page, { runs: [run(1, 20), run(2, 30)] }, { runs: [run(1, 12)] });
  expect(other.replace(/ +/g, ' ')).toContain('| .5000 | .4150 (.4100 to .4200) | 2 | .3000 | 25 | 12 |');
});

it('means over seeds, and names what has no figure', () => {
  const dataset = { users: 9, items: 8, train: 7, test: 6, testUsers: 5, newUsers: 1, mask: 'seen' };
  const run = (seed: number, ndcg: number) => ({
    ...{
      set: 'cfgan',
      method: 'ours',
      seed,
      status: 'done',
      kind: 'learned',
      dataset,
      seconds: { train: seed },
      peakRssMiB: 100 * seed,
    },
    metrics: { 'recall@20': 0.5, 'precision@20': 0.25, 'ndcg@20': ndcg },
    intervals: { 'ndcg@20': [ndcg - 0.1, ndcg + 0.1] },
    sparsestFifth: { users: 1, from: 1, to: 2, metrics: { 'ndcg@20': 0.3 } },
    usersWithHistory: { users: 4, metrics: { 'ndcg@20': 0.45 } },
  });
  const slow = { set: 'cfgan', method: 'slow', seed: 1, status: 'too long' };
  const untimed = { set: 'cfgan', method: 'timed', seed: 1, status: 'not applicable', because: 'no times' };
  const machine = { cpu: 'a', threads: 2, memoryGiB: 24, platform: 'linux' };
  const page = leaderboardPage({ machine, node: 'v20', runs: [run(1, 0.4), run(2, 0.5), slow, untimed] });
  expect(page).toContain(
    '| ours | .5000 | .2500 | .4500 (.3500 to .5500) | 2: .4000 to .5000 | .3000 | .4500 | 1.5 | 200 |',
  );
  expect(page).toContain('- slow: too long\n- timed: not applicable (no times)\n');
  expect(setPicture(summarise({ runs: [run(1, 0.4)] })[0])).toContain('>ours</text>');
  expect(page).not.toMatch(/### Representation|serves, as validation chose|†/);
});

it('says how vectors lie, what the default serves and beside which other work, where the records have it', () => {
  const run = (method: string, seed: number, more: object) => ({
    ...{ set: 'cfgan', method, seed, status: 'done', kind: 'learned', seconds: { train: 2 }, peakRssMiB: 100 },
    dataset: { users: 9, items: 8, train: 7, test: 6, testUsers: 5, newUsers: 0, mask: 'seen' },
    ...{ metrics: { 'ndcg@20': 0.4 }, intervals: { 'ndcg@20': [0.3, 0.5] }, ...more },
  });
  const vectors = (alignment: number) => ({
    ...{ alignment, userEffectiveRank: 7, itemEffectiveRank: 8, dimensions: 16 },
    activityProbe: { accuracy: 0.5, majority: 0.2 },
  });
  const union = { name: 'ease', share: 0.5, vectorShare: 1 };
  const runs = [
    run('auto', 1, { loadBefore: [3.1, 0, 0], representation: vectors(1), choices: { settings: {} } }),
    run('auto', 2, { representation: vectors(2), choices: { union, ownItemsFirst: { strengthWeight: 1 } } }),
    run('older', 1, { loadBefore: [3, 9, 9] }),
  ];
  const machine = { cpu: 'a', threads: 2, memoryGiB: 24, platform: 'linux' };
  const page = leaderboardPage({ machine, node: 'v20', runs });
  const rows = page.split('\n').map((line: string) => line.replaceAll(/ +/g, ' '));
  expect(rows).toContain('| auto | 1.50 | – | – | 7.0 of 16 | 8.0 of 16 | – | – | – | .5000, beside .2000 |');
  expect(rows.filter((line: string) => line.startsWith('| older'))).toHaveLength(1);
  expect(page).toContain(
    '`auto` serves, as validation chose: the vectors alone (seed 1); the vectors joined by 0.5 × ease, own items first (seed 2).',
  );
  expect(page).toContain('- †: other work ran beside (load above 3 on 2 threads');
  expect(page).toMatch(/\| auto .*\| 2\.0 † \|/);
  expect(page).toMatch(/\| older .*\| 2\.0 \|/);
});

it('has NDCG@20 of single users from lists and pairs to find', () => {
  const lists = [
    ['a', '1', 'x', '9'],
    ['a', '3', 'y', '7'],
    ['b', '21', 'x', '1'],
    ['c', '1', 'q', '1'],
  ];
  const pairs = [
    ['a', 'y'],
    ['a', 'z'],
    ['b', 'x'],
    ['c', 'q'],
  ];
  expect([...ndcgOfUsers(lists, pairs)]).toEqual([
    ['a', 0.5 / (1 + 1 / Math.log2(3))],
    ['b', 0],
    ['c', 1],
  ]);
});

describe('the default beside another method', () => {
  const run = (set: string, method: string, seed: number) => ({
    ...{ set, method, seed, status: 'done', date: `${method} ${seed}` },
  });
  const users = Array.from({ length: 40 }, (_, k) => `u${k}`);
  /** auto is .1 to .2 ahead, by more the later the user. */
  const figuresOf = ({ method, seed }: { method: string; seed: number }) =>
    new Map(users.map((user, k) => [user, method === 'auto' ? 0.3 + seed / 100 + k / 400 : 0.2]));

  it('is paired user by user, in each seed and over them', () => {
    const runs = ['auto', 'ease'].flatMap((method) => [1, 2].map((seed) => run('movielens-1m-random', method, seed)));
    const [found, ...others] = comparisonsOf(runs, figuresOf);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ set: 'movielens-1m-random', reference: 'auto', method: 'ease' });
    expect(
      found.seeds.map(({ difference, dates }: { difference: number; dates: string[] }) => [difference, dates]),
    ).toEqual([
      [0.15875, ['auto 1', 'ease 1']],
      [0.16875, ['auto 2', 'ease 2']],
    ]);
    const { difference, ratio, interval, users: count } = found.together;
    expect({ difference, ratio, count }).toEqual({ difference: 0.16375, ratio: 1.81875, count: 40 });
    expect(interval[0]).toBeGreaterThan(0.15);
    expect(interval[1]).toBeLessThan(0.18);
    expect(mergeComparisons([found], [], runs)).toEqual([found]);
    expect(mergeComparisons([found], [], [...runs.slice(1), { ...runs[0], date: 'anew' }])).toEqual([]);
  });

  it('takes the one run of a method that draws nothing for each seed, only where the split is fixed', () => {
    const seedsOn = (set: string) => {
      const runs = [run(set, 'auto', 1), run(set, 'auto', 2), run(set, 'ease', 1)];
      return comparisonsOf(runs, figuresOf)[0].seeds.map(({ seed }: { seed: number }) => seed);
    };
    expect(seedsOn('cfgan')).toEqual([1, 2]);
    expect(seedsOn('movielens-1m-random')).toEqual([1]);
  });
});
