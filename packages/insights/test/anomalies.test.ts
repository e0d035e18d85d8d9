import { emptyMatrix, matrixFromTriples, Random, type SparseMatrix, type TrainingData } from '@kindred/domain';
import type { HistoryCritic } from '@kindred/models';
import { itemDistribution, type ModelArtefact } from '@kindred/models/artefact';
import { describe, expect, it } from 'vitest';
import { againstPeers } from '../src/anomalies/length-matched-peers.js';
import {
  type Behaviour,
  behaviourOf,
  describeAnomaly,
  type FoundAnomalies,
  findAnomalies,
  implausibilities,
  leftOutErrors,
  popularityErrors,
} from '../src/index.js';

const MINUTE_MS = 60_000;

/** Users by their items, strength 1. */
function historyOf(users: readonly (readonly number[])[], items: number): SparseMatrix {
  const pairs = users.flatMap((own, user) => own.map((item) => [user, item] as const));
  return matrixFromTriples(
    users.length,
    items,
    Uint32Array.from(pairs, ([user]) => user),
    Uint32Array.from(pairs, ([, item]) => item),
    new Float32Array(pairs.length).fill(1),
  );
}

function dataOf(positives: SparseMatrix): TrainingData {
  const weights = new Float32Array(positives.columns.length).fill(1);
  const negatives = emptyMatrix(positives.rowCount, positives.columnCount);
  return { positives, weights, times: undefined, negatives, endTimeMs: undefined };
}

/** A model of random vectors that sums a history. */
function randomModel(items: number, seed: number): ModelArtefact {
  const random = new Random(seed, 'model');
  const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  return {
    method: 'test',
    settings: {},
    items: Array.from({ length: items }, (_, item) => `i${item}`),
    dimensions: 5,
    itemVectors: normals(items * 5),
    encoder: {
      kind: 'sum',
      contextVectors: normals(items * 4),
      itemScale: new Float32Array(items).fill(1),
      shrinkage: 1,
      temperature: 0.7,
      priorWeight: 0.5,
    },
    fallbackScores: new Float32Array(items).fill(1),
  };
}

describe('what a model leaves unexplained', () => {
  const users = [[3], [1, 7], [0, 2, 4, 6], [5, 8, 9, 10, 11]];

  it('ends at the signal, also one that comes while it is computed', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 1);
    const many = Array.from({ length: 4000 }, (_, user) => [user % 9000, (7 * user + 1) % 9000, (3 * user + 2) % 9000]);
    const errors = leftOutErrors(randomModel(9000, 1), historyOf(many, 9000), undefined, {
      seed: 1,
      signal: stop.signal,
    });
    await expect(errors).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('is the mean surprise at each item, of a short history one by one from all others', async () => {
    const artefact = randomModel(12, 1);
    const errors = await leftOutErrors(artefact, historyOf(users, 12), undefined, { seed: 1 });
    expect(errors[0]).toBeNaN();
    users.slice(1).forEach((own, k) => {
      const surprises = own.map((item) => {
        const rest = Uint32Array.from(own.filter((other) => other !== item));
        return -Math.log(itemDistribution(artefact, rest, new Float32Array(rest.length).fill(1))[item] as number);
      });
      const mean = surprises.reduce((sum, surprise) => sum + surprise, 0) / own.length;
      expect(errors[k + 1]).toBeCloseTo(mean, 4);
    });
  });

  it('does not depend on who else there is, and on the seed only for longer histories', async () => {
    const artefact = randomModel(12, 2);
    const long = [0, 1, 2, 3, 4, 5, 6, 7];
    const of = (history: readonly (readonly number[])[], seed: number) =>
      leftOutErrors(artefact, historyOf(history, 12), undefined, { seed });
    const [alone, beside, other] = [await of([long], 1), await of([long, [1, 2]], 1), await of([long], 2)];
    expect(beside[0]).toBe(alone[0]);
    expect(other[0]).not.toBe(alone[0]);
  });

  it('is estimated from a sample of a large catalogue', async () => {
    const items = 9000;
    const artefact = randomModel(items, 3);
    const own = [17, 4000, 8999];
    const [estimate] = await leftOutErrors(artefact, historyOf([own], items), undefined, { seed: 1 });
    const surprises = own.map((item) => {
      const rest = Uint32Array.from(own.filter((other) => other !== item));
      return -Math.log(itemDistribution(artefact, rest, new Float32Array(2).fill(1))[item] as number);
    });
    expect(estimate).toBeCloseTo(surprises.reduce((sum, surprise) => sum + surprise, 0) / 3, 0);
  });

  it('by popularity is the mean surprise at the items by how many have them', () => {
    const [first, second] = popularityErrors(historyOf([[0], [0, 1]], 2), Uint32Array.of(5, 2));
    expect(first).toBeCloseTo(Math.log(9 / 6), 10);
    expect(second).toBeCloseTo((Math.log(9 / 6) + Math.log(9 / 3)) / 2, 10);
  });
});

