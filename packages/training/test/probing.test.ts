import { KindredError, matrixFromTriples, rowDegrees, rowEntries } from '@kindred/domain';
import { type Cohort, evaluate, trainedCohort } from '@kindred/evaluation';
import { artefactRecommender, getMethod, type Probing, type ServingChoice, withServing } from '@kindred/models';
import { describe, expect, it } from 'vitest';
import { type ProbeRequest, type ProbeTrial, probeSettings, trainModel } from '../src/index.js';
import { isBeyondChance } from '../src/probing/beyond-chance.js';
import { sampleUsers } from '../src/probing/sample-users.js';
import { tunePrior } from '../src/probing/tune-prior.js';
import { tuneShrinkage } from '../src/probing/tune-shrinkage.js';
import { clusters, type Log, popularAnswers, referenceEngine, requestFor } from './fixture.js';

const inductive = getMethod('inductive');

/** The log with times: the items of each user one day apart, the newest yesterday. */
function timed(log: Log): Log {
  const { positives } = log.data;
  const endTimeMs = 1_700_000_000_000;
  const times = new Float64Array(positives.columns.length);
  for (let user = 0; user < positives.rowCount; user++) {
    const end = positives.offsets[user + 1] as number;
    for (let e = positives.offsets[user] as number; e < end; e++) times[e] = endTimeMs - (end - e) * 86_400_000;
  }
  return { ...log, data: { ...log.data, times, endTimeMs } };
}

/** The users of a cohort with their newest items only, as nobody trained. */
function newestOnly(cohort: Cohort, known: number): Cohort {
  const { histories, times } = cohort;
  const pairs = [...rowDegrees(histories).keys()].flatMap((row) => {
    const start = histories.offsets[row] as number;
    const entries = [...rowEntries(histories, row)[0].keys()].map((k) => start + k);
    const newest = entries.sort((a, b) => (times?.[b] as number) - (times?.[a] as number)).slice(0, known);
    return newest.map((entry) => [row, histories.columns[entry] as number]);
  });
  const rows = Uint32Array.from(pairs, ([row]) => row as number);
  const columns = Uint32Array.from(pairs, ([, column]) => column as number);
  const ones = new Float32Array(pairs.length).fill(1);
  const shortened = matrixFromTriples(histories.rowCount, histories.columnCount, rows, columns, ones);
  return { ...cohort, histories: shortened, times: undefined, users: undefined };
}

async function probe(log: Log, changes: Partial<ProbeRequest> = {}, probing: Partial<Probing> = {}) {
  const request: ProbeRequest = {
    method: inductive,
    settings: { dimensions: 8, epochs: 4, batchSize: 16, startIterations: 2 },
    data: log.data,
    items: log.vocabulary.items,
    validation: log.heldOut,
    engine: await referenceEngine(),
    seed: 3,
    ...changes,
  };
  return probeSettings(request, { ...(inductive.probing as Probing), ...probing });
}

describe('tunePrior', () => {
  it.each(['seen', 'none'] as const)('ranks each choice as the evaluator ranks its artefact, mask %s', async (mask) => {
    const log = timed(clusters({ users: 23, items: 18, clusters: 3 }));
    const engine = await referenceEngine();
    const { artefact } = await trainModel(await requestFor(log));
    const cohort = trainedCohort(log.data, log.heldOut, { mask });
    const choices: ServingChoice[] = [
      { priorWindowDays: 0, priorStrength: 0.5, shrinkage: 0 },
      { priorWindowDays: 3, priorStrength: 2, shrinkage: 3 },
      { priorWindowDays: 3, priorStrength: 0, shrinkage: 1 },
    ];
    for (const choice of choices) {
      const space = { priorWindowDays: [choice.priorWindowDays], priorStrength: [choice.priorStrength] };
      const tuned = await tunePrior(artefact, log.data, cohort, space, choice.shrinkage, { engine, mask });
      const same = artefactRecommender(withServing(artefact, log.data, choice));
      const { perUser } = await evaluate(same, cohort, { mask, cutoffs: [20], keepTop: 0 });
      expect(tuned.choice).toEqual(choice);
      [...tuned.perUser].forEach((value, user) => {
        expect(value).toBeCloseTo((perUser['ndcg@20'] as Float64Array)[user] as number, 6);
      });
    }
  });

  it('keeps what the rule says unless something else is better beyond chance', async () => {
    const log = timed(clusters({ users: 40, items: 24, clusters: 3 }));
    const { artefact } = await trainModel(await requestFor(log));
    const cohort = trainedCohort(log.data, log.heldOut, { mask: 'seen' });
    const parts = { engine: await referenceEngine(), mask: 'seen' as const };
    const tune = (strengths: number[]) =>
      tunePrior(artefact, log.data, cohort, { priorWindowDays: [0], priorStrength: strengths }, 0, parts);
    // In clusters popularity says nothing: so much of it drowns the vectors.
    expect((await tune([1000, 0])).choice.priorStrength).toBe(0);
    expect((await tune([0, 1000])).choice.priorStrength).toBe(0);
    expect((await tune([0, 1e-9])).choice.priorStrength).toBe(0);
  });
});

