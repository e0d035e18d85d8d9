import { createHash } from 'node:crypto';
import { type LogColumns, matrixFromTriples, Random, type SparseMatrix, selectRows } from '@kindred/domain';
import type { ModelArtefact } from '@kindred/models/artefact';
import { describe, expect, it } from 'vitest';
import { areaUnderCurve, correlation, divergence, kolmogorovSmirnov, totalVariation } from '../src/distributions.js';
import {
  canTellMembers,
  eventsOf,
  fitLogProfile,
  generatorSampler,
  type HistorySampler,
  incidence,
  independentSampler,
  logOfUsers,
  measureFidelity,
  sampleLog,
  synthesisInWords,
  testDisclosure,
  trainingDataOf,
  type Watch,
} from '../src/index.js';
import { nearestDistances } from '../src/synthetic-log/nearest-profiles.js';
import { drawSeveral, WeightedChoice } from '../src/synthetic-log/weighted-choice.js';

const GROUPS = 4;
const ITEMS = 80;
const DAY_MS = 86_400_000;
/** Views in the evening of weekdays, some of them followed by a purchase with a value. */
const USERS = 500;

/** Users of four groups, each with 4 to 15 items, most of them of the 20 of their group; log-like popularity within. */
function groupedHistory(group: number, count: number, random: Random): number[] {
  const weights = Float64Array.from({ length: ITEMS }, (_, item) => {
    const own = Math.floor(item / (ITEMS / GROUPS)) === group;
    return (own ? 1 : 0.03) / (1 + (item % (ITEMS / GROUPS)));
  });
  return drawSeveral(weights, count, random);
}

function groupedLog(users: number): LogColumns {
  const events: { user: number; item: number; type: number; time: number; value: number }[] = [];
  for (let user = 0; user < users; user++) {
    const random = new Random(11, `real ${user}`);
    let time = 20_000 * DAY_MS + random.below(60) * DAY_MS + 18 * 3_600_000;
    for (const item of groupedHistory(user % GROUPS, 4 + random.below(12), random)) {
      time += random.below(3) === 0 ? DAY_MS : 60_000 * (1 + random.below(5));
      events.push({ user, item, type: 1, time, value: Number.NaN });
      if (random.below(4) === 0) events.push({ user, item, type: 0, time: time + 5000, value: 1 + random.below(3) });
    }
  }
  events.sort((a, b) => a.time - b.time || a.user - b.user);
  return {
    users: Array.from({ length: users }, (_, k) => `real-${k}`),
    items: Array.from({ length: ITEMS }, (_, k) => `item-${k}`),
    types: ['purchase', 'view'],
    user: Uint32Array.from(events, ({ user }) => user),
    item: Uint32Array.from(events, ({ item }) => item),
    type: Uint16Array.from(events, ({ type }) => type),
    time: Float64Array.from(events, ({ time }) => time),
    value: Float64Array.from(events, ({ value }) => value),
  };
}

const REAL = groupedLog(USERS);
const LEARNED = logOfUsers(
  REAL,
  Uint32Array.from({ length: 400 }, (_, k) => k),
);
const HELD_OUT = incidence(
  logOfUsers(
    REAL,
    Uint32Array.from({ length: 100 }, (_, k) => 400 + k),
  ),
);
const PROFILE = fitLogProfile(LEARNED);
const TRAIN = incidence(LEARNED);
const rowOf = (row: number) => [...TRAIN.columns.subarray(TRAIN.offsets[row], TRAIN.offsets[row + 1])];

/** The truth: whoever is drawn is of some group. */
const truthful: HistorySampler = (count, random) => groupedHistory(random.below(GROUPS), count, random);
const copying: HistorySampler = (_, random) => rowOf(random.below(TRAIN.rowCount));
/** Copies with an item left out: no exact copy, and as near. */
const nearlyCopying: HistorySampler = (count, random) => [...copying(count, random)].slice(1);

const sample = (sampler: HistorySampler, seed = 1) =>
  sampleLog(PROFILE, sampler, { items: REAL.items, users: USERS, seed });