describe('what a critic says', () => {
  const histories = dataOf(historyOf([[0, 1], [], [2]], 3));

  it('is turned round, and the mean of several draws where it looks at a few items', async () => {
    let calls = 0;
    const critic = (conditional: boolean): HistoryCritic => ({
      conditional,
      score: async () => Float64Array.of(++calls, Number.NaN, -5),
    });
    expect([...(await implausibilities(critic(false), histories, 1))]).toEqual([-1, Number.NaN, 5]);
    calls = 0;
    expect([...(await implausibilities(critic(true), histories, 1))]).toEqual([-4.5, Number.NaN, 5]);
  });

  it('depends on the seed by the draws alone', async () => {
    const critic: HistoryCritic = {
      conditional: true,
      score: async (_, random) => Float64Array.from({ length: 3 }, () => random.next()),
    };
    const of = (seed: number) => implausibilities(critic, histories, seed);
    expect(await of(1)).toEqual(await of(1));
    expect(await of(1)).not.toEqual(await of(2));
  });
});

describe('simple rules', () => {
  const behaviour = (events: readonly (readonly [user: number, item: number, minute: number])[], items = 4) => {
    const history = historyOf(
      [0, 1].map((user) => [...new Set(events.flatMap(([of, item]) => (of === user ? [item] : [])))]),
      items,
    );
    const log = {
      user: Uint32Array.from(events, ([user]) => user),
      item: Uint32Array.from(events, ([, item]) => item),
      time: Float64Array.from(events, ([, , minute]) => minute * MINUTE_MS),
    };
    return behaviourOf(log, Int32Array.of(0, 1), history);
  };

  it('count what somebody does within an hour, in equal steps, again, and of the catalogue', () => {
    const found = behaviour([
      [0, 0, 0],
      [1, 0, 0],
      [0, 1, 10],
      [0, 2, 20],
      [1, 0, 25],
      [0, 3, 30],
      [0, 0, 75],
      [1, 1, 600],
    ]);
    expect([...found.eventsPerHour]).toEqual([4, 2]);
    expect([...found.equalGaps]).toEqual([3, 1]);
    expect(found.repeatShare[0]).toBeCloseTo(1 / 5);
    expect(found.repeatShare[1]).toBeCloseTo(1 / 3);
    expect([...found.catalogueShare]).toEqual([1, 0.5]);
  });

  it('take one basket as one moment, and a log without times as it is', () => {
    const basket = behaviour([
      [0, 0, 5],
      [0, 1, 5],
      [0, 2, 5],
      [1, 0, 9],
    ]);
    expect([...basket.equalGaps]).toEqual([0, 0]);
    expect([...basket.eventsPerHour]).toEqual([3, 1]);
    const untimed = behaviour([
      [0, 0, Number.POSITIVE_INFINITY],
      [1, 1, Number.POSITIVE_INFINITY],
    ]);
    expect([...untimed.eventsPerHour, ...untimed.equalGaps]).toEqual([0, 0, 0, 0]);
  });
});

