import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEngine } from '@kindred/compute';
import { syntheticShop } from '@kindred/datasets';
import type { Event } from '@kindred/domain';
import { DEFAULT_METHOD, getBaseline } from '@kindred/models';
import { decodeSafetensors, itemDistribution } from '@kindred/models/artefact';
import { buildSnapshotInMemory } from '@kindred/pairs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { chooseTraining, refit } from '../src/fit-method.js';
import { type BenchmarkReport, type BenchmarkRequest, benchmark, silentProgress } from '../src/index.js';
import { trainedHistory } from '../src/trained-history.js';
import { byUser, recomputedMetrics } from './recomputed-metrics.js';
import { readTsv, scratchFolder, shopPairs, writeTsv } from './table-files.js';

const scratch = scratchFolder();
afterAll(() => scratch.remove());

const HEADER = ['user_id', 'item_id', 'timestamp'];
const SMALL = { epochs: 2, dimensions: 8 };
/** Leaves the probes nothing to climb but whether users get a vector of their own. */
const PINNED = { ...SMALL, temperature: 0.2, offsetStrength: 1, negativeWeight: 1 };
const SETTINGS = {
  'two-tower': SMALL,
  inductive: { ...PINNED, userTable: 'off' },
  auto: PINNED,
};
const CUTOFFS = [1, 5, 10, 20, 50];

// Two rows of seven are test; some users are in test only, and so is one item.
const pairs = shopPairs(3);
const isTest = ([user]: readonly unknown[], k: number) => k % 7 < 2 || user === pairs[0]?.[0];
const train = writeTsv(
  scratch.path('train.tsv.gz'),
  HEADER,
  pairs.filter((pair, k) => !isTest(pair, k)),
);
const testRows = [...pairs.filter(isTest), [pairs[5]?.[0] ?? '', 'never seen', 1_760_000_000] as const];
const test = writeTsv(scratch.path('test.tsv'), HEADER, testRows);

let runs = 0;
async function run(request: Partial<BenchmarkRequest>): Promise<{ report: BenchmarkReport; out: string }> {
  const out = scratch.path(`out-${runs++}`);
  const methods = request.methods ?? ['two-tower', 'inductive', 'popularity'];
  const report = await benchmark({
    source: { train, test },
    pair: {},
    methods,
    settings: Object.fromEntries(Object.entries(SETTINGS).filter(([name]) => methods.includes(name))),
    engine: 'cpu',
    seed: 1,
    seeds: 1,
    mask: 'seen',
    out,
    progress: silentProgress,
    ...request,
  });
  return { report, out };
}

let ordinary: ReturnType<typeof run> | undefined;
/** One benchmark as it comes, whose files several tests look at and none changes. */
function ordinaryRun(): ReturnType<typeof run> {
  ordinary ??= run({});
  return ordinary;
}

/** Compares metrics.json with what recommendations and the given pairs come to. */
function expectReproduced(out: string, wantedRows: readonly (readonly string[])[]): void {
  const report = JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8')) as BenchmarkReport;
  const wanted = new Map([...byUser(wantedRows, 1)].map(([user, items]) => [user, new Set(items)]));
  expect(report.dataset.testUsers).toBe(wanted.size);
  expect(report.dataset.test).toBe([...wanted.values()].reduce((sum, items) => sum + items.size, 0));
  const seen = new Set<string>();
  for (const { name, metrics, seed } of report.methods) {
    if (seen.has(name)) continue;
    seen.add(name);
    const rows = readTsv(join(out, `recommendations.${name}.tsv.gz`));
    const lists = byUser(rows, 2);
    expect(new Set(lists.keys())).toEqual(new Set(wanted.keys()));
    for (const ranks of byUser(rows, 1).values()) expect(ranks).toEqual(ranks.map((_, at) => String(at + 1)));
    for (const scores of byUser(rows, 3).values()) {
      const numbers = scores.map(Number);
      expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
    }
    for (const k of CUTOFFS) {
      for (const [metric, value] of Object.entries(recomputedMetrics(lists, wanted, k))) {
        expect(metrics[metric], `${name} ${metric} seed ${seed}`).toBeCloseTo(value, 10);
      }
    }
    const listed = [...lists.values()];
    const top = new Set(listed.flatMap((items) => items.slice(0, 10)));
    expect(metrics['coverage@10']).toBeCloseTo(top.size / report.dataset.items, 10);
  }
}

