import { Random } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a plain script without types
import { verdictOf } from '../../benchmarks/sparse-users/decision.mjs';
// @ts-expect-error a plain script without types
import { acrossSeeds } from '../../benchmarks/sparse-users/seeds.mjs';
// @ts-expect-error a plain script without types
import { logOfTable } from '../../benchmarks/sparse-users/sparse-log.mjs';

const SETS = ['films', 'places', 'shop'];
const KNOWN = ['1', '2', '3', '5', '8', 'warm'];
const USERS = 100;
const KINDS: Readonly<Record<string, number>> = {
  popularity: 0,
  base: 1,
  tuned: 2,
  'with popularity': 3,
  self: 4,
  neighbours: 5,
  'random-popular': 6,
  dae: 7,
  gan: 8,
  'gan shuffled': 9,
  'gan as ranker': 10,
};
const OPTIONS = { samples: 2000, seed: 1 };

/**
 * Figures of made-up users: what is common to all arms of a user, a little noise of each arm's own, and the gain of the
 * arm in this cell.
 */
function cellsWith(gainOf: (arm: string, set: string, known: string) => number, arms = Object.keys(KINDS)) {
  return SETS.flatMap((set) =>
    KNOWN.map((known) => {
      const common = Array.from({ length: USERS }, (_, user) => 0.2 + 0.2 * new Random(user, set).next());
      // Where no harm may be done there is nothing but what was put in.
      const noise = Number(known) <= 5 ? 0.01 : 0;
      const figures = arms.map((name) => {
        const random = new Random(7, `${set} ${known} ${name}`);
        const gain = gainOf(name, set, known);
        const values = common.map((value) => value + gain + noise * random.normal());
        return [name, { kind: KINDS[name], values }] as const;
      });
      return { set, known, arms: Object.fromEntries(figures) };
    }),
  );
}

const isShort = (known: string) => Number(known) <= 3;

describe('the rule of the study of sparse users', () => {
  it('says that the adversarial part helps where it beats all others on two sets and does no harm', () => {
    const verdict = verdictOf(
      cellsWith((arm, set, known) => (arm === 'gan' && set !== 'shop' && known === '2' ? 0.02 : 0)),
      OPTIONS,
    );
    expect(verdict).toMatchObject({ outcome: 'adversarial', winner: 'gan' });
    expect(verdict.sentences[0]).toBe('The adversarial part helps: gan is to be shipped.');
    expect(verdict.sentences.join(' ')).toContain('on 2 of 3 data sets with 2 known (films, places)');
    expect(verdict.sentences.join(' ')).toContain(
      'on films, places it matters by whose profile; on shop that of somebody else does as well',
    );
  });

  it.each([
    ['on one set alone', (_: string, set: string, known: string) => (set === 'films' && isShort(known) ? 0.02 : 0)],
    ['with five known items alone', (_: string, __: string, known: string) => (known === '5' ? 0.02 : 0)],
    [
      'for another number of known items on each set',
      (_: string, set: string, known: string) => (known === String(1 + SETS.indexOf(set)) ? 0.02 : 0),
    ],
    [
      'but harms users of training',
      (_: string, __: string, known: string) => (known === 'warm' ? -0.01 : isShort(known) ? 0.02 : 0),
    ],
    [
      'but harms users of eight items',
      (_: string, __: string, known: string) => (known === '8' ? -0.01 : isShort(known) ? 0.02 : 0),
    ],
  ])('does not say so where it wins %s', (_, gain) => {
    const verdict = verdictOf(
      cellsWith((arm, set, known) => (arm === 'gan' ? gain(arm, set, known) : 0)),
      OPTIONS,
    );
    expect(verdict).toMatchObject({ outcome: 'neither', winner: undefined });
  });

  it('says that augmentation helps and the adversarial part does not, where others beat what tuning gives', () => {
    const verdict = verdictOf(
      cellsWith((arm, _, known) =>
        isShort(known) ? ({ self: 0.02, dae: 0.03, gan: 0.03, tuned: 0.005 }[arm] ?? 0) : 0,
      ),
      OPTIONS,
    );
    expect(verdict).toMatchObject({ outcome: 'augmentation', winner: 'dae' });
    expect(verdict.sentences.join(' ')).toContain('gan as an augmentation is not shown to help');
    expect(verdict.sentences.join(' ')).toContain('random-popular on none of 3 data sets');
  });

  it('asks augmentation to beat the better of tuning and popularity, not the base', () => {
    const gains: Record<string, number> = { self: 0.02, dae: 0.02, gan: 0.02, 'with popularity': 0.03 };
    const verdict = verdictOf(
      cellsWith((arm, _, known) => (isShort(known) ? (gains[arm] ?? 0) : 0)),
      OPTIONS,
    );
    expect(verdict.outcome).toBe('neither');
    const against = verdict.tests.filter(
      ({ question, arm, known }: Record<'question' | 'arm' | 'known', string>) =>
        question === 'augmented' && arm === 'self' && isShort(known),
    );
    expect(new Set(against.map((test: { against: string }) => test.against))).toEqual(new Set(['with popularity']));
  });

  it('asks the adversarial part to beat popularity too', () => {
    const verdict = verdictOf(
      cellsWith((arm, _, known) => (isShort(known) ? ({ gan: 0.02, popularity: 0.05 }[arm] ?? 0) : 0)),
      OPTIONS,
    );
    expect(verdict.outcome).toBe('neither');
  });

  it('finds nothing in noise, nor in what is significant only before the adjustment', () => {
    expect(
      verdictOf(
        cellsWith(() => 0),
        OPTIONS,
      ).outcome,
    ).toBe('neither');
    // Differences whose z is 2.4: p about .016 in a cell, and not below .05 times 15 cells.
    const cells = cellsWith(() => 0).map(({ set, known, arms }) => {
      const { values } = arms.tuned as { values: number[] };
      const lifted = values.map(
        (value, user) => value + (user % 2 === 0 ? 0.05 : -0.05) + (2.4 * 0.05) / Math.sqrt(USERS),
      );
      const worse = { ...arms, 'with popularity': { kind: 3, values: values.map((value) => value - 1) } };
      return { set, known, arms: isShort(known) ? { ...worse, self: { kind: 4, values: lifted } } : arms };
    });
    const verdict = verdictOf(cells, OPTIONS);
    const ofSelf = verdict.tests.filter(
      ({ question, arm, known }: Record<'question' | 'arm' | 'known', string>) =>
        question === 'augmented' && arm === 'self' && isShort(known),
    );
    for (const { p, pHolm } of ofSelf) {
      expect(p).toBeLessThan(0.05);
      expect(pHolm).toBeGreaterThan(0.05);
    }
    expect(verdict.outcome).toBe('neither');
  });

  it('says that what a generator adds is not personal where other profiles do as well', () => {
    const gains: Record<string, number> = { gan: 0.02, 'gan shuffled': 0.02 };
    const verdict = verdictOf(
      cellsWith((arm, _, known) => (isShort(known) ? (gains[arm] ?? 0) : 0)),
      OPTIONS,
    );
    expect(verdict.outcome).toBe('adversarial');
    expect(verdict.sentences.join(' ')).toContain('on films, places, shop that of somebody else does as well');
  });

  it('does without an adversarial generator', () => {
    const arms = Object.keys(KINDS).filter((name) => !name.startsWith('gan'));
    const verdict = verdictOf(
      cellsWith(() => 0, arms),
      OPTIONS,
    );
    expect(verdict.sentences).toContain('No adversarial generator was asked.');
  });
});

