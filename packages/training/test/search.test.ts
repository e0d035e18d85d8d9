import { Random } from '@kindred/domain';
import {
  checkMeaning,
  declareChoice,
  declareSetting,
  getMethod,
  resolveSettings,
  type Settings,
} from '@kindred/models';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseTrial, pairedDifference, upperQuantile } from '../src/search/choose-trial.js';
import { drawTrials, drawValue, searchedSettings } from '../src/search/draw-trials.js';
import { halvingSchedule } from '../src/search/halving-schedule.js';
import { checkSearch, type SearchPlan, searchSettings } from '../src/search/search-settings.js';
import type { Evaluate, Measured, Trial } from '../src/search/trial.js';

const WHY = 'As any other.';
const RATE = declareSetting('rate', 0.1, [0, 1], 'A rate.', { why: WHY, search: { from: 0.001, to: 1, scale: 'log' } });
const WIDTH = declareSetting('width', 4, [1, 64], 'A width.', {
  whole: true,
  why: WHY,
  search: { from: 2, to: 6, scale: 'linear' },
});
const KIND = declareChoice('kind', ['plain', 'round', 'flat'], 'A kind.', {
  why: WHY,
  search: { among: ['plain', 'round'] },
});
const EPOCHS = declareSetting('epochs', 30, [1, 1000], 'Passes.', { whole: true, why: WHY });
const FIXED = declareSetting('fixed', 1, [0, 9], 'Never searched.', { why: WHY });
const TARGET = { name: 'made-up', settings: [RATE, WIDTH, KIND, EPOCHS, FIXED] };
const USERS = 50;
const WHOLE_EPOCHS = 27;

/** Every user the same, so that the smallest difference is beyond chance. */
function measured(ndcg: number, epochs = WHOLE_EPOCHS): Measured {
  return { ndcg, error: 0.01, perUser: Array.from({ length: USERS }, () => ndcg), epochs, seconds: 1 };
}

/** Best at rate .01, width 5, kind round; the budget moves all alike. */
function quality({ rate = 0.1, width = 4, kind = 'plain' }: Settings): number {
  const distance = Math.abs(Math.log10(Number(rate)) + 2) / 10 + Math.abs(Number(width) - 5) / 20;
  return 0.9 - distance - (kind === 'round' ? 0 : 0.1);
}

interface Call {
  readonly trial: number;
  readonly settings: Settings;
  readonly epochs: number | undefined;
}

function watched(outcome: (trial: Trial, epochs: number | undefined) => ReturnType<Evaluate> | Measured) {
  const calls: Call[] = [];
  const evaluate: Evaluate = async (trial, epochs) => {
    calls.push({ trial: trial.number, settings: trial.settings, epochs });
    return outcome(trial, epochs);
  };
  return { calls, evaluate };
}

const known = ({ settings }: Trial, epochs = WHOLE_EPOCHS) =>
  measured(quality(settings) * (epochs / WHOLE_EPOCHS), epochs);
const plan = (changes: Partial<SearchPlan> = {}): SearchPlan => ({ trials: 20, kind: 'random', seed: 4, ...changes });

