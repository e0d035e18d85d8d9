import { columnDegrees, emptyMatrix, Random, rowDegrees, rowEntries, type TrainingData } from '@kindred/domain';
import { sharedNegatives } from '@kindred/pairs';
import { describe, expect, it } from 'vitest';
import {
  baseOf,
  encodeHistory,
  itemPopularity,
  type MethodRun,
  priorPopularity,
  priorWindowByRule,
  resolveSettings,
  userVectors,
} from '../src/index.js';
import { applyRules, INDUCTIVE_SETTINGS } from '../src/inductive/inductive-settings.js';
import { prepare, randomData, referenceEngine, resumeHalfway, vocabularyOf } from './learned-fixture.js';

const temperature = 0.2;
const settings = { dimensions: 4, temperature, negativeWeight: 1.25, offsetStrength: 0.7 };

/** The recipe's loss over all users as a function of both tables, in plain numbers. */
function naiveLoss(
  data: TrainingData,
  history: readonly number[],
  items: readonly number[],
  d: number,
  negatives: Iterable<number> = Array.from({ length: data.positives.columnCount }, (_, j) => j),
  users: readonly number[] = [],
): number {
  const { positives, weights } = data;
  const degrees = columnDegrees(positives);
  const popularity = itemPopularity(data);
  const row = (table: readonly number[], k: number) => table.slice(k * d, k * d + d);
  const unit = (x: readonly number[]) => x.map((value) => value / Math.hypot(...x));
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, k) => sum + value * (y[k] as number), 0);
  let loss = 0;
  let total = 0;
  for (let user = 0; user < positives.rowCount; user++) {
    const entries: number[] = [];
    for (let e = positives.offsets[user] as number; e < (positives.offsets[user + 1] as number); e++) entries.push(e);
    if (entries.length === 0) continue;
    const strengths = entries.reduce((sum, e) => sum + (positives.values[e] as number), 0);
    const p = Array.from({ length: d }, (_, k) => users[user * d + k] ?? 0);
    for (const e of entries) {
      const item = positives.columns[e] as number;
      const s = (positives.values[e] as number) / Math.sqrt(strengths) / Math.sqrt(degrees[item] as number);
      row(history, item).forEach((value, k) => {
        p[k] = (p[k] as number) + s * value;
      });
    }
    const P = unit(p);
    let denominator = 0;
    for (const j of negatives) {
      denominator += Math.exp(dot(P, unit(row(items, j))) / temperature) * (popularity[j] as number) ** 0.7;
    }
    for (const e of entries) {
      const a = weights[e] as number;
      loss +=
        a * (1.25 * Math.log(denominator) - dot(P, unit(row(items, positives.columns[e] as number))) / temperature);
      total += a;
    }
  }
  return loss / total;
}

const numbers = (run: MethodRun, name: string) => [...(run.save().tensors[name]?.data ?? [])];

