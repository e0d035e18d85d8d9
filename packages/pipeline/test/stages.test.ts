import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { syntheticShop } from '@kindred/datasets';
import type { Event, ItemId, RunStage, UserId } from '@kindred/domain';
import { decodeSafetensors, loadArtefact } from '@kindred/models/artefact';
import { findCurrentPromotion, getModel, listRuns, storeEventBatch } from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EvaluateResult, executeRun, exportModel, type StageResults, silentProgress } from '../src/index.js';
import { readTsv, scratchFolder } from './table-files.js';

const scratch = scratchFolder();
let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(async () => {
  scratch.remove();
  await database.close();
});

const SMALL = { engine: 'cpu', method: 'two-tower', set: { epochs: 2, dimensions: 8 }, index: 'exact' };

/** Does stages on the events that are stored. */
async function run(
  dataDir: string,
  stages: readonly RunStage[],
  settings: Readonly<Record<string, unknown>> = {},
): Promise<StageResults> {
  const surroundings = { database, dataDir: scratch.path(dataDir), threads: 1, progress: silentProgress };
  const { results } = await executeRun(surroundings, { stages, settings: { ...SMALL, ...settings } });
  return results as unknown as StageResults;
}

async function store(events: readonly Event[]): Promise<void> {
  await database.pool.query(
    'TRUNCATE kindred.events, kindred.items, kindred.runs, kindred.run_events, kindred.snapshots, kindred.models, kindred.promotions',
  );
  for (let k = 0; k < events.length; k += 5000) await storeEventBatch(database.db, events.slice(k, k + 5000), 'test');
}

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2025, 0, 1);
let serial = 0;
function event(user: string, item: string, type = 'purchase', day: number | undefined = 0, value?: number): Event {
  const timeMs = day === undefined ? undefined : START_MS + day * DAY_MS;
  const ids = { id: `e${serial++}`, userId: user as UserId, itemId: item as ItemId };
  return { ...ids, type, timeMs, value, properties: undefined };
}
/** 30 users with 8 different items of 20 each, spread over 40 days. */
const plain = (type: string, value: (k: number) => number | undefined = () => undefined) =>
  Array.from({ length: 240 }, (_, k) =>
    event(`u${k % 30}`, `i${((k % 30) + 3 * ((k / 30) | 0)) % 20}`, type, (k / 6) | 0, value(k)),
  );

const WHOLE: readonly RunStage[] = ['pair', 'train', 'evaluate', 'index', 'promote'];