describe('drawn values', () => {
  it('stay inside the space, and are whole where the setting is', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-4, max: 50, noNaN: true }),
        fc.double({ min: 1, max: 1000, noNaN: true }),
        fc.constantFrom('linear' as const, 'log' as const),
        fc.boolean(),
        fc.nat(),
        (low, factor, scale, whole, seed) => {
          const [from, to] = whole ? [Math.ceil(low), Math.ceil(low * factor)] : [low, low * factor];
          const random = new Random(seed, 'space');
          const drawn = Array.from({ length: 20 }, () => drawValue({ from, to, scale }, whole, random) as number);
          expect(drawn.every((value) => value >= from && value <= to)).toBe(true);
          if (whole) expect(drawn.every(Number.isInteger)).toBe(true);
        },
      ),
    );
  });

  it('are as many in each decade of a log scale, and as often each whole number', () => {
    const random = new Random(2, 'scales');
    const many = <T>(draw: () => T) => Array.from({ length: 6000 }, draw);
    const rates = many(() => drawValue({ from: 0.001, to: 1, scale: 'log' }, false, random) as number);
    for (const [low, high] of [
      [0.001, 0.01],
      [0.01, 0.1],
      [0.1, 1],
    ] as const) {
      expect(rates.filter((rate) => rate >= low && rate < high).length / 6000).toBeCloseTo(1 / 3, 1);
    }
    const linear = many(() => drawValue({ from: 0.001, to: 1, scale: 'linear' }, false, random) as number);
    expect(linear.filter((rate) => rate > 0.1).length / 6000).toBeCloseTo(0.9, 1);
    const widths = many(() => drawValue({ from: 2, to: 6, scale: 'linear' }, true, random) as number);
    for (const width of [2, 3, 4, 5, 6]) {
      expect(widths.filter((value) => value === width).length / 6000).toBeCloseTo(0.2, 1);
    }
  });
});

describe('the trials of a search', () => {
  const searched = [RATE, WIDTH, KIND];

  it('begin with the defaults, are all different, and the first n do not depend on how many follow', () => {
    const trials = drawTrials(searched, { fixed: 3 }, 30, 9);
    expect(trials[0]).toEqual({ number: 1, settings: { fixed: 3 } });
    expect(trials.map(({ number }) => number)).toEqual(Array.from({ length: 30 }, (_, k) => k + 1));
    expect(new Set(trials.map(({ settings }) => JSON.stringify(settings))).size).toBe(30);
    expect(drawTrials(searched, { fixed: 3 }, 12, 9)).toEqual(trials.slice(0, 12));
    expect(drawTrials(searched, { fixed: 3 }, 30, 10)).not.toEqual(trials);
    for (const { settings } of trials.slice(1))
      expect(Object.keys(settings)).toEqual(['fixed', 'rate', 'width', 'kind']);
  });

  it('end where a small space has no more points, the defaults not drawn again', () => {
    const trials = drawTrials([WIDTH, KIND], {}, 100, 1);
    expect(trials).toHaveLength(5 * 2);
    expect(trials.slice(1)).not.toContainEqual(expect.objectContaining({ settings: { width: 4, kind: 'plain' } }));
  });
});

describe('settings that mean nothing beside a choice', () => {
  const BEND = declareSetting('bend', 1, [0, 9], 'How round.', {
    why: WHY,
    only: { setting: 'kind', among: ['round'] },
    search: { from: 2, to: 3, scale: 'linear' },
  });
  const namesOf = (given: Settings) => searchedSettings([KIND, BEND, WIDTH], given).map(({ name }) => name);

  it('are left out where the choice is given, is not searched, or is never drawn', () => {
    const never = { ...BEND, only: { setting: 'kind', among: ['flat'] } }; // which KIND has no draws of
    expect(searchedSettings([KIND, never], {}).map(({ name }) => name)).toEqual(['kind']);
    expect(searchedSettings([KIND, never], { kind: 'flat' }).map(({ name }) => name)).toEqual(['bend']);
    expect(namesOf({ kind: 'round' })).toEqual(['bend', 'width']);
    expect(namesOf({ kind: 'flat' })).toEqual(['width']);
    const { search, ...unsearched } = KIND;
    expect(search).toBeDefined();
    expect(searchedSettings([unsearched, BEND, WIDTH], {}).map(({ name }) => name)).toEqual(['width']);
  });

  it('are left out of the trials that draw another choice, which are all different without them', () => {
    expect(namesOf({})).toEqual(['kind', 'bend', 'width']);
    const trials = drawTrials([KIND, BEND, WIDTH], {}, 40, 3).slice(1);
    for (const { settings } of trials) expect('bend' in settings).toBe(settings.kind === 'round');
    expect(new Set(trials.map(({ settings }) => JSON.stringify(settings))).size).toBe(trials.length);
    expect(trials.filter(({ settings }) => settings.kind === 'plain')).toHaveLength(4); // widths 2, 3, 5 and 6
  });

  it.each(['infonce', 'ccl', 'bpr', 'directau'])(
    'two-tower by %s: every trial passes the check of a training',
    (name) => {
      const declared = getMethod('two-tower').settings;
      const given = { objective: name };
      const searched = searchedSettings(declared, given);
      expect(searched.map((setting) => setting.name)).toContain('learningRate');
      expect(searched.some((setting) => setting.name === 'margin')).toBe(name === 'ccl');
      for (const { settings } of drawTrials(searched, given, 20, 1)) {
        expect(() => checkMeaning(declared, resolveSettings(declared, settings))).not.toThrow();
      }
    },
  );
});