describe('length-matched peers', () => {
  it('compare users of about the same length only', () => {
    // Twice the length, ten times the value: large for a short history, usual for a long one.
    const lengths = Uint32Array.from({ length: 400 }, (_, user) => (user < 200 ? 10 : 20));
    const random = new Random(1, 'peers');
    const values = Float64Array.from(lengths, (length) => (length === 10 ? 1 : 10) + 0.1 * random.normal());
    values[7] = 2;
    const { deviations, shareBelow } = againstPeers(values, lengths, 0.01);
    expect(deviations[7]).toBeGreaterThan(6);
    expect(shareBelow[7]).toBeCloseTo(199 / 200);
    const others = deviations.filter((_, user) => user !== 7);
    expect(Math.max(...others)).toBeLessThan(4);
    expect(Math.max(...againstPeers(values, new Uint32Array(400), 0.01).deviations)).toBeLessThan(6);
  });

  it('are not moved by a fifth of them being as strange as they like', () => {
    const random = new Random(2, 'peers');
    const usual = Float64Array.from({ length: 400 }, () => random.normal());
    const strange = usual.map((value, user) => (user % 5 === 0 ? value + 1000 : value));
    const lengths = new Uint32Array(400).fill(3);
    const { deviations } = againstPeers(strange, lengths, 0.01);
    expect(Math.min(...deviations.filter((_, user) => user % 5 === 0))).toBeGreaterThan(100);
    expect(Math.max(...deviations.filter((_, user) => user % 5 !== 0))).toBeLessThan(4);
  });

  it('are those whom the same one judged', () => {
    const random = new Random(3, 'peers');
    const judges = Uint8Array.from({ length: 400 }, (_, user) => user % 2);
    const inOneScale = Float64Array.from({ length: 400 }, () => random.normal());
    inOneScale[8] = 9;
    const lengths = new Uint32Array(400).fill(3);
    const ofHalf = (half: number, values: Float64Array) => values.filter((_, user) => user % 2 === half);
    // The other judge counts from elsewhere, in hundredths.
    const inTwo = inOneScale.map((value, user) => (user % 2 === 0 ? value : 500 + 100 * value));
    const { deviations, shareBelow } = againstPeers(inTwo, lengths, 0.01, judges);
    for (const half of [0, 1]) {
      const alone = againstPeers(ofHalf(half, inOneScale), lengths.subarray(200), 0.01);
      ofHalf(half, deviations).forEach((value, k) => {
        expect(value).toBeCloseTo(alone.deviations[k] as number, 9);
      });
      expect(ofHalf(half, shareBelow)).toEqual(alone.shareBelow);
    }
    expect(deviations[8]).toBeGreaterThan(6);
  });
});