describe('inductive', () => {
  it('takes the gradient of the whole loss through histories, positives, negatives and norms', async () => {
    const data = randomData(9, 6, 'gradient');
    const run = await prepare('inductive', data, settings);
    const history = numbers(run, 'history');
    const items = numbers(run, 'items');
    const expected = naiveLoss(data, history, items, 4);
    expect(await run.step()).toBeCloseTo(expected, 4);
    // After the first step Adam's mean is a tenth of the gradient.
    for (const [name, table] of [['historyMean', history] as const, ['itemsMean', items] as const]) {
      const mean = numbers(run, name);
      const scale = Math.max(...mean.map(Math.abs)) * 10;
      table.forEach((value, k) => {
        const at = (shifted: number) => {
          table[k] = shifted;
          const loss = naiveLoss(data, history, items, 4);
          table[k] = value;
          return loss;
        };
        const difference = (at(value + 1e-5) - at(value - 1e-5)) / 2e-5;
        expect(Math.abs((mean[k] as number) * 10 - difference) / scale, `${name}[${k}]`).toBeLessThan(2e-3);
      });
    }
  });

  it('adds the own vector of the users that it does not leave out', async () => {
    const data = randomData(9, 6, 'gradient');
    const all = await prepare('inductive', data, { ...settings, userTable: 'on', userDropout: 0 });
    const users = numbers(all, 'users');
    const loss = () => naiveLoss(data, numbers(all, 'history'), numbers(all, 'items'), 4, undefined, users);
    const [before, tables] = [loss(), [numbers(all, 'history'), numbers(all, 'items')] as const];
    expect(await all.step()).toBeCloseTo(before, 4);
    const mean = numbers(all, 'usersMean');
    const scale = Math.max(...mean.map(Math.abs)) * 10;
    users.forEach((value, k) => {
      const at = (shifted: number) => {
        users[k] = shifted;
        const shiftedLoss = naiveLoss(data, ...tables, 4, undefined, users);
        users[k] = value;
        return shiftedLoss;
      };
      const difference = (at(value + 1e-5) - at(value - 1e-5)) / 2e-5;
      expect(Math.abs((mean[k] as number) * 10 - difference) / scale, `usersMean[${k}]`).toBeLessThan(2e-3);
    });
    const none = await prepare('inductive', data, { ...settings, userTable: 'on', userDropout: 1 });
    const without = naiveLoss(data, numbers(none, 'history'), numbers(none, 'items'), 4);
    const untouched = numbers(none, 'users');
    expect(await none.step()).toBeCloseTo(without, 4);
    expect(numbers(none, 'users')).toEqual(untouched);
  });

  it('serves a known user by their base and history, everybody else by the history alone', async () => {
    const data = randomData(9, 6, 'bases');
    const run = await prepare('inductive', data, { ...settings, shrinkage: 0, userTable: 'on' });
    for (let k = 0; k < 5; k++) await run.step();
    const artefact = run.artefact(vocabularyOf(data));
    expect(artefact.userBases?.ids).toEqual(vocabularyOf(data).users);
    expect([...(baseOf(artefact, 8) ?? [])]).toEqual([0, 0, 0, 0]); // without a pair
    expect(baseOf(artefact, undefined)).toBeUndefined();
    const [items, strengths] = rowEntries(data.positives, 2);
    const alone = encodeHistory(artefact, items, strengths);
    const known = encodeHistory(artefact, items, strengths, undefined, baseOf(artefact, 2));
    const total = strengths.reduce((a, b) => a + b);
    const sum = [0, 1, 2, 3].map((c) => {
      let value = (baseOf(artefact, 2) as Float32Array)[c] as number;
      items.forEach((item, k) => {
        const { contextVectors, itemScale } = artefact.encoder as Extract<typeof artefact.encoder, { kind: 'sum' }>;
        const weight = ((strengths[k] as number) / Math.sqrt(total)) * (itemScale[item] as number);
        value += weight * (contextVectors[item * 4 + c] as number);
      });
      return value;
    });
    sum.forEach((value, c) => {
      expect(known[c]).toBeCloseTo(value / Math.hypot(...sum), 5);
    });
    expect([...known.subarray(0, 4)]).not.toEqual([...alone.subarray(0, 4)]);
    const batch = { history: data.positives, times: undefined, users: Uint32Array.from({ length: 9 }, (_, u) => u) };
    expect(userVectors(artefact, batch).subarray(2 * 5, 3 * 5)).toEqual(known);
    expect(userVectors(artefact, { ...batch, users: undefined }).subarray(2 * 5, 3 * 5)).toEqual(alone);
  });

  it('gives each sampled negative its own popularity', async () => {
    const data = randomData(40, 9, 'sampled');
    const run = await prepare('inductive', data, { ...settings, negatives: 4 });
    const drawn = sharedNegatives(9, 4, new Random(1, 'inductive negatives'));
    const expected = naiveLoss(data, numbers(run, 'history'), numbers(run, 'items'), 4, drawn);
    expect(await run.step()).toBeCloseTo(expected, 4);
  });

  it('descends, and keeps no tensor', async () => {
    const run = await prepare('inductive', randomData(23, 11, 'descend'), { ...settings, epochs: 20 });
    const before = (await referenceEngine()).tensorCount();
    const losses: number[] = [];
    for (let k = 0; k < 20; k++) losses.push(await run.step());
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) - 0.1);
    expect((await referenceEngine()).tensorCount()).toBe(before);
  });

  it('draws fewer negatives than items without trouble, and one item, one user, one pair', async () => {
    const run = await prepare('inductive', randomData(11, 17, 'few'), { ...settings, negatives: 5, batchSize: 3 });
    expect(run.stepsPerEpoch).toBe(4);
    for (let k = 0; k < 8; k++) expect(Number.isFinite(await run.step())).toBe(true);
    const lone = await prepare('inductive', randomData(2, 2, 'lone'), settings);
    expect(Number.isFinite(await lone.step())).toBe(true);
  });

  it('applies its rules: with times the full offset and a stronger prior, without half of it', async () => {
    const plain = (await prepare('inductive', randomData(9, 6, 'rules'))).settings;
    expect(plain).toMatchObject({ epochs: 40, batchSize: 256, negatives: 6, offsetStrength: 0.5, priorStrength: 0.5 });
    expect(plain).toMatchObject({ negativeWeight: 1, priorWindowDays: 0, temperature: 0.15, dimensions: 128 });
    const timed = (await prepare('inductive', randomData(60, 6, 'rules', true))).settings;
    expect(timed).toMatchObject({ offsetStrength: 1, priorStrength: 1.25, priorWindowDays: 7 });
  });

  it.each<[string, { users?: number; items?: number; pairs?: number }, object]>([
    ['a batch is 256 users', { users: 32_895 }, { batchSize: 256 }],
    ['then a 128th of them', { users: 64_000 }, { batchSize: 500 }],
    ['and 1,024 at most', { users: 200_000 }, { batchSize: 1024 }],
    ['all items are negatives up to 8,192', { items: 8_192 }, { negatives: 8_192, negativeWeight: 1 }],
    ['else 4,096 of them', { items: 8_193 }, { negatives: 4_096, negativeWeight: 1 }],
    ['weighted from 10,000 on', { items: 10_000 }, { negatives: 4_096, negativeWeight: 1.25 }],
    ['40 epochs below half a million pairs', { pairs: 499_999 }, { epochs: 40 }],
    ['25 epochs where each has eight steps', { users: 2000, pairs: 499_999 }, { epochs: 25 }],
    ['200 steps between them', { users: 1500, pairs: 499_999 }, { epochs: 34 }],
    ['30 from there on', { pairs: 500_000 }, { epochs: 30 }],
  ])('sizes by rule: %s', (_, { users = 10, items = 10, pairs = 1 }, expected) => {
    // The rules look at nothing but sizes where there are no times.
    const positives = { ...emptyMatrix(users, items), columns: new Uint32Array(pairs) };
    const data: TrainingData = { ...randomData(2, 2, 'sizes'), positives };
    expect(applyRules(resolveSettings(INDUCTIVE_SETTINGS, {}), data)).toMatchObject(expected);
  });

  it('serves cosine / T plus the log of popularity, in units of T', async () => {
    const data = randomData(9, 6, 'serve', true);
    const run = await prepare('inductive', data, { ...settings, shrinkage: 0, priorStrength: 2, priorWindowDays: 7 });
    await run.step();
    const artefact = run.artefact(vocabularyOf(data));
    expect(artefact.dimensions).toBe(5);
    const prior = priorPopularity(data, 7);
    for (let item = 0; item < 6; item++) {
      const vector = artefact.itemVectors.subarray(item * 5, item * 5 + 5);
      expect(Math.hypot(...vector.subarray(0, 4))).toBeCloseTo(1, 5);
      expect(vector[4]).toBeCloseTo(temperature * Math.log(prior[item] as number), 5);
    }
    const history = data.positives.columns.slice(0, data.positives.offsets[1]);
    const user = encodeHistory(artefact, history, data.positives.values.slice(0, history.length));
    expect(Math.hypot(...user.subarray(0, 4))).toBeCloseTo(1, 5);
    expect(user[4]).toBe(2);
  });

  it('trusts a history of n items by sqrt(n / (n + k)), and the prior as much as for a median history', async () => {
    const data = randomData(9, 6, 'trust');
    const run = await prepare('inductive', data, { ...settings, shrinkage: 3, priorStrength: 2 });
    const artefact = run.artefact(vocabularyOf(data));
    const lengths = rowDegrees(data.positives).filter((length) => length > 0);
    const median = lengths.sort()[lengths.length >> 1] as number;
    for (const known of [1, 2, 5]) {
      const items = Uint32Array.from({ length: known }, (_, k) => k);
      const vector = encodeHistory(artefact, items, new Float32Array(known).fill(1));
      expect(Math.hypot(...vector.subarray(0, 4))).toBeCloseTo(Math.sqrt(known / (known + 3)), 5);
      expect(vector[4]).toBeCloseTo(2 * Math.sqrt(median / (median + 3)), 5);
    }
  });

  it('encodes a trained history as training does', async () => {
    const data = randomData(9, 6, 'same');
    const run = await prepare('inductive', data, { ...settings, shrinkage: 0 });
    const artefact = run.artefact(vocabularyOf(data));
    const degrees = columnDegrees(data.positives);
    for (let user = 0; user < rowDegrees(data.positives).length - 1; user++) {
      const [start, end] = [data.positives.offsets[user] as number, data.positives.offsets[user + 1] as number];
      const p = new Array<number>(4).fill(0);
      for (let e = start; e < end; e++) {
        const item = data.positives.columns[e] as number;
        for (let c = 0; c < 4; c++) {
          const s = (data.positives.values[e] as number) / Math.sqrt(degrees[item] as number);
          p[c] = (p[c] as number) + s * (run.tables[0]?.values[item * 4 + c] as number);
        }
      }
      const served = encodeHistory(
        artefact,
        data.positives.columns.slice(start, end),
        data.positives.values.slice(start, end),
      );
      p.forEach((value, c) => {
        expect(served[c]).toBeCloseTo(value / Math.hypot(...p), 5);
      });
    }
  });

  it('refuses data without a positive', async () => {
    const data = randomData(1, 3, 'empty');
    await expect(prepare('inductive', data)).rejects.toMatchObject({ code: 'DATA_EMPTY' });
    await expect(prepare('two-tower', data)).rejects.toMatchObject({ code: 'DATA_EMPTY' });
  });
});