describe('the schedule of halving', () => {
  it.each([
    [0, 81, []],
    [1, 81, [[1, 81]]],
    [2, 81, [[2, 81]]],
    [
      3,
      81,
      [
        [3, 27],
        [1, 81],
      ],
    ],
    [
      7,
      81,
      [
        [7, 27],
        [2, 81],
      ],
    ],
    [
      26,
      81,
      [
        [26, 9],
        [8, 27],
        [2, 81],
      ],
    ],
    [
      27,
      81,
      [
        [27, 3],
        [9, 9],
        [3, 27],
        [1, 81],
      ],
    ],
    [
      28,
      81,
      [
        [28, 3],
        [9, 9],
        [3, 27],
        [1, 81],
      ],
    ],
    [
      27,
      40,
      [
        [27, 4],
        [9, 13],
        [3, 40],
      ],
    ],
    [27, 8, [[27, 8]]],
    [27, 1, [[27, 1]]],
  ])('of %d trials and %d epochs', (trials, epochs, rungs) => {
    expect(halvingSchedule(trials, epochs).map((rung) => [rung.trials, rung.epochs])).toEqual(rungs);
  });

  it('ends with all epochs, a third going on each time, no round longer than all trials in the first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 1000 }), (trials, epochs) => {
        const rungs = halvingSchedule(trials, epochs);
        expect([rungs[0]?.trials, rungs.at(-1)?.epochs]).toEqual([trials, epochs]);
        const isHalved = rungs.slice(1).map((rung, at) => {
          const before = rungs[at] as (typeof rungs)[number];
          const isThird =
            rung.trials === Math.floor(before.trials / 3) && before.epochs === Math.floor(rung.epochs / 3);
          const isCheap = rung.trials * rung.epochs <= before.trials * (before.epochs + 1);
          return isThird && isCheap && rung.trials >= 1 && before.epochs >= 3;
        });
        expect(isHalved).not.toContain(false);
      }),
    );
  });
});