describe('logs of a kind of their own', () => {
  it.each<[string, () => Event[], string]>([
    ['no events', () => [], 'DATA_EMPTY'],
    ['one event', () => [event('u', 'i')], 'DATA_EMPTY'],
    ['one user', () => Array.from({ length: 40 }, (_, k) => event('u', `i${k}`, 'view', k)), 'DATA_EMPTY'],
    ['one item', () => Array.from({ length: 40 }, (_, k) => event(`u${k}`, 'i', 'view', k)), 'DATA_EMPTY'],
    [
      'users who all have everything',
      () => Array.from({ length: 200 }, (_, k) => event(`u${k % 10}`, `i${(k / 10) | 0}`, 'view', (k / 10) | 0)),
      'DATA_EMPTY',
    ],
    ['only returns', () => plain('return'), 'DATA_EMPTY'],
    ['only impressions', () => plain('impression'), 'DATA_EMPTY'],
    ['only dislikes', () => plain('dislike'), 'DATA_EMPTY'],
    ['ratings that say nothing', () => plain('rating', () => 3), 'DATA_EMPTY'],
    ['ten events', () => Array.from({ length: 10 }, (_, k) => event(`u${k % 3}`, `i${k % 4}`, 'view', k)), 'served'],
    ['only views', () => plain('view'), 'served'],
    ['only ratings', () => plain('rating', (k) => 1 + (k % 5)), 'served'],
    ['ratings without end', () => plain('rating', (k) => [1e308, -1e308, 4][k % 3]), 'served'],
    ['quantities without end', () => plain('purchase', () => 1e308), 'served'],
    ["the shop's own type", () => plain('listened'), 'served'],
    ['no times', () => plain('view').map((one) => ({ ...one, timeMs: undefined })), 'served'],
    [
      'times here and there',
      () => plain('view').map((one, k) => (k % 3 ? one : { ...one, timeMs: undefined })),
      'served',
    ],
    ['one instant', () => plain('view').map((one) => ({ ...one, timeMs: START_MS })), 'served'],
    [
      'a user with everything',
      () => [...plain('view'), ...Array.from({ length: 20 }, (_, k) => event('omni', `i${k}`, 'view', k))],
      'served',
    ],
  ])('%s', async (name, events, outcome) => {
    await store(events());
    const served = run(`log ${name}`, WHOLE, { force: true });
    if (outcome !== 'served') {
      await expect(served).rejects.toMatchObject({ name: 'KindredError', code: outcome });
      expect(await listRuns(database.db, { limit: 1 })).toMatchObject([{ status: 'failed', error: { code: outcome } }]);
      return;
    }
    const { promote, evaluate, index } = await served;
    expect((await findCurrentPromotion(database.db))?.modelId).toBe(promote.modelId);
    for (const value of Object.values(evaluate.metrics)) expect(value).not.toBeNaN();
    expect(index.recallAt10).toBe(1);
  });

  it('says what a person can do about it', async () => {
    await store(plain('return'));
    await expect(run('returns', ['pair'])).rejects.toThrow(/192 return/);
    await store([event('u', 'i')]);
    await expect(run('single', ['pair', 'train'])).rejects.toThrow(/the one user has the one item/);
    const byTime = { pair: { split: { kind: 'time' } } };
    await expect(run('single', ['pair'], byTime)).rejects.toThrow(/all 1 events.* give more events/);
    await store(Array.from({ length: 40 }, (_, k) => event('u', `i${k}`, 'view', k)));
    await expect(run('alone', ['pair', 'train'])).rejects.toThrow(/the one user has all \d+ items/);
  });
});