function vectorsOf(out: string, name: string) {
  const file = `embeddings.${name}.safetensors`;
  const { users, items } = decodeSafetensors(readFileSync(join(out, file)), file);
  if (users === undefined || items === undefined) throw new Error(`${file} lacks users or items`);
  return { users, items };
}

describe('the files of a benchmark', () => {
  it('reproduce its metrics from the recommendations and the test file, new users and items included', async () => {
    const { report, out } = await run({ seeds: 2 });
    expectReproduced(
      out,
      testRows.map(([user, item]) => [String(user), String(item)]),
    );
    expect(readTsv(join(out, 'test.tsv.gz')).length).toBe(report.dataset.test);
    const trained = new Set(readTsv(train).map(([user]) => user));
    const newUsers = new Set(testRows.map(([user]) => user).filter((user) => !trained.has(user))).size;
    expect(report.dataset).toMatchObject({ newUsers, split: 'given', mask: 'seen' });
    expect(newUsers).toBeGreaterThan(0);
    expect(report.methods.map(({ name, seed }) => `${name} ${seed}`)).toEqual([
      'two-tower 1',
      'two-tower 2',
      'inductive 1',
      'inductive 2',
      'popularity 1',
    ]);
  });

  it('have the names and fields of the contract', async () => {
    const { out } = await ordinaryRun();
    expect(readdirSync(out).sort()).toEqual([
      'embeddings.inductive.safetensors',
      'embeddings.two-tower.safetensors',
      'items.tsv',
      'metrics.json',
      'recommendations.inductive.tsv.gz',
      'recommendations.popularity.tsv.gz',
      'recommendations.two-tower.tsv.gz',
      'report.html',
      'test.tsv.gz',
      'users.tsv',
    ]);
    const { dataset, methods } = JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8'));
    expect(dataset).toMatchObject({ users: expect.any(Number), items: expect.any(Number) });
    expect(dataset).toMatchObject({ train: expect.any(Number), test: expect.any(Number) });
    for (const method of methods) {
      expect(method).toMatchObject({
        name: expect.any(String),
        settings: expect.any(Object),
        engine: expect.any(String),
        seed: 1,
        seconds: { train: expect.any(Number), total: expect.any(Number) },
        peakRssBytes: expect.any(Number),
        buckets: expect.any(Array),
        curve: expect.any(Array),
      });
      for (const metric of ['precision', 'recall', 'ndcg', 'hitRate', 'map', 'mrr', 'coverage']) {
        for (const k of CUTOFFS) expect(method.metrics[`${metric}@${k}`]).toBeTypeOf('number');
      }
      const [low, high] = method.intervals['ndcg@20'];
      expect(low).toBeLessThanOrEqual(method.metrics['ndcg@20']);
      expect(high).toBeGreaterThanOrEqual(method.metrics['ndcg@20']);
    }
  });

  it('say what validation chose, and by which figures', async () => {
    const { report, out } = await run({ methods: ['auto', 'two-tower', 'popularity'] });
    const written = JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8')) as BenchmarkReport;
    const [auto, twoTower, popularity] = written.methods.map(({ choices }) => choices);
    expect(auto?.probes.map(({ settings }) => settings)).toEqual([{}, { userTable: 'on' }]);
    expect(auto?.probes[0]?.serving).toMatchObject({ shrinkage: expect.any(Number) });
    const { priorWindowDays, priorStrength } = auto?.probes[(auto?.kept ?? 0) - 1]?.serving ?? {};
    expect(auto?.settings).toMatchObject({ priorWindowDays, priorStrength, shrinkage: auto?.shrinkage?.shrinkage });
    expect(auto?.shrinkage?.because).toMatch(/^histories are shrunk by \d+: .* NDCG@20 is 0\.\d+ on average/);
    expect(report.methods[0]?.settings).toMatchObject(auto?.settings ?? {});
    expect(auto?.union?.candidates.map(({ name }) => name)).toContain('vectors + 0.5 ease');
    expect(auto?.union?.because[0]).toMatch(/NDCG@20 0\.\d+ against 0\.\d+/);
    expect([twoTower, popularity]).toEqual([undefined, undefined]);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    for (const text of ['Chosen on validation', 'userTable on', 'vectors + 0.5 ease']) expect(page).toContain(text);
  });

  it('are, where no method is named, of the default one and the baselines that take so many items', async () => {
    const limit = vi.spyOn(getBaseline('ease'), 'limit', 'get');
    const settings = { [DEFAULT_METHOD]: { ...PINNED, userTable: 'off', union: 'off' } };
    const ran = async () => {
      const said: string[] = [];
      const progress = { ...silentProgress, say: (line: string) => said.push(line) };
      const { report } = await run({ methods: [], settings, progress });
      return { names: report.methods.map(({ name }) => name), leftOut: said.filter((line) => /left out/.test(line)) };
    };
    limit.mockReturnValue(undefined);
    const all = await ran();
    limit.mockReturnValue({ items: 10, because: 'is small', bytesOf: (items) => items });
    const few = await ran();
    limit.mockRestore();
    const others = ['popularity', 'recent-popularity', 'itemknn'];
    expect(all).toEqual({ names: [DEFAULT_METHOD, ...others, 'ease'], leftOut: [] });
    expect(few).toEqual({
      names: [DEFAULT_METHOD, ...others],
      leftOut: ['ease is left out: too many items for it'],
    });
  });

  it('say whether short histories are augmented', async () => {
    const { report, out } = await run({ methods: ['two-tower', 'popularity'], augment: 'self' });
    const [learned, plain] = report.methods.map(({ augmentation }) => augmentation);
    expect(learned?.augmentation?.source).toBe('self');
    expect(plain).toBeUndefined();
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    for (const text of ['Users with few items', 'self (kept)']) expect(page).toContain(text);
    await expect(run({ augment: 'myself' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('are of one benchmark: those of an earlier one in the folder go', async () => {
    const { out } = await run({ methods: ['popularity'] });
    await run({ methods: ['recent-popularity'], out });
    expect(readdirSync(out)).toContain('recommendations.recent-popularity.tsv.gz');
    expect(readdirSync(out)).not.toContain('recommendations.popularity.tsv.gz');
  });

  it('rank by inner product: the vectors give the recommendations', async () => {
    const { out } = await ordinaryRun();
    const users = readTsv(join(out, 'users.tsv')).map(([id]) => id as string);
    const items = readTsv(join(out, 'items.tsv')).map(([id]) => id as string);
    const seen = byUser(readTsv(train), 1);
    for (const name of ['inductive', 'two-tower']) {
      const vectors = vectorsOf(out, name);
      const dimensions = vectors.users.shape[1] as number;
      expect(vectors.users.shape).toEqual([users.length, dimensions]);
      expect(vectors.items.shape).toEqual([items.length, dimensions]);
      for (const [user, listed] of byUser(readTsv(join(out, `recommendations.${name}.tsv.gz`)), 2)) {
        const row = users.indexOf(user);
        const scores = items.map((_, item) => dot(vectors.users.data, row, vectors.items.data, item, dimensions));
        const allowed = items.filter((item) => !seen.get(user)?.includes(item));
        const scoreOf = new Map(items.map((item, at) => [item, scores[at] as number]));
        const ranked = allowed.toSorted((a, b) => (scoreOf.get(b) ?? 0) - (scoreOf.get(a) ?? 0)).slice(0, 50);
        // Sums in another order differ in the last digits: equal up to swaps of what is as good as equal.
        expect(listed.length).toBe(ranked.length);
        listed.forEach((item, at) => {
          expect(Math.abs((scoreOf.get(item) ?? 0) - (scoreOf.get(ranked[at] as string) ?? 1))).toBeLessThan(1e-4);
        });
      }
    }
  });

  it('hold a page that loads nothing from anywhere', async () => {
    const { out } = await ordinaryRun();
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).toContain('<svg');
    expect(page).not.toMatch(/(?:src|href)\s*=\s*["']?\s*(?:https?:)?\/\//i);
    expect(page).not.toMatch(/@import|url\(\s*["']?(?!#|data:)/i);
    expect(page).not.toMatch(/<script[^>]+src|<link|<iframe/i);
  });
});

describe('what a benchmark learns from', () => {
  it('is never the test: other test rows leave every vector as it is, byte for byte', async () => {
    const other = writeTsv(
      scratch.path('other-test.tsv'),
      HEADER,
      pairs.filter(isTest).map(([user, item, time], k) => [k % 3 === 0 ? `new ${k}` : user, item, time - k * 1000]),
    );
    const request = { methods: ['two-tower', 'inductive', 'itemknn'] };
    const before = await run(request);
    const after = await run({ ...request, source: { train, test: other } });
    const knownUsers = readTsv(join(before.out, 'users.tsv')).length - before.report.dataset.newUsers;
    for (const name of ['inductive', 'two-tower']) {
      const [a, b] = [vectorsOf(before.out, name), vectorsOf(after.out, name)];
      expect(Buffer.from(a.items.data.buffer).equals(Buffer.from(b.items.data.buffer))).toBe(true);
      const length = knownUsers * (a.users.shape[1] as number);
      expect(a.users.data.slice(0, length)).toEqual(b.users.data.slice(0, length));
    }
    const settings = (report: BenchmarkReport) => report.methods.map((method) => method.settings);
    expect(settings(after.report)).toEqual(settings(before.report));
    expect(after.report.methods[0]?.metrics).not.toEqual(before.report.methods[0]?.metrics);
    expect(readFileSync(join(before.out, 'items.tsv'))).toEqual(readFileSync(join(after.out, 'items.tsv')));
  });

  it.each(['dae', 'conditional-gan'])(
    'is never the test: %s makes the same of everybody, byte for byte',
    async (method) => {
      const engine = await loadEngine('cpu');
      const events = (rows: readonly (readonly [string, string, number])[]) => [
        rows.map(([userId, itemId, time]) => ({ userId, itemId, type: 'interaction', timeMs: 1000 * time }) as Event),
      ];
      const madeOf = async (learned: typeof pairs, held: typeof pairs) => {
        const snapshot = await buildSnapshotInMemory({ train: events(learned), test: events(held) });
        const fit = { method, settings: SMALL, engine, seed: 1, progress: silentProgress };
        const chosen = await chooseTraining(await snapshot.part('select'), fit);
        const part = await snapshot.part('evaluate');
        const { artefact } = await refit(part, fit, chosen);
        return part.users.map((_, user) => {
          const [items, strengths, times] = trainedHistory(part, user);
          return itemDistribution(artefact, items, strengths, 7, times);
        });
      };
      const learned = pairs.filter((pair, k) => !isTest(pair, k));
      const held = pairs.filter(isTest);
      // Everybody is asked for what somebody else was.
      const others = held.map(([user, , time], k): (typeof pairs)[number] => {
        const [, item] = held[(k + 5) % held.length] as (typeof pairs)[number];
        return [user, item, time + 1];
      });
      const made = await madeOf(learned, held);
      expect(made.length).toBeGreaterThan(50);
      expect(await madeOf(learned, others)).toEqual(made);
      expect(await madeOf([...learned.slice(1), ...held.slice(0, 1)], held.slice(1))).not.toEqual(made);
      await engine.dispose();
    },
  );

  it('is the same with the same seed, whichever methods stand beside, another with another', async () => {
    const bytes = (out: string) => readFileSync(join(out, 'embeddings.two-tower.safetensors'));
    const methods = ['two-tower'];
    const [first, again, other] = [await ordinaryRun(), await run({ methods }), await run({ methods, seed: 2 })];
    expect(bytes(again.out).equals(bytes(first.out))).toBe(true);
    expect(bytes(other.out).equals(bytes(first.out))).toBe(false);
    expect(again.report.methods[0]?.metrics).toEqual(first.report.methods[0]?.metrics);
  });

  it('takes the validation file that is given', async () => {
    const rows = readTsv(train);
    const valid = writeTsv(scratch.path('valid.tsv'), HEADER, rows.slice(-80));
    const rest = writeTsv(scratch.path('rest.tsv'), HEADER, rows.slice(0, -80));
    const { report } = await run({ source: { train: rest, valid, test }, methods: ['two-tower'] });
    const whole = await run({ methods: ['popularity'] });
    expect(report.dataset).toEqual(whole.report.dataset);
  });
});

describe('the splits that a benchmark makes', () => {
  const data = writeTsv(scratch.path('data.tsv'), HEADER, pairs);
  it.each(['time', 'last', 'random'] as const)('%s: what it says of itself can be computed again', async (kind) => {
    const { out, report } = await run({
      source: { data },
      pair: { split: { kind } },
      methods: ['popularity', 'itemknn'],
    });
    expect(report.dataset.split).toBe(kind);
    expectReproduced(out, readTsv(join(out, 'test.tsv.gz')));
  });

  it('what the user has is masked, or is not', async () => {
    // What was bought is bought again, an hour later.
    const bought = readTsv(train).slice(0, 40);
    const later = bought.map(([user, item, time]) => [user as string, item as string, Number(time) + 3600]);
    const again = writeTsv(scratch.path('again.tsv'), HEADER, [...testRows, ...later]);
    const repeats = new Set(bought.map(([user, item]) => `${user}\t${item}`));
    const source = { train, test: again };
    const methods = ['popularity'];
    const hidden = await run({ source, methods });
    const shown = await run({ source, methods, mask: 'none' });
    expect(shown.report.dataset.test).toBe(hidden.report.dataset.test + repeats.size);
    expectReproduced(
      shown.out,
      readTsv(again).map(([user, item]) => [user as string, item as string]),
    );
    expectReproduced(
      hidden.out,
      testRows.map(([user, item]) => [String(user), String(item)]),
    );
    const recommended = (out: string) =>
      readTsv(join(out, 'recommendations.popularity.tsv.gz')).map(([user, , item]) => `${user}\t${item}`);
    expect(recommended(hidden.out).filter((pair) => repeats.has(pair))).toEqual([]);
    expect(recommended(shown.out).filter((pair) => repeats.has(pair)).length).toBeGreaterThan(0);
  });
});

describe('what a benchmark refuses', () => {
  const table = (name: string, header: readonly string[], ...rows: (readonly (string | number)[])[]) =>
    writeTsv(scratch.path(name), header, rows);
  const timed = table('timed.tsv', HEADER, ['u', 'i', 5], ['u', 'j', 6]);
  it.each([
    ['METHOD_UNKNOWN', 'did you mean ease?', { methods: ['eas'] }],
    ['METHOD_UNKNOWN', 'give each method by itself', { methods: ['ease,slim'] }],
    ['SETTING_UNKNOWN', 'the nearest is epochs', { settings: { epochz: 3 }, methods: ['two-tower'] }],
    ['SETTING_UNKNOWN', 'nearest is lambda', { settings: { lamda: 3 }, methods: ['ease', 'popularity'] }],
    ['SETTING_UNKNOWN', 'not among the methods', { settings: { ease: { lambda: 3 } } }],
    ['CONFIG_INVALID', 'lambda', { settings: { ease: { lambda: -3 } }, methods: ['ease'] }],
    ['SETTING_UNKNOWN', 'halfLifeDay', { pair: { halfLifeDay: 3 } as object }],
    ['CONFIG_INVALID', 'popularity is none', { augment: 'auto', methods: ['popularity'] }],
    [
      'MAPPING_INVALID',
      'none of the',
      { items: table('other-items.tsv', ['item_id', 'title'], ['nowhere', 'Nothing']), methods: ['popularity'] },
    ],
    ['FILE_NOT_FOUND', 'nothing.tsv', { source: { train, test: 'nothing.tsv' } }],
    [
      'MAPPING_INVALID',
      'no column user_id; it has: user, item',
      { source: { train, test: table('a.tsv', ['user', 'item'], ['u', 'i']) } },
    ],
    [
      'USER_MISSING',
      'b.tsv:3: column user_id is empty',
      { source: { train, test: table('b.tsv', HEADER, ['u', 'i', 1], ['', 'i', 1]) } },
    ],
    [
      'ITEM_INVALID',
      'c.tsv:2: column item_id',
      { source: { train: table('c.tsv', HEADER, ['u', 'i'.repeat(257), 1]), test } },
    ],
    [
      'TIME_INVALID',
      'd.tsv:2: column timestamp "soon"',
      { source: { data: table('d.tsv', HEADER, ['u', 'i', 'soon']) } },
    ],
    [
      'VALUE_INVALID',
      'e.tsv:3: column rating "1e39"',
      { source: { data: table('e.tsv', ['user_id', 'item_id', 'rating'], ['u', 'i', 1], ['u', 'j', '1e39']) } },
    ],
    ['LINE_MALFORMED', 'f.tsv:2: 4 fields', { source: { data: table('f.tsv', HEADER, ['u', 'i', 1, 2]) } }],
    ['FILE_EMPTY', 'g.tsv', { source: { data: table('g.tsv', HEADER) } }],
    [
      'SPLIT_INVALID',
      'use random',
      { source: { data: table('h.tsv', ['user_id', 'item_id'], ['u', 'i']) }, pair: { split: { kind: 'time' } } },
    ],
    [
      'DATA_EMPTY',
      'masked as seen',
      { source: { train: timed, test: table('i.tsv', HEADER, ['u', 'i', 9]) }, methods: ['popularity'] },
    ],
    ['SPLIT_LEAK', 'stands in two sets', { source: { train: timed, test: table('j.tsv', HEADER, ['u', 'i', 5]) } }],
    ['USAGE', 'nothing can be written', { out: timed }],
  ] as const)('%s: %s', async (code, message, request) => {
    await expect(run(request as Partial<BenchmarkRequest>)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('gives a setting to each method that has it, and to no other', async () => {
    const settings = { strengths: 'given', ease: { lambda: 7 } };
    const { report } = await run({ methods: ['popularity', 'itemknn', 'ease'], settings });
    const given = Object.fromEntries(report.methods.map((method) => [method.name, method.settings]));
    expect(given.ease).toMatchObject({ lambda: 7, strengths: 'given' });
    expect(given.itemknn).toMatchObject({ strengths: 'given' });
    expect(given.popularity).not.toHaveProperty('strengths');
  });
});

function dot(a: ArrayLike<number>, rowA: number, b: ArrayLike<number>, rowB: number, dimensions: number): number {
  let sum = 0;
  for (let d = 0; d < dimensions; d++) {
    sum += (a[rowA * dimensions + d] as number) * (b[rowB * dimensions + d] as number);
  }
  return sum;
}

describe('benchmark with a catalogue', () => {
  const shop = syntheticShop({ users: 70, items: 90, events: 2600, seed: 3 });
  const items = writeTsv(
    scratch.path('items.tsv'),
    ['item_id', 'title', 'category'],
    shop.items.map(({ itemId, title, category }) => [itemId, title ?? '', category ?? '']),
  );

  it('gives texts to the methods that read, and measures how vectors lie', async () => {
    const settings = { ...SMALL, textBuckets: 128 };
    const { report, out } = await run({ methods: ['clip', 'popularity'], settings, items });
    const [clip, popularity] = report.methods;
    expect(clip?.settings).toMatchObject({ textBuckets: 128 });
    expect(clip?.representation).toMatchObject({ dimensions: 8 });
    expect(clip?.representation?.itemEffectiveRank).toBeGreaterThan(1);
    expect(clip?.representation?.categoryProbe?.classes).toBeGreaterThan(1);
    expect(popularity?.representation).toBeUndefined();
    const written = JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8')) as BenchmarkReport;
    expect(written.methods[0]?.representation?.alignment).toBe(clip?.representation?.alignment);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('<h2>Vectors</h2>');
  });

  it('measures what was learned of a vector, not what brings items to equal lengths', async () => {
    const { report, out } = await run({ methods: ['ultragcn'], settings: SMALL });
    const vectors = decodeSafetensors(readFileSync(join(out, 'embeddings.ultragcn.safetensors')), 'embeddings');
    expect(vectors.items?.shape[1]).toBe(8 + 2);
    expect(report.methods[0]?.representation).toMatchObject({ dimensions: 8 });
  });

  it('shows what generators make, by the titles of the catalogue', async () => {
    const { out } = await run({ methods: ['dae', 'conditional-gan', 'popularity'], settings: SMALL, items });
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    const [before, generated = ''] = page.split('<h2>What is generated</h2>');
    expect(before).not.toContain(': samples');
    for (const name of ['dae', 'conditional-gan']) expect(generated).toContain(`<h3>${name}: samples</h3>`);
    expect(generated).not.toContain('popularity: samples');
    expect(generated).toContain('conditional-gan: losses of both sides');
    expect(shop.items.some(({ title }) => title !== undefined && generated.includes(title))).toBe(true);
    const { out: other } = await ordinaryRun();
    expect(readFileSync(join(other, 'report.html'), 'utf8')).not.toContain('What is generated');
  });

  it('says what is missing where a method reads and there is nothing to read', async () => {
    await expect(run({ methods: ['clip'], settings: SMALL })).rejects.toMatchObject({ code: 'DATA_EMPTY' });
  });
});