describe('a search', () => {
  it('finds the best of a known function', async () => {
    const { calls, evaluate } = watched(known);
    const result = await searchSettings(TARGET, {}, plan({ trials: 60 }), evaluate);
    expect(calls).toHaveLength(60);
    const best = calls.reduce((a, b) => (quality(b.settings) > quality(a.settings) ? b : a));
    expect(result).toMatchObject({ kept: best.trial, settings: best.settings, searched: ['rate', 'width', 'kind'] });
    expect(quality(result.settings)).toBeGreaterThan(0.85);
    expect(result.verdict).toContain(`trial ${best.trial} is kept`);
    expect(result.rows.map(({ trial }) => trial)).toEqual(calls.map(({ trial }) => trial));
    expect(result.seconds).toBe(60);
  });

  it('by halving trains the best third longer, with a ninth of the epochs of all', async () => {
    const { calls, evaluate } = watched(known);
    const result = await searchSettings(TARGET, {}, plan({ trials: 28, kind: 'halving' }), evaluate);
    const epochs = calls.map((call) => call.epochs);
    const times = <T>(count: number, value: T) => Array.from({ length: count }, () => value);
    expect(epochs).toEqual([undefined, ...times(27, 3), ...times(9, 9), ...times(3, undefined)]);
    const order = (from: number, to: number) =>
      calls.slice(from, to).sort((a, b) => quality(b.settings) - quality(a.settings) || a.trial - b.trial);
    const numbers = (some: readonly Call[]) => some.map(({ trial }) => trial);
    expect(numbers(calls.slice(28, 37))).toEqual(numbers(order(1, 28).slice(0, 9)));
    expect(numbers(calls.slice(37))).toEqual(numbers(order(28, 37).slice(0, 3)));
    expect(result.kept).toBe(calls[37]?.trial);
  });

  it.each(['random', 'halving'] as const)('%s: the same seed tries the same, another something else', async (kind) => {
    const traces = await Promise.all(
      [4, 4, 5].map(async (seed) => {
        const { calls, evaluate } = watched(known);
        return { result: await searchSettings(TARGET, { fixed: 2 }, plan({ kind, seed }), evaluate), calls };
      }),
    );
    expect(traces[1]).toEqual(traces[0]);
    expect(traces[2]?.calls).not.toEqual(traces[0]?.calls);
  });

  it.each(['random', 'halving'] as const)('%s: goes on where it was stopped, and comes to the same', async (kind) => {
    const whole = await searchSettings(TARGET, {}, plan({ kind }), watched(known).evaluate);
    const remembered = new Map<string, Measured>();
    const part = (stopAfter: number) =>
      watched((trial, epochs) => {
        const key = JSON.stringify([trial.settings, epochs]);
        const before = remembered.get(key);
        if (before !== undefined) return before;
        if (trained.length === stopAfter) throw new Error('stopped');
        trained.push(key);
        remembered.set(key, known(trial, epochs));
        return known(trial, epochs);
      });
    let trained: string[] = [];
    await expect(searchSettings(TARGET, {}, plan({ kind }), part(7).evaluate)).rejects.toThrow('stopped');
    const first = trained;
    trained = [];
    expect(await searchSettings(TARGET, {}, plan({ kind }), part(Number.NaN).evaluate)).toEqual(whole);
    expect(first).toHaveLength(7);
    expect(trained).toHaveLength(whole.rows.length - 7);
    expect(trained.filter((key) => first.includes(key))).toEqual([]);
  });

  it('leaves given values alone, and with one trial keeps the defaults', async () => {
    const { calls, evaluate } = watched(known);
    await searchSettings(TARGET, { width: 3, fixed: 8 }, plan({ trials: 5 }), evaluate);
    for (const { settings } of calls) expect(settings).toMatchObject({ width: 3, fixed: 8 });
    const alone = await searchSettings(TARGET, { width: 3 }, plan({ trials: 1, kind: 'halving' }), evaluate);
    expect(alone).toMatchObject({ kept: 1, settings: { width: 3 }, rows: [{ trial: 1 }] });
  });

  it('says that a space is small', async () => {
    const small = { name: 'small', settings: [KIND] };
    const { verdict, rows } = await searchSettings(small, {}, plan(), watched(known).evaluate);
    expect(rows).toHaveLength(2);
    expect(verdict).toContain('no more than 1 others');
  });

  it('passes over trials without a model, but not over defaults without one', async () => {
    const { evaluate } = watched((trial) => (trial.number === 1 ? measured(0.2) : Promise.resolve({ refused: 'NaN' })));
    for (const kind of ['random', 'halving'] as const) {
      const result = await searchSettings(TARGET, {}, plan({ trials: 8, kind }), evaluate);
      expect(result).toMatchObject({ kept: 1, settings: {}, verdict: expect.stringContaining('nothing else') });
      expect(result.rows[3]).toMatchObject({ trial: 4, refused: 'NaN' });
    }
    const refused = watched(() => Promise.resolve({ refused: 'NaN' }));
    await expect(searchSettings(TARGET, {}, plan(), refused.evaluate)).rejects.toMatchObject({
      code: 'TRAINING_DEGENERATE',
    });
  });

  it.each([
    [{ name: 'bare', settings: [FIXED] }, {}, 'random', /bare declares no setting to search/],
    [{ name: 'closed', settings: [RATE, KIND] }, {}, 'halving', /closed has no epochs/],
    [TARGET, { rate: 0.1, width: 3, kind: 'flat' }, 'random', /rate, width, kind are given/],
    [TARGET, { widht: 3 }, 'random', /nearest is width/],
    [TARGET, { width: 99 }, 'random', /from 1 to 64/],
  ] as const)('refuses what it can not search before any work: case %#', (target, given, kind, message) => {
    expect(() => checkSearch(target, given, kind)).toThrow(message);
  });
});