it('acrossSeeds counts a user once, with the mean of the seeds that asked', () => {
  const seed = (users: string[], values: number[]) => ({ auto: { 1: { users, arms: { base: { kind: 1, values } } } } });
  const together = acrossSeeds([seed(['a', 'b'], [0.2, 0.4]), seed(['b', 'c'], [0.6, 0.8])]);
  expect([...together.keys()]).toEqual(['auto']);
  const [cell] = together.get('auto');
  expect(cell).toMatchObject({ known: '1', seeds: 2 });
  expect(cell.arms.base.values).toEqual([0.2, 0.5, 0.8]);
});

describe('the log of the study', () => {
  const DAY = 86_400_000;
  const table = (rows: readonly (readonly [item: number, day: number])[]) => ({
    users: { names: ['ann'] },
    items: { names: ['bread', 'milk', 'tea', 'salt', 'wine', 'corn'] },
    userCodes: rows.map(() => 0),
    itemCodes: rows.map(([item]) => item),
    timesMs: rows.map(([, day]) => day * DAY),
    rowCount: rows.length,
  });

  it('knows nothing of what happened after the instant that divides it', () => {
    const rows = [
      [1, 3],
      [0, 1],
      [0, 5],
      [0, 90],
      [2, 95],
      [1, 100],
    ] as const;
    const { users } = logOfTable(table(rows), 28);
    expect(users).toEqual([{ user: 'ann', items: ['bread', 'milk'], times: [5 * DAY, 3 * DAY], test: ['tea'] }]);
  });

  it('asks for the newest fifth of what a user has, and tells times by the place in the history alone', () => {
    const rows = [
      [0, 1],
      [4, 900],
      [2, 3],
      [3, 400],
      [1, 2],
    ] as const;
    const { users } = logOfTable(table(rows), undefined);
    expect(users).toEqual([
      {
        user: 'ann',
        items: ['bread', 'milk', 'tea', 'salt'],
        times: [0, DAY / 4, DAY / 2, (3 * DAY) / 4],
        test: ['wine'],
      },
    ]);
  });
});