const disclosureOf = async (sampler: HistorySampler) =>
  testDisclosure({ train: TRAIN, heldOut: HELD_OUT, synthetic: incidence(await sample(sampler)), seed: 1 });

describe('the disclosure test', () => {
  it('is passed by users drawn as the real ones were', async () => {
    const disclosure = await disclosureOf(truthful);
    expect(disclosure).toMatchObject({ failures: [], verdict: 'passed' });
    expect(disclosure.nearestRatio).toBeGreaterThan(0.85);
    expect(Math.abs(disclosure.membershipAuc - 0.5)).toBeLessThan(3 * disclosure.membershipError);
    expect(Math.abs(disclosure.nearerToTrain - 0.5)).toBeLessThan(0.08);
  });

  it('is failed by copies', async () => {
    const disclosure = await disclosureOf(copying);
    expect(disclosure.copies.synthetic).toBe(1);
    expect(disclosure.nearestRatio).toBe(0);
    expect(disclosure.membershipAuc).toBeGreaterThan(0.75);
    expect(disclosure.failures.length).toBeGreaterThanOrEqual(3);
    expect(disclosure.verdict).toBe('failed');
    expect(synthesisInWords(await measureFidelity(REAL, await sample(copying), 1), disclosure).at(-1)).toContain(
      'is failed: ',
    );
  });

  describe('of few users', () => {
    const firstOf = (matrix: SparseMatrix, count: number) =>
      selectRows(
        matrix,
        Uint32Array.from({ length: count }, (_, row) => row),
      );
    /** Among so many users, a fifth of them unseen. */
    const among = async (users: number, sampler: HistorySampler) =>
      testDisclosure({
        train: firstOf(TRAIN, 0.8 * users),
        heldOut: firstOf(HELD_OUT, 0.2 * users),
        synthetic: incidence(await sample(sampler)),
        seed: 1,
      });

    it('allows no more than of many, whatever chance reaches', async () => {
      const limits = [50, 100, 250, 500].map(async (users) => (await among(users, truthful)).membershipLimit);
      expect(await Promise.all(limits)).toEqual([0.6, 0.6, 0.6, expect.closeTo(0.597, 3)]);
      // Seven of forty given away: chance alone would reach .806.
      const few = { train: firstOf(TRAIN, 40), heldOut: firstOf(HELD_OUT, 10), synthetic: firstOf(TRAIN, 7), seed: 1 };
      const { membershipAuc, failures } = await testDisclosure(few);
      expect(membershipAuc).toBeGreaterThan(0.6);
      expect(membershipAuc).toBeLessThan(0.8);
      expect(failures.at(-1)).toContain('at most 0.600 is allowed');
    });

    it('can not tell, and says so, where chance reaches more; is failed by copies all the same', async () => {
      const disclosure = await among(250, truthful);
      expect(disclosure).toMatchObject({
        verdict: 'unproven',
        failures: [expect.stringContaining('not shown to be safe')],
      });
      expect(disclosure.failures[0]).toContain('200 learned from and 50 unseen chance alone reaches');
      const words = synthesisInWords(await measureFidelity(REAL, REAL, 1), disclosure);
      expect(words.at(-1)).toMatch(/^the disclosure test can not tell: the log is not shown to be safe/);
      expect((await among(250, copying)).verdict).toBe('failed');
    });

    it('is told before, by their number alone: four fifths of 470 and the others are enough, of 465 not', () => {
      expect([canTellMembers(376, 94), canTellMembers(372, 93)]).toEqual([true, false]);
      // MovieLens-100K in docs/synthetic-logs.md
      expect(canTellMembers(694, 173)).toBe(true);
    });
  });

  it('is failed by copies that lack an item, too', async () => {
    const disclosure = await disclosureOf(nearlyCopying);
    expect(disclosure.copies.synthetic).toBeLessThan(0.05);
    expect(disclosure.failures.length).toBeGreaterThanOrEqual(2);
  });
});

