import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadEngine } from '@kindred/compute';
import { syntheticShop } from '@kindred/datasets';
import { type Event, type ItemId, Random, type UserId } from '@kindred/domain';
import { fitLogProfile, independentSampler, measureFidelity, sampleLog } from '@kindred/insights';
import { collectEvents } from '@kindred/pairs';
import { readEvents, storeEventBatch } from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestLog, type SyntheticLogReport, silentProgress, writeSyntheticLog } from '../src/index.js';
import { synthesizeLog } from '../src/synthesize-log.js';
import { saveSynthesis } from '../src/write-synthetic-log.js';
import { scratchFolder } from './table-files.js';

const SHOP = syntheticShop({ users: 120, items: 60, events: 3000, seed: 5 });
const scratch = scratchFolder();
let database: TestDatabase;
let empty: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
  empty = await openTestDatabase();
  await storeEventBatch(database.db, SHOP.events, 'test');
});
afterAll(async () => {
  scratch.remove();
  await database.close();
  await empty.close();
});

const write = (name: string, given: object = {}) =>
  writeSyntheticLog(database, {
    method: 'mult-vae',
    settings: { dimensions: 8, epochs: 6 },
    engine: 'cpu',
    threads: 1,
    out: scratch.path(name),
    force: true,
    seed: 1,
    progress: silentProgress,
    ...given,
  });