describe('the choice', () => {
  const noisy = (mean: number, spread: number, label: string): Measured => {
    const random = new Random(6, label);
    const perUser = Array.from({ length: 400 }, () => mean + spread * random.normal());
    return { ...measured(mean), ndcg: perUser.reduce((sum, value) => sum + value, 0) / 400, perUser };
  };
  const finalist = (number: number, outcome: Measured) => ({ trial: { number, settings: {} }, measured: outcome });

  it('keeps the defaults where the best of many is only lucky', () => {
    const defaults = finalist(1, noisy(0.3, 0.1, 'defaults'));
    const lucky = Array.from({ length: 30 }, (_, k) => finalist(k + 2, noisy(0.3, 0.1, `equal ${k}`)));
    expect(lucky.some(({ measured: { ndcg } }) => ndcg > defaults.measured.ndcg)).toBe(true);
    const { kept, verdict } = chooseTrial(defaults, lucky, 30);
    expect(kept).toBe(defaults);
    expect(verdict).toMatch(/^the defaults are kept: trial \d+ is only/);
    const better = finalist(50, noisy(0.34, 0.1, 'better'));
    expect(chooseTrial(defaults, [...lucky, better], 31).kept).toBe(better);
  });

  it('asks for more the more was tried', () => {
    const defaults = finalist(1, measured(0.3));
    const perUser = Array.from({ length: 400 }, (_, user) => 0.3125 + (user % 2 === 0 ? 0.1 : -0.1));
    const some = finalist(2, { ...measured(0.3125), perUser });
    const { difference, error } = pairedDifference(some.measured, {
      ...defaults.measured,
      perUser: perUser.map(() => 0.3),
    });
    expect(difference / error).toBeCloseTo(2.5, 2);
    const among = (tried: number) =>
      chooseTrial(finalist(1, { ...measured(0.3), perUser: perUser.map(() => 0.3) }), [some], tried).kept.trial.number;
    expect([1, 5, 10, 1000].map(among)).toEqual([2, 2, 1, 1]);
  });

  it('is by the difference within each user, not between users', () => {
    const shared = noisy(0.3, 0.2, 'users');
    const raised = { ...shared, ndcg: shared.ndcg + 0.001, perUser: shared.perUser.map((value) => value + 0.001) };
    expect(chooseTrial(finalist(1, shared), [finalist(2, raised)], 1).kept.trial.number).toBe(2);
    const one = { ...measured(0.1), perUser: [0.1] };
    const alone = chooseTrial(finalist(1, one), [finalist(2, { ...one, ndcg: 1, perUser: [1] })], 1);
    expect(alone.kept.trial.number).toBe(1);
    expect(alone.verdict).toContain('a single user says nothing about others');
    expect(alone.verdict).not.toContain('Infinity');
  });

  it('knows the quantiles of the normal distribution', () => {
    for (const [p, z] of [
      [0.05, 1.6449],
      [0.01, 2.3263],
      [0.001, 3.0902],
      [0.00025, 3.4808],
    ] as const) {
      expect(Math.abs(upperQuantile(p) - z)).toBeLessThan(5e-4);
    }
  });
});