describe('tuneShrinkage', () => {
  const prior = { priorWindowDays: 0, priorStrength: 1, shrinkage: 0 };

  it('ranks with the newest items known as the evaluator does, and averages over how many are known', async () => {
    const log = timed(clusters({ users: 23, items: 40, clusters: 2 }));
    const engine = await referenceEngine();
    const { artefact } = await trainModel(await requestFor(log));
    const cohort = trainedCohort(log.data, log.heldOut, { mask: 'none' });
    const values = [0, 3, 30];
    const parts = { engine, mask: 'none' as const, seed: 5 };
    const { candidates } = await tuneShrinkage(artefact, log.data, cohort, prior, values, parts);
    for (const [k, shrinkage] of values.entries()) {
      const model = artefactRecommender(withServing(artefact, log.data, { ...prior, shrinkage }));
      const sums = new Float64Array(cohort.histories.rowCount);
      const counts = new Float64Array(cohort.histories.rowCount);
      for (const known of [1, 2, 3, 5, 10, Number.POSITIVE_INFINITY]) {
        const shortened = newestOnly(cohort, known);
        const { perUser } = await evaluate(model, shortened, { mask: 'none', cutoffs: [20], keepTop: 0 });
        rowDegrees(cohort.histories).forEach((length, user) => {
          if (Number.isFinite(known) && length <= known) return;
          sums[user] = (sums[user] as number) + ((perUser['ndcg@20'] as Float64Array)[user] as number);
          counts[user] = (counts[user] as number) + 1;
        });
      }
      const mean = sums.reduce((total, sum, user) => total + sum / (counts[user] as number), 0) / sums.length;
      expect(candidates[k]).toMatchObject({ shrinkage, ndcg: expect.closeTo(mean, 6) });
    }
  });

  it('shrinks where popularity is right and one item misleads, and does not where items tell', async () => {
    const parts = { engine: await referenceEngine(), mask: 'seen' as const, seed: 5 };
    const tune = async (log: Log) => {
      const { artefact } = await trainModel(await requestFor(log));
      const cohort = trainedCohort(log.data, log.heldOut, { mask: 'seen' });
      return tuneShrinkage(artefact, log.data, cohort, prior, [3, 0, 1000], parts);
    };
    const misled = await tune(popularAnswers(60, 24));
    expect(misled.shrinkage).toBe(1000);
    expect(misled.because).toMatch(
      /^histories are shrunk by 1000: with 1, 2, 3, 5, 10 or all items known NDCG@20 is 0\.\d{4} on average, by 3 0\.\d{4}$/,
    );
    expect((await tune(clusters({ users: 60, items: 24, clusters: 3 }))).shrinkage).toBeLessThan(1000);
  });

  it('gives the same twice where items are drawn', async () => {
    const log = clusters({ users: 40, items: 24, clusters: 3 });
    const { artefact } = await trainModel(await requestFor(log));
    const cohort = trainedCohort(log.data, log.heldOut, { mask: 'seen' });
    const parts = { engine: await referenceEngine(), mask: 'seen' as const };
    const tune = (seed: number) => tuneShrinkage(artefact, log.data, cohort, prior, [0, 3], { ...parts, seed });
    expect(await tune(1)).toEqual(await tune(1));
    expect((await tune(1)).candidates).not.toEqual((await tune(2)).candidates);
  });
});

describe('isBeyondChance', () => {
  it('asks for more than one standard error of the paired difference', () => {
    const reference = Float64Array.of(0.1, 0.5, 0.2, 0.4);
    expect(isBeyondChance(reference, reference)).toBe(false);
    expect(
      isBeyondChance(
        reference.map((x) => x + 0.01),
        reference,
      ),
    ).toBe(true);
    expect(isBeyondChance(Float64Array.of(0.9, 0.1, 0.2, 0.4), reference)).toBe(false);
  });
});

describe('sampleUsers', () => {
  it('keeps whole users, with their held-out items and times', () => {
    const log = timed(clusters({ users: 50, items: 20, clusters: 2 }));
    const { data, heldOut, users } = sampleUsers(log.data, log.heldOut, 60, 1);
    const degrees = rowDegrees(log.data.positives);
    expect(users.length).toBeGreaterThan(5);
    expect(users.length).toBeLessThan(40);
    expect([...users]).toEqual([...users].sort((a, b) => a - b));
    users.forEach((user, row) => {
      const was = log.data.positives.offsets[user] as number;
      const is = data.positives.offsets[row] as number;
      const length = degrees[user] as number;
      expect(data.positives.columns.slice(is, is + length)).toEqual(
        log.data.positives.columns.slice(was, was + length),
      );
      expect(data.times?.slice(is, is + length)).toEqual(log.data.times?.slice(was, was + length));
    });
    expect(data.weights.length).toBe(data.positives.columns.length);
    expect(heldOut.items.rowCount).toBe(users.length);
    expect(sampleUsers(log.data, log.heldOut, 1e9, 1).data).toBe(log.data);
  });
});