describe('writeSyntheticLog', () => {
  let report: SyntheticLogReport;

  it('writes a log that ingest takes back whole, with the statistics of the real one', async () => {
    report = await write('shared.csv');
    expect(report.fidelity.activityKs).toBeLessThan(0.2);
    expect(report.fidelity.popularityCorrelation).toBeGreaterThan(0.8);
    expect(report.fidelity.typesDistance).toBeLessThan(0.1);
    expect(report.disclosure.verdict).toBe('unproven');
    expect(JSON.parse(readFileSync(report.report, 'utf8')).words).toEqual(report.words);
    const lines = readFileSync(report.file, 'utf8').trim().split('\n').slice(1);
    expect(lines).toHaveLength(report.fidelity.events.synthetic);
    await ingestLog(empty, { path: report.file }, { progress: silentProgress });
    const log = await collectEvents(readEvents(empty.db));
    expect(log.users.length).toBe(120);
    expect(log.user.length).toBeGreaterThan(0.98 * lines.length); // the same event twice counts once
    const real = await collectEvents(readEvents(database.db));
    expect(log.items.every((id) => real.items.includes(id))).toBe(true);
    expect(log.types.every((type) => real.types.includes(type))).toBe(true);
    expect(log.users.filter((id) => real.users.includes(id))).toEqual([]);
  });

  it('writes the same bytes for the same seed, and others for another', async () => {
    const bytes = readFileSync(report.file, 'utf8');
    expect(readFileSync((await write('again.csv')).file, 'utf8')).toBe(bytes);
    expect(readFileSync((await write('other.csv', { seed: 2 })).file, 'utf8')).not.toBe(bytes);
  });

  it('makes as many users as are asked for, and renames the items', async () => {
    const renamed = await write('renamed.csv', { users: 40, renameItems: true });
    expect(renamed.fidelity.users.synthetic).toBe(40);
    const text = readFileSync(renamed.file, 'utf8');
    expect(SHOP.items.some(({ itemId }) => text.includes(`,${itemId},`))).toBe(false);
  });

  it('refuses to write what gives too much away, leaves an older log with its own report, and writes it where forced', async () => {
    const log = await collectEvents(readEvents(database.db));
    const { fidelity, disclosure, words } = report;
    const safe = { log, fidelity, disclosure: { ...disclosure, failures: [] }, words };
    const risky = { ...safe, disclosure: { ...disclosure, failures: ['everybody is a copy'] } };
    const request = { out: scratch.path('deep/risky.csv'), force: false, method: 'dae', seed: 1 };
    const [file, ofFile, refused] = [request.out, `${request.out}.report.json`, `${request.out}.refused.json`];
    const which = () => [file, ofFile, refused].map((each) => existsSync(each));
    await expect(saveSynthesis(risky, request)).rejects.toMatchObject({
      code: 'DISCLOSURE_RISK',
      message: expect.stringContaining('everybody is a copy'),
    });
    expect(which()).toEqual([false, false, true]);
    expect(JSON.parse(readFileSync(refused, 'utf8')).disclosure.failures).toEqual(['everybody is a copy']);
    await saveSynthesis(safe, request);
    expect(which()).toEqual([true, true, false]);
    const older = [file, ofFile].map((each) => readFileSync(each, 'utf8'));
    await expect(saveSynthesis({ ...risky, words: ['another'] }, request)).rejects.toMatchObject({
      code: 'DISCLOSURE_RISK',
      message: expect.stringContaining(refused),
    });
    expect([file, ofFile].map((each) => readFileSync(each, 'utf8'))).toEqual(older);
    expect(which()).toEqual([true, true, true]);
    await saveSynthesis(risky, { ...request, force: true });
    expect(which()).toEqual([true, true, false]);
    expect(JSON.parse(readFileSync(ofFile, 'utf8')).disclosure.failures).toEqual(['everybody is a copy']);
  });

  it('leaves no report without its log, nor one of another', async () => {
    const { fidelity, words } = report;
    const disclosure = { ...report.disclosure, failures: [] };
    const measured = { log: await collectEvents(readEvents(database.db)), fidelity, disclosure, words };
    const request = { out: scratch.path('cut-short.csv'), force: false, method: 'dae', seed: 1 };
    const which = () => [request.out, `${request.out}.report.json`].map((each) => existsSync(each));
    // No date is so late: the writing of the log ends half-way.
    const hurt = { ...measured, log: { ...measured.log, time: measured.log.time.map(() => 1e20) } };
    await expect(saveSynthesis(hurt, request)).rejects.toThrow(RangeError);
    expect(which()).toEqual([false, false]);
    await saveSynthesis(measured, request);
    expect(which()).toEqual([true, true]);
    await expect(saveSynthesis(hurt, request)).rejects.toThrow(RangeError);
    expect(which()).toEqual([true, false]);
  });

  it.each([
    ['a folder', (folder: string) => folder, /: \S+ is a folder: name a file in it$/],
    [
      'a file within a file',
      (folder: string) => `${folder}/plain.txt/log.csv`,
      /^nothing can be written to \S+plain\.txt/,
    ],
    ['a device', () => '/dev/null', /: \/dev\/null is no file/],
    ['a place whose report is a folder', (folder: string) => `${folder}/log.csv`, /log\.csv\.report\.json is a folder/],
  ])('is told before it trains that it can not write to %s', async (_, outIn, message) => {
    const folder = scratch.path('targets');
    mkdirSync(`${folder}/log.csv.report.json`, { recursive: true });
    writeFileSync(`${folder}/plain.txt`, '');
    const say = () => {
      throw new Error('it trains');
    };
    const given = { out: outIn(folder), progress: { ...silentProgress, say } };
    await expect(write('targets', given)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(message),
      field: '--out',
    });
  });

  it('writes no log of so few users that nobody can tell whether they are given away, and warns before it trains', async () => {
    const said: string[] = [];
    const progress = { ...silentProgress, say: (message: string) => void said.push(message) };
    const out = scratch.path('unproven.csv');
    await expect(write('unproven.csv', { force: false, progress })).rejects.toMatchObject({
      code: 'DISCLOSURE_RISK',
      message: expect.stringContaining(
        'not shown to be safe, for there are too few users: with 96 learned from and 24 unseen',
      ),
    });
    const { disclosure, words } = JSON.parse(readFileSync(`${out}.refused.json`, 'utf8'));
    expect([disclosure.verdict, words.at(-1)]).toEqual(['unproven', expect.stringContaining('not shown to be safe')]);
    expect([existsSync(out), existsSync(`${out}.report.json`)]).toEqual([false, false]);
    expect(said.indexOf('warning: 120 users are too few to show that a synthetic log is safe to share')).toBe(1);
  });

  it('writes no log of too few users', async () => {
    await expect(writeSyntheticLog(database, { ...EMPTY, out: scratch.path('unknown.csv') })).rejects.toMatchObject({
      code: 'METHOD_UNKNOWN',
    });
    const few = await openTestDatabase();
    await storeEventBatch(few.db, SHOP.events.slice(0, 20), 'test');
    await expect(
      writeSyntheticLog(few, { ...EMPTY, method: 'dae', out: scratch.path('few.csv') }),
    ).rejects.toMatchObject({
      code: 'DATA_EMPTY',
    });
    await few.close();
    expect(existsSync(scratch.path('few.csv'))).toBe(false);
  });
});