describe('anomalies', () => {
  const flat = (users: number, value: number) => new Float64Array(users).fill(value);
  /** Users of ten items, the same in everything. */
  const sameUsers = (users: number) => ({
    history: historyOf(
      Array.from({ length: users }, () => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
      20,
    ),
    errors: flat(users, 3),
    popularityErrors: flat(users, 4),
    behaviour: {
      eventsPerHour: flat(users, 5),
      catalogueShare: flat(users, 0.5),
      equalGaps: flat(users, 1),
      repeatShare: flat(users, 0),
    } satisfies Behaviour,
  });
  /** The same, each signal with a spread of its own. */
  const variedUsers = (users: number, seed: number) => {
    const random = new Random(seed, 'users');
    const same = sameUsers(users);
    return {
      ...same,
      errors: same.errors.map((error) => error + random.normal()),
      popularityErrors: same.popularityErrors.map((error) => error + random.normal()),
      behaviour: { ...same.behaviour, eventsPerHour: same.behaviour.eventsPerHour.map(() => 1 + random.below(20)) },
    };
  };
  const flaggedOf = ({ flagged }: FoundAnomalies) => flagged.map(({ user }) => user);

  it('are none where everybody is the same, or hardly different, or has a single item', () => {
    expect(flaggedOf(findAnomalies(sameUsers(200)))).toEqual([]);
    const hardly = sameUsers(200);
    hardly.errors[5] = 3.05;
    expect(flaggedOf(findAnomalies(hardly))).toEqual([]);
    const single = {
      ...sameUsers(200),
      history: historyOf(new Array(200).fill([0]), 1),
      errors: flat(200, Number.NaN),
    };
    expect(flaggedOf(findAnomalies(single))).toEqual([]);
  });

  it('are none among too few users, whatever they do', () => {
    const few = sameUsers(20);
    few.errors[5] = 100;
    expect(flaggedOf(findAnomalies(few))).toEqual([]);
  });

  it('are few among users who merely vary', () => {
    const flagged = [1, 2, 3, 4, 5].map((seed) => findAnomalies(variedUsers(2000, seed)).flagged.length);
    expect(flagged.reduce((sum, count) => sum + count, 0)).toBeLessThan(0.003 * 10_000);
  });

  it('come in the order of how strange they are, each with its reasons', () => {
    const users = variedUsers(1000, 1);
    users.errors[3] = 20;
    users.errors[4] = 30;
    users.behaviour.eventsPerHour[5] = 100_000;
    const { flagged } = findAnomalies(users);
    expect(flagged.slice(0, 3).map(({ user, rank }) => [user, rank])).toEqual([
      [4, 1],
      [3, 2],
      [5, 3],
    ]);
    expect(flagged[2]?.signals.map(({ name }) => name)).toContain('eventsPerHour');
    const [first] = flagged;
    expect(first && describeAnomaly(first, 10)).toMatch(
      /^10 items; 99\.\d % of comparable users are better explained by what others do/,
    );
  });

  it('are also those whom a critic finds out of the way, beside whom it judged; nobody asks it unless it is given', () => {
    const users = variedUsers(1000, 3);
    const random = new Random(4, 'critic');
    const critics = Uint8Array.from({ length: 1000 }, (_, user) => user % 2);
    const scores = Float64Array.from(critics, (critic) => 50 * critic + random.normal());
    scores[6] = 25;
    scores[8] = Number.NaN;
    const criticism = { implausibilities: scores, critics };
    const found = findAnomalies({ ...users, criticism });
    const [first] = found.flagged;
    expect(first?.user).toBe(6);
    expect(first?.signals[0]?.name).toBe('implausibility');
    expect(first && describeAnomaly(first, 10)).toMatch(/look more like what people have to a discriminator/);
    expect(found.signals.implausibility.deviations[8]).toBe(0);
    const without = findAnomalies(users);
    expect(flaggedOf(without)).not.toContain(6);
    expect(Math.max(...without.signals.implausibility.deviations)).toBe(0);
    expect(found.scores[8]).toBe(without.scores[8]);
  });

  it('are never more than a twentieth of the users, the strangest of them', () => {
    const users = variedUsers(1000, 2);
    for (let user = 0; user < 90; user++) users.errors[user] = 100 + user;
    const { flagged } = findAnomalies(users);
    expect(flagged).toHaveLength(50);
    expect(flagged[0]?.user).toBe(89);
  });

  describe('beside users without a positive item', () => {
    const JUDGED = 80;
    const BOT = 5;
    const users = variedUsers(JUDGED, 1);
    users.errors[BOT] = 30;
    const { history, behaviour } = users;
    /** The same users with others behind them who have nothing, and whose behaviour is anything. */
    const besideEmpty = (empty: number) => {
      const more = (values: Float64Array, value: number) => Float64Array.of(...values, ...flat(empty, value));
      const offsets = Uint32Array.of(...history.offsets, ...flat(empty, history.columns.length));
      return {
        history: { ...history, rowCount: JUDGED + empty, offsets },
        errors: more(users.errors, Number.NaN),
        popularityErrors: more(users.popularityErrors, Number.NaN),
        behaviour: {
          eventsPerHour: more(behaviour.eventsPerHour, 1000),
          catalogueShare: more(behaviour.catalogueShare, 0),
          equalGaps: more(behaviour.equalGaps, 99),
          repeatShare: more(behaviour.repeatShare, 0.99),
        },
      };
    };

    it('are those that they are without them, and never these', () => {
      const alone = findAnomalies(users);
      expect(flaggedOf(alone)).toContain(BOT);
      const found = findAnomalies(besideEmpty(120));
      expect([found.flagged, found.threshold]).toEqual([alone.flagged, alone.threshold]);
      expect(found.scores).toEqual(Float64Array.of(...alone.scores, ...flat(120, 0)));
      expect(found.signals.eventsPerHour.values[JUDGED]).toBeNaN();
    });

    it('are a twentieth of those who have something at most, and none where these are too few', () => {
      const strange = besideEmpty(4000);
      for (let user = 0; user < 6; user++) strange.errors[user] = 100 + user;
      expect(flaggedOf(findAnomalies(strange))).toEqual([5, 4, 3, 2]);
      const few = besideEmpty(1000);
      const offsets = few.history.offsets.map((end, row) => (row <= 40 ? end : (few.history.offsets[40] as number)));
      expect(flaggedOf(findAnomalies({ ...few, history: { ...few.history, offsets } }))).toEqual([]);
    });
  });

  it('need signals of the same users', () => {
    expect(() => findAnomalies({ ...sameUsers(60), errors: flat(59, 1) })).toThrow('signals');
  });
});
