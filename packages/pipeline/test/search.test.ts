import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { syntheticShop } from '@kindred/datasets';
import { KindredError } from '@kindred/domain';
import { getModel, listRuns, listTrials, storeEventBatch } from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import type { SearchPlan } from '@kindred/training';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  benchmark,
  executeRun,
  folders,
  type Progress,
  parseRunSettings,
  parseSearch,
  type StageResults,
  silentProgress,
  type TrainResult,
} from '../src/index.js';
import { openTrialLog } from '../src/search/trial-log.js';
import { scratchFolder, shopPairs, writeTsv } from './table-files.js';

const scratch = scratchFolder();
let database: TestDatabase;
let snapshotId: string;

const SET = { epochs: 9, dimensions: 4, batchSize: 128 };
const SMALL = { engine: 'cpu', method: 'two-tower', set: SET };

beforeAll(async () => {
  database = await openTestDatabase();
  await storeEventBatch(database.db, syntheticShop({ users: 40, items: 30, events: 700, seed: 5 }).events, 'test');
  snapshotId = (await run('first', ['pair'])).pair.snapshotId;
});
afterAll(async () => {
  scratch.remove();
  await database.close();
});

async function run(
  dataDir: string,
  stages: readonly ('pair' | 'train' | 'evaluate')[],
  settings: object = {},
  progress: Progress = silentProgress,
  signal?: AbortSignal,
): Promise<StageResults> {
  const surroundings = { database, dataDir: scratch.path(dataDir), threads: 1, progress, signal };
  const { results } = await executeRun(surroundings, { stages, settings: { ...SMALL, ...settings } });
  return results as unknown as StageResults;
}

/** What was said, and a way to act on it. */
function listener(onSay: (message: string) => void = () => undefined): Progress & { readonly said: string[] } {
  const said: string[] = [];
  return {
    said,
    advance: () => undefined,
    say: (message) => {
      said.push(message);
      onSay(message);
    },
  };
}

/** All of a search but its times. */
function withoutTimes({ search }: Pick<TrainResult, 'search'>): object {
  const rows = search?.rows.map(({ seconds: _, ...row }) => row);
  return { ...search, seconds: undefined, rows };
}

const SEARCH = { trials: 4, kind: 'halving' };