describe('fidelity', () => {
  it('is high for users drawn as the real ones were', async () => {
    const fidelity = await measureFidelity(REAL, await sample(truthful), 1);
    expect(fidelity.activityKs).toBeLessThan(0.1);
    expect(fidelity.popularityCorrelation).toBeGreaterThan(0.95);
    expect(fidelity.popularityKl).toBeLessThan(0.05);
    expect(fidelity.coOccurrenceCorrelation).toBeGreaterThan(0.6);
    expect(fidelity.typesDistance).toBeLessThan(0.03);
    expect(fidelity.pausesKs).toBeLessThan(0.25);
  });

  it('of independent items has the popularity and nothing of what is had together, and gives nobody away', async () => {
    const fidelity = await measureFidelity(REAL, await sample(independentSampler(PROFILE)), 1);
    expect(fidelity.popularityCorrelation).toBeGreaterThan(0.9);
    expect(Math.abs(fidelity.coOccurrenceCorrelation ?? 1)).toBeLessThan(0.15);
    expect(fidelity.coOccurrenceOfHalves).toBeGreaterThan(0.6);
    expect((await disclosureOf(independentSampler(PROFILE))).failures).toEqual([]);
  });

  it('shows events of one type, and at any hour', async () => {
    const log = await sample(truthful);
    const plain = { ...log, type: log.type.map(() => 1) };
    expect((await measureFidelity(REAL, plain, 1)).typesDistance).toBeGreaterThan(0.15);
    const later = { ...log, time: log.time.map((time) => time + DAY_MS / 2) };
    expect((await measureFidelity(REAL, later, 1)).hoursDistance).toBeGreaterThan(0.8);
    const same = await measureFidelity(REAL, REAL, 1);
    expect(same).toMatchObject({ activityKs: 0, hoursDistance: 0, pausesKs: 0, typesDistance: 0 });
    expect([same.popularityKl, same.coOccurrenceCorrelation]).toEqual([expect.closeTo(0, 12), expect.closeTo(1, 12)]);
  });
});

describe('sampleLog', () => {
  it('is the same for the same seed, in order of time, with users of its own', async () => {
    const log = await sample(truthful);
    expect(await sample(truthful)).toEqual(log);
    expect((await sample(truthful, 2)).item).not.toEqual(log.item);
    expect(log.time).toEqual(log.time.toSorted());
    expect(new Set(log.user).size).toBe(USERS);
    expect(log.users.filter((id) => REAL.users.includes(id))).toEqual([]);
    const day = (time: number) => Math.floor(time / 86_400_000);
    expect(day(Math.max(...log.time))).toBeLessThanOrEqual(day(Math.max(...REAL.time)));
    expect([...log.time]).not.toContain(Math.max(...REAL.time));
  });

  it('draws items when they are had, and keeps their popularity', async () => {
    // Every item of the second half of the numbers is had in the second half of the log only.
    const middle = ((REAL.time[0] as number) + (REAL.time.at(-1) as number)) / 2;
    const seasonal = {
      ...REAL,
      item: REAL.item.map((item, event) => (item % 40) + ((REAL.time[event] as number) > middle ? 40 : 0)),
    };
    const profile = fitLogProfile(seasonal);
    const log = await sampleLog(profile, independentSampler(profile), { items: REAL.items, users: USERS, seed: 1 });
    const misplaced = log.item.filter((item, event) => item >= 40 !== (log.time[event] as number) > middle).length;
    expect(misplaced / log.item.length).toBeLessThan(0.2);
    const unfashionable = { ...profile, fashions: undefined };
    const plain = await sampleLog(unfashionable, independentSampler(profile), {
      items: REAL.items,
      users: USERS,
      seed: 1,
    });
    const lost = plain.item.filter((item, event) => item >= 40 !== (plain.time[event] as number) > middle).length;
    expect(lost / plain.item.length).toBeGreaterThan(0.4);
    expect((await measureFidelity(seasonal, log, 1)).popularityCorrelation).toBeGreaterThan(0.9);
  });

  it('leaves out what few users share, and has no times or values where the log has none', async () => {
    const odd = { ...LEARNED, value: LEARNED.value.map((value, event) => (event === 7 ? 123.45 : value)) };
    expect(
      fitLogProfile(odd)
        .values.flat()
        .map(({ value }) => value),
    ).not.toContain(123.45);
    const plain = {
      ...LEARNED,
      time: LEARNED.time.map(() => Number.POSITIVE_INFINITY),
      value: LEARNED.value.map(() => Number.NaN),
    };
    const log = await sampleLog(fitLogProfile(plain), truthful, { items: REAL.items, users: 20, seed: 1 });
    expect(log.time.every((time) => time === Number.POSITIVE_INFINITY)).toBe(true);
    expect(log.value.every(Number.isNaN)).toBe(true);
    expect(await measureFidelity(plain, log, 1)).toMatchObject({ hoursDistance: undefined, pausesKs: undefined });
    expect(trainingDataOf(plain).times).toBeUndefined();
  });

  it('is made of whole events: some of a log are those events', () => {
    const some = eventsOf(REAL, Uint32Array.of(3, 1));
    expect([some.item[1], some.time[1], some.user[0]]).toEqual([REAL.item[1], REAL.time[1], REAL.user[3]]);
  });
});