describe.each([
  ['inductive', {}],
  ['inductive', { userTable: 'on' }],
  ['two-tower', {}],
])('%s %o', (name, changes) => {
  it('goes on from a saved state to the same bytes, also in the middle of an epoch', async () => {
    const data = randomData(13, 11, 'resume');
    const small = { dimensions: 4, batchSize: 4, ...changes };
    const { run, resumed } = await resumeHalfway((seed) => prepare(name, data, small, seed), 3, 5);
    expect(resumed.save()).toEqual(run.save());
    expect(resumed.artefact(vocabularyOf(data))).toEqual(run.artefact(vocabularyOf(data)));
  });

  it('refuses a state of another shape', async () => {
    const data = randomData(13, 11, 'resume');
    const saved = (await prepare(name, data, { dimensions: 5 })).save();
    const run = await prepare(name, data, { dimensions: 4 });
    expect(() => run.restore(saved)).toThrow(expect.objectContaining({ code: 'CHECKPOINT_CORRUPT' }));
    expect(() => run.restore({ ...run.save(), counters: {} })).toThrow(/counter \w+Steps/);
  });
});

describe('priorPopularity', () => {
  it('counts the last days of train, with a little of all of it', () => {
    const data = randomData(30, 8, 'prior', true);
    const after = (data.endTimeMs as number) - 7 * 86_400_000;
    const recent = priorPopularity(data, 7);
    const all = columnDegrees(data.positives);
    for (let item = 0; item < 8; item++) {
      let count = 0;
      data.positives.columns.forEach((column, e) => {
        if (column === item && (data.times?.[e] as number) > after) count++;
      });
      expect(recent[item]).toBeCloseTo(count + 0.1 + 0.01 * (all[item] as number), 5);
    }
    priorPopularity(data, 0).forEach((r, item) => {
      expect(r).toBeCloseTo(0.1 + 1.01 * (all[item] as number), 5);
    });
    expect([...priorPopularity({ ...data, times: undefined }, 7)]).toEqual([...all].map((users) => users + 1));
  });

  it('takes the smaller window that is populated', () => {
    const data = randomData(30, 8, 'window', true);
    const end = data.endTimeMs as number;
    const allAt = (daysAgo: number) => ({
      ...data,
      times: (data.times as Float64Array).map(() => end - daysAgo * 86_400_000),
    });
    expect(priorWindowByRule(allAt(3))).toBe(7);
    expect(priorWindowByRule(allAt(20))).toBe(28);
    expect(priorWindowByRule(allAt(90))).toBe(0);
    expect(priorWindowByRule({ ...data, times: undefined })).toBe(0);
  });
});