describe('probeSettings', () => {
  const log = clusters({ users: 40, items: 24, clusters: 3 });

  it('climbs the ladder up while it gets better, down where up did not, and takes what is better beyond chance', async () => {
    const ladder = [0.05, 0.1, 0.3, 1, 2];
    for (const start of ladder) {
      const seen: ProbeTrial[] = [];
      const stages = () => [{ setting: 'temperature', ladder, start }];
      const shorten = () => ({ epochs: 2, startIterations: 0, learningRate: 0.01 });
      const outcome = await probe(log, { onTrial: (trial) => seen.push(trial) }, { stages, shorten });
      expect(outcome?.trials).toEqual(seen);
      const [byRule, ...climbs] = seen as [ProbeTrial, ...ProbeTrial[]];
      const at = ladder.indexOf(start);
      const steps = climbs.map(({ settings }) => ladder.indexOf(settings.temperature as number));
      const up = steps.filter((place) => place > at);
      const down = steps.filter((place) => place < at);
      expect(steps).toEqual([...up, ...down]);
      if (up.length > 1) expect(down).toEqual([]);
      for (const [way, sign, end] of [
        [up, 1, ladder.length - 1],
        [down, -1, 0],
      ] as const) {
        expect(way).toEqual(way.map((_, k) => at + sign * (k + 1)));
        const ndcgs = [byRule.ndcg, ...way.map((place) => climbs[steps.indexOf(place)]?.ndcg as number)];
        // Every step but the last was an improvement; the last was none, or the ladder's end.
        ndcgs.slice(1, -1).forEach((ndcg, k) => {
          expect(ndcg).toBeGreaterThan(ndcgs[k] as number);
        });
        const improved = way.length > 0 && (ndcgs.at(-1) as number) > (ndcgs.at(-2) as number);
        if (improved) expect(way.at(-1)).toBe(end);
      }
      const best = Math.max(...seen.map(({ ndcg }) => ndcg));
      expect([byRule.ndcg, best]).toContain(outcome?.validationNdcg);
    }
  });

  it('leaves alone what a person has set', async () => {
    const chosen = { temperature: 0.3, offsetStrength: 0.25, priorStrength: 0.1, negativeWeight: 1, userTable: 'off' };
    const settings = { dimensions: 8, epochs: 2, ...chosen };
    const outcome = await probe(log, { settings });
    expect(outcome?.trials.length).toBe(1);
    expect(Object.keys(outcome?.settings ?? {}).sort()).toEqual(['priorWindowDays', 'shrinkage']);
    expect(outcome?.trials[0]?.serving.priorStrength).toBe(0.1);
  });

  it('leaves all but the shrinkage to the rules where it sees a part of the users only, with few for each item', async () => {
    const settings = { dimensions: 4, epochs: 1, batchSize: 8192, negatives: 8, startIterations: 0 };
    const stages = () => [{ setting: 'temperature', ladder: [0.15, 1], start: 0.15 }];
    const of = (items: number) => probe(popularAnswers(1800, items), { settings, pairs: 8000 }, { stages });
    const [dense, starved] = [await of(24), await of(200)];
    expect(dense?.trials.length).toBe(2);
    expect(dense?.settings.priorStrength).toBeGreaterThan(0.5);
    expect(starved?.trials.length).toBe(1);
    expect(starved?.settings.priorStrength).toBe(0.5);
    expect(starved?.shrinkage?.candidates.length).toBeGreaterThan(1);
  });

  it('gives the same twice', async () => {
    const [a, b] = [await probe(log), await probe(log)];
    expect(a?.settings).toEqual(b?.settings);
    expect(a?.trials.map(({ ndcg }) => ndcg)).toEqual(b?.trials.map(({ ndcg }) => ndcg));
  });

  it('does nothing without anybody to validate on, and stops when it is told to', async () => {
    const nobody = { ...log.heldOut, items: { ...log.heldOut.items, offsets: log.heldOut.items.offsets.map(() => 0) } };
    expect(await probe(log, { validation: nobody })).toBeUndefined();
    const signal = AbortSignal.abort(new KindredError('INTERRUPTED', 'stopped'));
    await expect(probe(log, { signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('is no better than chance where nothing can be learned', async () => {
    const shuffled = clusters({ users: 40, items: 24, clusters: 3, shuffled: true });
    const outcome = await probe(shuffled);
    expect(outcome?.validationNdcg).toBeLessThan(0.6);
  });
});