describe('synthesizeLog', () => {
  const [USERS, CLUBS, ITEMS_OF_CLUB, DAY_MS] = [200, 4, 12, 86_400_000];

  /** Members of four clubs, each with 5 to 9 items, nine of ten of them of the twelve of the club. */
  function clubs(): Event[] {
    const random = new Random(3, 'clubs');
    return Array.from({ length: USERS }, (_, user) =>
      [...random.sample(ITEMS_OF_CLUB, 5 + random.below(5))].map((place): Event => {
        const club = random.below(10) === 0 ? random.below(CLUBS) : user % CLUBS;
        const item = `item-${club * ITEMS_OF_CLUB + place}` as ItemId;
        const timeMs = Date.UTC(2025, 0, 1) + Math.floor(60 * DAY_MS * random.next());
        const ids = { id: `${user}-${place}`, userId: `member-${user}` as UserId, itemId: item };
        return { ...ids, type: 'view', timeMs, value: undefined, properties: undefined };
      }),
    ).flat();
  }

  it('keeps what is had together, which items drawn one by one lose', async () => {
    const log = await collectEvents([clubs()]);
    const engine = await loadEngine('cpu');
    const settings = { dimensions: 16, latent: 4, epochs: 40, learningRate: 0.01, klWeight: 0.05 };
    const request = { log, method: 'mult-vae', settings, engine, seed: 1, progress: silentProgress };
    const { fidelity } = await synthesizeLog(request).finally(() => engine.dispose());
    const profile = fitLogProfile(log);
    const control = await sampleLog(profile, independentSampler(profile), { items: log.items, users: USERS, seed: 1 });
    const farness = ({ coOccurrenceCorrelation }: typeof fidelity) => 1 - (coOccurrenceCorrelation ?? 0);
    const ofControl = farness(await measureFidelity(log, control, 1));
    expect(ofControl).toBeGreaterThan(0.85);
    expect(farness(fidelity)).toBeLessThan(0.35 * ofControl);
  });

  it('says how far it is, and ends at the signal, whatever it is doing', async () => {
    const log = await collectEvents([clubs()]);
    const engine = await loadEngine('cpu');
    const settings = { dimensions: 8, latent: 4, epochs: 2 };
    const stopAt = async (last: string) => {
      const abort = new AbortController();
      const labels = new Set<string>();
      const advance = (label: string) => {
        labels.add(label);
        if (label === last) abort.abort();
      };
      const progress = { ...silentProgress, advance };
      const request = { log, method: 'mult-vae', settings, engine, seed: 1, progress, signal: abort.signal };
      await expect(synthesizeLog(request)).rejects.toMatchObject({ code: 'INTERRUPTED' });
      return [...labels];
    };
    const steps = ['epochs of the generator', 'pilot users drawn', 'users drawn', 'users counted', 'users compared'];
    for (const [at, step] of steps.entries()) expect(await stopAt(step)).toEqual(steps.slice(0, at + 1));
    await engine.dispose();
  });
});

const EMPTY = {
  method: 'no-such-method',
  settings: {},
  engine: 'cpu',
  force: false,
  seed: 1,
  progress: silentProgress,
} as const;