describe('training with a search', () => {
  let whole: TrainResult;

  it('records each trial as a run, trains with what was kept, and reports it', async () => {
    const { train, evaluate } = await run('first', ['train', 'evaluate'], { search: SEARCH });
    whole = train;
    const { search } = train;
    expect(search?.rows.map(({ trial, epochs }) => [trial, epochs])).toEqual([
      [1, 9],
      [2, 3],
      [3, 3],
      [4, 3],
      [expect.any(Number), 9],
    ]);
    expect(search?.settings).toMatchObject(SET);
    const kept = search?.rows.find(({ trial, epochs }) => trial === search.kept && epochs === 9);
    expect(train.validationNdcg).toBe(kept?.validationNdcg);
    const model = await getModel(database.db, train.modelId);
    const trials = await listTrials(database.db, model.runId as string);
    expect(trials.map(({ status, settings, results }) => [status, settings, results.train])).toEqual(
      search?.rows.map((row) => [
        'done',
        expect.objectContaining({
          method: 'two-tower',
          snapshotId,
          set: { ...SET, ...row.settings, epochs: row.epochs },
        }),
        expect.objectContaining({ validationNdcg: row.validationNdcg, epochs: row.epochs }),
      ]),
    );
    const manifest = JSON.parse(readFileSync(join(model.path, 'manifest.json'), 'utf8'));
    expect(manifest.search).toEqual(JSON.parse(JSON.stringify(search)));
    expect(manifest.settings).toMatchObject({ ...SET, ...search?.settings });
    const page = readFileSync(evaluate.report, 'utf8');
    const verdict = search?.verdict.slice(1) ?? '-'; // its first letter is a capital there
    for (const text of ['Settings that were searched', verdict, 'the defaults', 'halving search of']) {
      expect(page).toContain(text);
    }
  });

  it('goes on after an interruption: nothing is trained twice, the end is the same', async () => {
    const stop = new AbortController();
    const early = listener((message) => {
      if (message.startsWith('trial 3 of 4')) stop.abort(new KindredError('INTERRUPTED', 'by the test'));
    });
    await run('second', ['pair']);
    await expect(run('second', ['train'], { search: SEARCH }, early, stop.signal)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    const [cancelledTrial, ...doneTrials] = await listRuns(database.db, { limit: 4 });
    expect(cancelledTrial).toMatchObject({ status: 'cancelled', parentId: expect.any(String) });
    expect(doneTrials.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    const late = listener();
    const { train } = await run('second', ['train'], { search: SEARCH }, late);
    expect(withoutTimes(train)).toEqual(withoutTimes(whole));
    const measured = late.said.filter((message) => message.startsWith('trial '));
    expect(measured.map((message) => message.endsWith('measured before'))).toEqual([true, true, true, false, false]);
    expect(existsSync(folders.searchLog(scratch.path('second'), snapshotId, 'two-tower'))).toBe(true);
  });

  it('with more trials keeps those it has; with another seed it begins anew', async () => {
    const random = { trials: 2, kind: 'random' };
    const heard = [listener(), listener(), listener()] as const;
    await run('first', ['train'], { search: random, set: { ...SET, epochs: 1 } }, heard[0]);
    await run('first', ['train'], { search: { ...random, trials: 3 }, set: { ...SET, epochs: 1 } }, heard[1]);
    await run('first', ['train'], { search: random, set: { ...SET, epochs: 1 }, seed: 2 }, heard[2]);
    const before = heard.map(({ said }) => said.filter((message) => message.endsWith('measured before')).length);
    expect(before).toEqual([0, 2, 0]);
  });
});

describe('a log of trials', () => {
  const outcome = { ndcg: 0.5, error: 0.1, perUser: [0.25, 0.75], epochs: 3, seconds: 1.5 };

  it('passes over a line that was cut short, and goes on behind it', async () => {
    const file = scratch.path('cut/trials.jsonl');
    await (await openTrialLog(file)).add('one', outcome);
    appendFileSync(file, '{"key":"two","outc');
    const log = await openTrialLog(file);
    expect([log.find('one'), log.find('two')]).toEqual([outcome, undefined]);
    await log.add('two', { refused: 'NaN' });
    await log.add('three', outcome);
    const again = await openTrialLog(file);
    expect(['one', 'two', 'three'].map(again.find)).toEqual([outcome, { refused: 'NaN' }, outcome]);
  });
});

describe('what a run is told of a search', () => {
  it('is checked before anything starts', () => {
    const all = { learningRate: 0.01, temperature: 0.2, logQ: 1, priorStrength: 0, ...SET };
    const cases: [object, string][] = [
      [{ search: { trials: 0 } }, 'settings.search.trials'],
      [{ search: { trials: 2.5 } }, 'settings.search.trials'],
      [{ search: { trials: 2, kind: 'halvin' } }, 'did you mean halving?'],
      [{ search: { trails: 2, trials: 2 } }, 'search.trails; did you mean trials?'],
      [{ search: { trials: 2 }, set: { temprature: 1 } }, 'nearest is temperature'],
      [{ search: { trials: 2 }, set: { temperature: 9 } }, 'from 0.03 to 2'],
      [{ search: { trials: 2 }, set: all }, 'nothing is left to search of two-tower'],
      [{ method: 'itemknn', search: { trials: 2 } }, 'kindred benchmark --method itemknn measures it'],
      [{ engine: 'wsm' }, 'did you mean wasm?'],
      [{ serch: { trials: 2 } }, 'did you mean search?'],
    ];
    for (const [settings, message] of cases) {
      expect(() => parseRunSettings({ method: 'two-tower', ...settings })).toThrow(message);
    }
    expect(parseSearch({ trials: 3 }, 7)).toEqual({ trials: 3, kind: 'random', seed: 7 });
    expect(() => parseSearch({ trials: 3, kind: 'grid' }, 7)).toThrow(
      'settings.search.kind: it is one of random, halving',
    );
  });
});

describe('a benchmark with a search', () => {
  const data = writeTsv(
    scratch.path('data.tsv'),
    ['user_id', 'item_id', 'timestamp'],
    shopPairs(3, { users: 40, items: 30, events: 700 }),
  );
  const asked = (
    methods: readonly string[],
    progress: Progress,
    settings: object = { 'two-tower': { ...SET, epochs: 2 } },
    kind: SearchPlan['kind'] = 'random',
  ) =>
    benchmark({
      source: { data },
      pair: { split: { kind: 'random' } },
      methods,
      settings: { ...settings },
      engine: 'cpu',
      seed: 1,
      seeds: 2,
      search: { trials: 3, kind, seed: 1 },
      mask: 'seen',
      out: scratch.path('benchmark'),
      progress,
    });

  it('searches once what declares a space, and goes on in the same folder', async () => {
    const heard = [listener(), listener()] as const;
    const first = await asked(['two-tower', 'popularity'], heard[0]);
    const [one, other, popularity] = first.methods;
    expect(one?.search?.rows).toHaveLength(3);
    expect(one?.settings).toMatchObject(one?.search?.settings ?? {});
    expect(other).toMatchObject({ name: 'two-tower', seed: 2, settings: one?.search?.settings, search: one?.search });
    expect(popularity).toMatchObject({ name: 'popularity', search: undefined });
    expect(readFileSync(scratch.path('benchmark/report.html'), 'utf8')).toContain('Settings that were searched');
    const second = await asked(['two-tower', 'popularity'], heard[1]);
    expect(second.methods[0]?.search).toEqual(one?.search);
    const again = heard.map(({ said }) => said.filter((message) => message.endsWith('measured before')).length);
    expect(again).toEqual([0, 3]);
  });

  it('searches a baseline that is named, each draw whole where it has no epochs, and fits it with what was kept', async () => {
    const heard = [listener(), listener()] as const;
    const methods = ['itemknn', 'ials', 'popularity'];
    const settings = { itemknn: { strengths: 'binary' }, ials: { dimensions: 4, epochs: 9 } };
    const { methods: benchmarked } = await asked(methods, heard[0], settings, 'halving');
    const [itemknn, ials, popularity] = benchmarked;
    expect(itemknn?.search).toMatchObject({ kind: 'random', searched: ['neighbours', 'shrinkage', 'halfLifeDays'] });
    expect(itemknn?.search?.rows.map(({ epochs }) => epochs)).toEqual([undefined, undefined, undefined]);
    expect(itemknn?.settings).toMatchObject({ strengths: 'binary', ...itemknn?.search?.settings });
    expect(ials?.search).toMatchObject({ kind: 'halving' });
    expect(ials?.search?.rows.map(({ epochs }) => epochs)).toEqual([9, 9, 9]);
    expect(popularity?.search).toBeUndefined();
    expect(heard[0].said.some((message) => message.includes('no epochs for halving to divide'))).toBe(true);
    const again = await asked(methods, heard[1], settings, 'halving');
    expect(again.methods.map(({ search }) => search)).toEqual(benchmarked.map(({ search }) => search));
    expect(heard[1].said.filter((message) => message.endsWith('measured before'))).toHaveLength(6);
  });

  it('refuses where there is nothing to search', async () => {
    await expect(asked(['popularity'], silentProgress, {})).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'none of popularity declares a setting to search',
    });
  });
});