describe('a shop', () => {
  const shop = syntheticShop({ users: 60, items: 60, events: 3000, seed: 5 });
  let first: StageResults;
  beforeAll(async () => {
    await store(shop.events);
    first = await run('shop', WHOLE, { force: true });
  });

  it('gives the same snapshot and the same bytes again, wherever and in whatever order it is stored', async () => {
    const shuffled = shop.events.toSorted((a, b) => hash(a.id).localeCompare(hash(b.id)));
    await database.pool.query('TRUNCATE kindred.events');
    for (const part of [shuffled.slice(0, 1111), shuffled.slice(1111)])
      await storeEventBatch(database.db, part, 'other');
    const again = await run('shop elsewhere', ['pair', 'train']);
    expect(again.pair.snapshotId).toBe(first.pair.snapshotId);
    const { train } = first;
    for (const twin of ['evaluated', 'served']) {
      const bytes = (dataDir: string, id: string) =>
        readFileSync(join(scratch.path(dataDir), 'models', id, twin, 'vectors.safetensors'));
      expect(bytes('shop elsewhere', again.train.modelId).equals(bytes('shop', train.modelId))).toBe(true);
    }
    const other = await run('shop elsewhere', ['train'], { seed: 2, snapshotId: again.pair.snapshotId });
    expect(other.train.modelId).not.toBe(again.train.modelId);
  });

  it('is compared with another model of the same snapshot, and with no other', async () => {
    const other = await run('shop', ['train'], { seed: 3, snapshotId: first.pair.snapshotId });
    const ids = { modelId: other.train.modelId, againstModelId: first.train.modelId };
    const { evaluate } = await run('shop', ['evaluate'], ids);
    expect(evaluate.against).toMatchObject({ modelId: first.train.modelId });
    const difference = (evaluate.metrics['ndcg@20'] ?? 0) - (first.evaluate.metrics['ndcg@20'] ?? 0);
    expect(evaluate.against?.difference).toBeCloseTo(difference, 10);
    const apart = await run('shop', ['pair', 'train'], { pair: { split: { kind: 'last' } } });
    await expect(
      run('shop', ['evaluate'], { modelId: apart.train.modelId, againstModelId: first.train.modelId }),
    ).rejects.toMatchObject({ code: 'EVALUATION_INVALID' });
    await expect(run('shop', ['evaluate'], { againstModelId: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('keeps a report that loads nothing, and metrics beside it', async () => {
    const { path } = await getModel(database.db, first.train.modelId);
    const page = readFileSync(first.evaluate.report, 'utf8');
    expect(page).toContain(first.train.modelId);
    expect(page).not.toMatch(/(?:src|href)\s*=\s*["']?\s*(?:https?:)?\/\//i);
    expect(JSON.parse(readFileSync(join(path, 'metrics.json'), 'utf8')).metrics).toEqual(first.evaluate.metrics);
    const [runs = ''] = page.split('<h2>How each method was run</h2>')[1]?.split('<h2>') ?? [];
    expect(runs).toContain(`epochs ${first.train.epochs}`);
    expect(runs.split(first.train.engine)).toHaveLength(6);
    expect(runs).not.toMatch(/–|Peak memory/);
    expect(Object.keys(first.evaluate.baselines).sort()).toEqual([
      'ease',
      'itemknn',
      'popularity',
      'recent-popularity',
    ]);
    expect(
      existsSync(join(scratch.path('shop'), 'runs')) ? readdirSync(join(scratch.path('shop'), 'runs')) : [],
    ).toEqual([]);
  });

  it('records what validation chose: in brief with the run, whole in the folder of the model and its report', async () => {
    const set = { ...SMALL.set, temperature: 0.2, offsetStrength: 1, negativeWeight: 1 };
    const { snapshotId } = first.pair;
    const { train, evaluate } = await run('shop', ['train', 'evaluate'], { method: 'auto', set, snapshotId });
    const { path, metrics } = await getModel(database.db, train.modelId);
    const { choices } = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8'));
    expect(choices.probes.map(({ settings }: { settings: object }) => settings)).toEqual([{}, { userTable: 'on' }]);
    const { shrinkage, union, settings } = choices;
    const brief = { settings, because: [shrinkage.because, ...union.because] };
    expect(train.choices).toMatchObject(brief);
    expect(metrics).toMatchObject({ training: { choices: brief } });
    expect(train.choices).not.toHaveProperty('candidates');
    expect(readFileSync(evaluate.report, 'utf8')).toContain('Chosen on validation');
    expect(first.train.choices).toBeUndefined();
  });

  it('augments short histories where that is asked for, and says so in the model, its card and its report', async () => {
    const { snapshotId } = first.pair;
    const asked = { augment: 'neighbours', snapshotId };
    const { train, evaluate } = await run('shop', ['train', 'evaluate'], asked);
    const { path, metrics } = await getModel(database.db, train.modelId);
    const { augmentation } = train;
    expect(augmentation).toMatchObject({ augmentation: { source: 'neighbours' }, arms: [{ source: 'neighbours' }] });
    expect(augmentation?.trainedUsers).toBeGreaterThanOrEqual(augmentation?.sparseUsers ?? Number.NaN);
    expect(metrics).toMatchObject({ training: { augmentation: { because: augmentation?.because } } });
    expect(JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')).augmentation).toEqual(augmentation);
    const { augmentation: served } = await loadArtefact(join(path, 'served'));
    expect(served).toMatchObject({ ...pick(augmentation?.augmentation), source: { kind: 'neighbours' } });
    const section = readFileSync(evaluate.report, 'utf8').split('<h2>Users with few items</h2>')[1] ?? '';
    const table = section.slice(0, section.indexOf('</table>'));
    const cells = [...table.matchAll(/<t[hd][^>]*>([^<]*)<\/t[hd]>/g)].map(([, text]) => text as string);
    expect(cells.slice(0, 8)).toEqual([
      ...['Source', 'What, beside a single item', 'NDCG@20 on validation', 'Without'],
      ...['Difference', '95 % interval', 'p (Holm)', 'Those who have so few by themselves'],
    ]);
    if (augmentation?.arms[0] === undefined) throw new Error('no source was compared');
    const { count, weight, ndcg, without, difference, interval, p, sparse } = augmentation.arms[0];
    expect(cells.slice(8, 10)).toEqual(['neighbours (kept)', `${count} items of weight ${weight}`]);
    const figures = cells
      .slice(10, 15)
      .flatMap((cell) => cell.split(' to ').map((bound) => Number(bound.replace('−', '-'))));
    expect(figures).toEqual([ndcg, without, difference, ...interval, p].map((value) => expect.closeTo(value, 3)));
    expect(cells[12]).toMatch(/^[+−]/);
    const few = (cells[15] ?? '')
      .match(/^([\d.]+), without ([\d.]+) \((\d+)\)$/)
      ?.slice(1)
      .map(Number);
    expect(few).toEqual([...[sparse.ndcg, sparse.without].map((value) => expect.closeTo(value, 3)), sparse.users]);
    expect(table).toContain(`Why: ${augmentation.because}.`);
    expect(first.train.augmentation).toBeUndefined();
    const auto = (await run('shop', ['train'], { ...asked, augment: 'auto' })).train.augmentation;
    expect(auto?.arms.map(({ source }) => source)).toEqual(['popularity', 'self', 'neighbours', 'dae']);
  });

  it('shows in the report what a generator makes', async () => {
    const { snapshotId } = first.pair;
    const { evaluate } = await run('shop', ['train', 'evaluate'], { method: 'conditional-gan', snapshotId });
    const page = readFileSync(evaluate.report, 'utf8');
    const generated = page.split('<h2>What is generated</h2>')[1];
    expect(generated).toContain('<h3>conditional-gan: samples</h3>');
    expect(generated).toContain('conditional-gan: losses of both sides');
    expect(readFileSync(first.evaluate.report, 'utf8')).not.toContain('What is generated');
    const augmented = await run('shop', ['train', 'evaluate'], { augment: 'conditional-gan', snapshotId });
    const helping = readFileSync(augmented.evaluate.report, 'utf8').split('<h2>What is generated</h2>')[1];
    const name = `conditional-gan, for the short histories of ${augmented.train.method}`;
    expect(helping).toContain(`<h3>${name}: samples</h3>`);
    expect(helping).toContain(`${name}: losses of both sides`);
  });

  it('finds segments of users by k-means, as many as are asked for, and says in the report how', async () => {
    const { segments } = first.train;
    expect(segments?.foundBy).toBe('k-means');
    expect(segments?.candidates?.map(({ count }) => count)).toContain(segments?.count);
    expect(readFileSync(first.evaluate.report, 'utf8')).toContain('<h2>Segments of users</h2>');
    const { snapshotId } = first.pair;
    const three = await run('shop', ['train', 'index'], { ...SMALL, segments: 3, snapshotId });
    expect(three.train.segments).toMatchObject({ count: 3, foundBy: 'k-means', because: 'so many were asked for' });
    const { path } = await getModel(database.db, three.train.modelId);
    const described = JSON.parse(readFileSync(join(path, 'served', 'segments.json'), 'utf8'));
    expect(described.segments).toHaveLength(3);
    expect(described.stability).toBe(three.train.segments?.stability);
    const none = await run('shop', ['train', 'index'], { ...SMALL, segments: 0, snapshotId });
    expect(none.train.segments).toBeUndefined();
    const out = scratch.path('without segments');
    expect((await exportModel(database, none.train.modelId, out)).segments).toBeUndefined();
    expect(existsSync(join(out, 'segments.tsv'))).toBe(false);
    await expect(run('shop', ['train'], { segments: -1 })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(run('shop', ['train'], { segments: 'many' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('exports vectors in the order of their ids', async () => {
    const out = scratch.path('exported');
    const exported = await exportModel(database, first.train.modelId, out);
    const name = 'embeddings.two-tower.safetensors';
    const { users, items } = decodeSafetensors(readFileSync(join(out, name)), name);
    expect(users?.shape).toEqual([exported.users, exported.dimensions]);
    expect(items?.shape).toEqual([exported.items, exported.dimensions]);
    expect(readTsv(join(out, 'users.tsv'))).toHaveLength(exported.users);
    expect(readTsv(join(out, 'items.tsv'))).toHaveLength(exported.items);
    expect(readTsv(join(out, 'segments.tsv'))).toHaveLength(exported.segments ?? 0);
    expect(readTsv(join(out, 'user-segments.tsv'))).toHaveLength(exported.users);
    await expect(exportModel(database, 'nobody', out)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(exportModel(database, 'latest', join(out, name))).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('the quality gate', () => {
  /** Everybody follows the fashion of the day, and what was bought before says nothing of it. */
  const fashion = () =>
    Array.from({ length: 80 }, (_, user) =>
      Array.from({ length: 8 }, (_, k) =>
        event(`u${user}`, `i${k < 5 ? hashed(user * 9 + k) % 60 : 60 + k}`, 'view', k * 5),
      ),
    ).flat();

  it('refuses a model that is beyond doubt worse than popularity, unless it is forced', async () => {
    await store(fashion());
    const pair = { split: { kind: 'random', test: { fraction: 0.2 }, validation: { fraction: 0.1 } } };
    // As good as untrained: what it recommends is as good as drawn by lot.
    const set = { epochs: 1, dimensions: 2, priorStrength: 0, learningRate: 1e-6 };
    const made = await run('fashion', ['pair', 'train', 'evaluate', 'index'], { pair, set });
    expect((made.evaluate as EvaluateResult).gate.interval[1]).toBeLessThan(0);
    const { modelId } = made.train;
    await expect(run('fashion', ['promote'], { modelId })).rejects.toMatchObject({
      code: 'QUALITY_GATE',
      message: expect.stringMatching(/NDCG@20 is 0\.\d+ below .*popularity/),
    });
    expect(await findCurrentPromotion(database.db)).toBeUndefined();
    expect(await listRuns(database.db, { limit: 1 })).toMatchObject([{ status: 'refused' }]);
    expect((await run('fashion', ['promote'], { modelId, force: true })).promote.modelId).toBe(modelId);
  });

  it('refuses what was not evaluated or not indexed', async () => {
    await store(plain('view'));
    const { train } = await run('plain', ['pair', 'train']);
    const { modelId } = train;
    await expect(run('plain', ['promote'], { modelId })).rejects.toMatchObject({ code: 'QUALITY_GATE' });
    await expect(run('plain', ['promote'], { modelId, force: true })).rejects.toMatchObject({
      code: 'MODEL_NOT_READY',
    });
  });
});

describe('what a run refuses before it begins', () => {
  it.each([
    [{ method: 'two-towr' }, 'METHOD_UNKNOWN', 'two-tower'],
    [{ set: { epoch: 1 } }, 'SETTING_UNKNOWN', 'epochs'],
    [{ set: { epochs: 'many' } }, 'CONFIG_INVALID', 'epochs'],
    [{ pair: { strength: { view: 1 } } }, 'SETTING_UNKNOWN', 'strengths'],
    [{ pair: { split: { kind: 'tme' } } }, 'CONFIG_INVALID', 'time'],
    [{ engine: 'gpu' }, 'CONFIG_INVALID', 'settings.engine'],
    [{ augment: 'neighbors' }, 'CONFIG_INVALID', 'did you mean neighbours?'],
    [{ augment: 'clip' }, 'CONFIG_INVALID', 'settings.augment'],
    [{ augment: 'self', method: 'next-item', set: {} }, 'CONFIG_INVALID', 'order of time'],
    [{ foo: 1 }, 'SETTING_UNKNOWN', 'foo'],
  ])('%j', async (settings, code, hint) => {
    await expect(run('refused', ['pair'], settings)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(hint),
    });
  });
});

/** How many pseudo-items, and what they weigh. */
function pick(choice: { readonly count: number; readonly weight: number } | undefined) {
  return { count: choice?.count, weight: choice?.weight };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hashed(number: number): number {
  return Number.parseInt(hash(String(number)).slice(0, 8), 16);
}