/** A generator of random weights with a noise of its own. */
function randomGenerator(random: Random): ModelArtefact {
  const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
  const width = 3;
  return {
    items: REAL.items,
    dimensions: width + 1,
    itemVectors: normals(ITEMS * (width + 1)),
    encoder: {
      kind: 'layers',
      contextVectors: normals(ITEMS * width),
      layers: [{ outputs: width, activation: 'tanh', weights: normals(width) }],
      noise: { layer: 0, weights: normals(2 * width) },
      temperature: 1,
      priorWeight: 1,
    },
  } as unknown as ModelArtefact;
}

it('a history from a generator has known items alone, none of them twice, and no more than there are', async () => {
  const random = new Random(6, 'generator');
  const generator = randomGenerator(random);
  const sampler = await generatorSampler(generator, PROFILE, 1);
  for (const count of [1, 2, 7, ITEMS - 1, ITEMS, ITEMS + 5]) {
    for (const fashion of [undefined, Float64Array.from({ length: ITEMS }, () => 0.1 + random.next())]) {
      const history = sampler(count, random, fashion);
      expect(history).toHaveLength(Math.min(count, ITEMS));
      expect(new Set(history).size).toBe(history.length);
      expect(history.every((item) => item >= 0 && item < ITEMS)).toBe(true);
    }
  }
});

it('a log from a generator is for a seed what it always was', async () => {
  const sampler = await generatorSampler(randomGenerator(new Random(7, 'generator')), PROFILE, 3);
  const { user, item, type, time, value } = await sample(sampler, 3);
  const hash = createHash('sha256');
  for (const { buffer } of [user, item, type, time, value]) hash.update(new Uint8Array(buffer));
  expect(hash.digest('hex')).toBe('da2db1b394dcfc1db1fb9539b755586bf05cc3987eb5c12779ebaec0ba486c44');
});

describe('long work', () => {
  const options = { items: REAL.items, users: USERS, seed: 1 };
  /** As a catalogue of many items is: some milliseconds a user. */
  const slow: HistorySampler = (count, random) => {
    for (const until = performance.now() + 5; performance.now() < until; );
    return truthful(count, random);
  };

  it('leaves timers and signals their turn, says how far it is, and ends when it is told to', async () => {
    const abort = new AbortController();
    const said: [string, number, number][] = [];
    const cause = new Error('enough');
    setTimeout(() => abort.abort(cause), 200);
    const watch = { signal: abort.signal, onProgress: (...told: [string, number, number]) => void said.push(told) };
    await expect(sampleLog(PROFILE, slow, { ...options, ...watch })).rejects.toMatchObject({
      code: 'INTERRUPTED',
      cause,
    });
    expect(said[0]).toEqual(['users drawn', 0, USERS]);
    const [, done] = said.at(-1) ?? [];
    expect(said.length).toBeGreaterThan(1);
    expect(done).toBeLessThan(USERS / 2);
  });

  it('says at its end that all is done', async () => {
    const said: string[] = [];
    const onProgress = (label: string, done: number, total: number) => void said.push(`${label} ${done}/${total}`);
    const log = await sampleLog(PROFILE, truthful, { ...options, onProgress });
    await measureFidelity(REAL, log, 1, { onProgress });
    await testDisclosure({ train: TRAIN, heldOut: HELD_OUT, synthetic: incidence(log), seed: 1, onProgress });
    const all = [
      `users drawn ${USERS}/${USERS}`,
      `users counted ${USERS}/${USERS}`,
      `users compared ${USERS}/${USERS}`,
    ];
    expect(said).toEqual(expect.arrayContaining(all));
  });

  it.each<[string, (watch: Watch) => Promise<unknown>]>([
    ['drawing', (watch) => sampleLog(PROFILE, truthful, { ...options, ...watch })],
    ['the pilot', (watch) => generatorSampler(randomGenerator(new Random(1)), PROFILE, 1, watch)],
    ['fidelity', (watch) => measureFidelity(REAL, REAL, 1, watch)],
    ['disclosure', (watch) => testDisclosure({ train: TRAIN, heldOut: HELD_OUT, synthetic: TRAIN, seed: 1, ...watch })],
  ])('ends at the signal: %s', async (_, work) => {
    await expect(work({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});

describe('the measures', () => {
  const matrixOf = (rows: readonly (readonly number[])[]) => {
    const pairs = rows.flatMap((items, row) => items.map((item): [number, number] => [row, item]));
    return matrixFromTriples(
      rows.length,
      6,
      Uint32Array.from(pairs, ([row]) => row),
      Uint32Array.from(pairs, ([, item]) => item),
      new Float32Array(pairs.length).fill(1),
    );
  };

  it('have the known values', async () => {
    expect([
      ...(await nearestDistances(
        matrixOf([[0, 1, 2], [0, 1], [5], []]),
        matrixOf([
          [0, 1],
          [2, 3, 4],
        ]),
      )),
    ]).toEqual([expect.closeTo(1 / 3, 12), 0, 1, 1]);
    expect(kolmogorovSmirnov([1, 2, 3, 4], [3, 4, 5, 6])).toBe(0.5);
    expect(kolmogorovSmirnov([], [1])).toBe(1);
    expect(totalVariation([1, 1], [3, 1])).toBe(0.25);
    expect(divergence([4, 2], [4, 2])).toBe(0);
    expect(divergence([9.5, 4.5], [4.5, 9.5])).toBeCloseTo((1 / 3) * Math.log(2), 12);
    expect(correlation([1, 2, 3], [6, 4, 2])).toBeCloseTo(-1, 12);
    expect(correlation([1, 1], [0, 1])).toBeUndefined();
    expect(areaUnderCurve([2, 3], [1, 2])).toBe(0.875);
    expect(areaUnderCurve([1], [1])).toBe(0.5);
  });

  it('draw in proportion to weights, several without one twice', () => {
    const random = new Random(5);
    const choice = new WeightedChoice([1, 0, 3]);
    const counts = [0, 0, 0];
    for (let k = 0; k < 4000; k++) counts[choice.draw(random)] = (counts[choice.draw(random)] as number) + 1;
    expect(counts[1]).toBe(0);
    const drawn = Array.from({ length: 4000 }, () => choice.draw(random)).filter((place) => place === 2).length;
    expect(drawn / 4000).toBeCloseTo(0.75, 1);
    const several = drawSeveral([1, 0, 3, 2], 5, random);
    expect(several.sort()).toEqual([0, 2, 3]);
    expect(drawSeveral([1, 1, 1, 1], 2, random)).toHaveLength(2);
  });
});
