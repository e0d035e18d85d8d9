import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasEntry, matrixFromTriples, Random, rowEntries } from '@kindred/domain';
import type { Cohort } from '@kindred/evaluation';
import type { SnapshotInMemory } from '@kindred/pairs';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a plain script without types
import { augmentedArm, denseArm, measured, tunedAndAugmentedArm } from '../../benchmarks/sparse-users/arms.mjs';
// @ts-expect-error a plain script without types
import { decide, NO_ADVERSARY, testedCell } from '../../benchmarks/sparse-users/decision.mjs';
// @ts-expect-error a plain script without types
import { trainedGroups } from '../../benchmarks/sparse-users/groups.mjs';
// @ts-expect-error a plain script without types
import { acrossSeeds } from '../../benchmarks/sparse-users/seeds.mjs';
// @ts-expect-error a plain script without types
import * as sources from '../../benchmarks/sparse-users/sources.mjs';
// @ts-expect-error a plain script without types
import { sparseCohort, warmCohort, withPseudoEntries } from '../../benchmarks/sparse-users/sparse-cohorts.mjs';
// @ts-expect-error a plain script without types
import { drawSparseUsers, givenLog, logOfTable } from '../../benchmarks/sparse-users/sparse-log.mjs';

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
  [`gan${NO_ADVERSARY}`]: 7,
  gan: 8,
  'gan shuffled': 9,
  'gan as ranker': 10,
  'tuned, self': 13,
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

const verdictOf = (cells: readonly object[], options: typeof OPTIONS) =>
  decide(cells.map((cell) => testedCell(cell, options)));

const isShort = (known: string) => Number(known) <= 3;

describe('a set whose parts are given', () => {
  it('asks for what validation and test hold, and learns from train alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kindred-given-'));
    try {
      const write = async (name: string, rows: string[], head = 'user_id\titem_id') => {
        const file = join(folder, name);
        await writeFile(file, `${head}\n${rows.join('\n')}\n`);
        return file;
      };
      const train = await write('train.tsv', ['a\t1', 'a\t2', 'b\t1']);
      const test = await write('test.tsv', ['a\t3', 'c\t1']);
      const valid = await write('valid.tsv', ['a\t4']);
      expect(await givenLog({ train, test, valid })).toEqual({
        isOrdered: false,
        users: [
          { user: 'a', items: ['1', '2'], times: undefined, test: ['3', '4'] },
          { user: 'b', items: ['1'], times: undefined, test: [] },
        ],
      });
      const rows = ['a\t1\t1700000000', 'a\t2\t1600000000', 'a\t1\t1500000000'];
      const timed = await write('timed.tsv', rows, 'user_id\titem_id\ttimestamp');
      expect(await givenLog({ train: timed, test })).toEqual({
        isOrdered: true,
        users: [{ user: 'a', items: ['1', '2'], times: [1.7e12, 1.6e12], test: ['3'] }],
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('the rule of the study of sparse users', () => {
  it('says that the adversarial part helps where it beats all others on two sets and does no harm', () => {
    const verdict = verdictOf(
      cellsWith((arm, set, known) => (arm === 'gan' && set !== 'shop' && known === '2' ? 0.02 : 0)),
      OPTIONS,
    );
    expect(verdict).toMatchObject({ outcome: 'adversarial', winner: 'gan' });
    expect(verdict.sentences[0]).toBe('The adversarial part helps: by the rule gan would be shipped.');
    expect(verdict.sentences.join(' ')).toContain('on 2 of 3 data sets with 2 known (films, places)');
    expect(verdict.sentences.join(' ')).toContain(
      'on films, places it matters by whose profile; on shop that is not shown',
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

  it('ships nothing where users of training were not asked on every set', () => {
    const cells = cellsWith((arm, _, known) => (arm === 'gan' && isShort(known) ? 0.02 : 0));
    for (const left of [[], ['films']]) {
      const { sentences } = verdictOf(
        cells.filter(({ set, known }) => known !== 'warm' || left.includes(set)),
        OPTIONS,
      );
      expect(sentences[0]).toMatch(/^The adversarial part helps; of all gan gains most\..* ships nothing\.$/);
    }
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
    expect(verdict.sentences.join(' ')).toContain('on films, places, shop that is not shown');
  });

  it('asks, beside the rule, what a generator has over itself without its adversary', () => {
    const saidWith = (gain: number, arms?: string[]) => {
      const gains: Record<string, number> = { gan: gain, [`gan${NO_ADVERSARY}`]: 0.02, dae: 0.05 };
      const cells = cellsWith((arm, _, known) => (isShort(known) ? (gains[arm] ?? 0) : 0), arms);
      return verdictOf(cells, OPTIONS).sentences.join(' ');
    };
    const sentence = 'The same generator without its adversary, beside the rule: up to 3 known items beaten by';
    expect(saidWith(0.04)).toContain(`${sentence} gan on 3 of 3 data sets with 1 known (films, places, shop).`);
    expect(saidWith(0.02)).toContain(`${sentence} none.`);
    const withoutTwin = Object.keys(KINDS).filter((name) => name !== `gan${NO_ADVERSARY}`);
    expect(saidWith(0.04, withoutTwin)).not.toContain(sentence);
  });

  it('decides alike from means and tests that were kept', () => {
    const gains: Record<string, number> = { self: 0.02, dae: 0.03, gan: 0.03, tuned: 0.005 };
    const cells = cellsWith((arm, set, known) => (isShort(known) && set !== 'shop' ? (gains[arm] ?? 0) : 0));
    const kept = cells.map((cell) => testedCell(cell, OPTIONS));
    expect(decide(JSON.parse(JSON.stringify(kept)))).toEqual(verdictOf(cells, OPTIONS));
    // The adjustment is over all sets, so one set's part of it can not be kept as it is.
    const alone = decide(kept.filter(({ set }: { set: string }) => set === 'films'));
    expect(alone.outcome).toBe('neither');
  });

  it('asks, beside the rule, whether what is added to the tuned base is ahead of the tuned base, not of the base', () => {
    const saidWith = (ofBoth: number) => {
      const gains: Record<string, number> = { tuned: 0.03, 'tuned, self': ofBoth };
      const verdict = verdictOf(
        cellsWith((arm, _, known) => (isShort(known) ? (gains[arm] ?? 0) : 0)),
        OPTIONS,
      );
      expect(verdict.outcome).toBe('neither');
      return verdict.sentences.join(' ');
    };
    expect(saidWith(0.02)).toContain('The tuned base, beside the rule: up to 3 known items beaten by none.');
    expect(saidWith(0.05)).toContain(
      'The tuned base, beside the rule: up to 3 known items beaten by tuned, self on 3 of 3',
    );
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

interface LogUser {
  readonly user: string;
  readonly items: readonly string[];
  readonly times: readonly number[] | undefined;
  readonly test: readonly string[];
}
interface Drawn {
  readonly snapshot: SnapshotInMemory;
  readonly validation: readonly LogUser[];
  readonly test: readonly LogUser[];
}
interface Half {
  readonly ids: readonly string[];
  readonly cohort: Cohort;
  lists?: Readonly<Record<string, readonly number[][]>>;
}

/** 60 users, each with 22 items of 80 and four others to find; a few of them are users of too few items. */
const LOG = Array.from({ length: 60 }, (_, user): LogUser => {
  const order = [...new Random(user, 'a life').sample(80, 26)].map((item) => `i${item}`);
  return { user: `u${user}`, items: order.slice(0, user % 10 === 0 ? 9 : 22), times: undefined, test: order.slice(22) };
});
const draw = (learnedItems = 0, users = LOG): Promise<Drawn> =>
  drawSparseUsers({ users, isOrdered: false }, { seed: 3, learnedItems });

async function halvesOf(known: number, users = LOG) {
  const drawn = await draw(0, users);
  const part = await drawn.snapshot.part('serve');
  const half = (of: readonly LogUser[]): Half => sparseCohort(of, part.items, known, part.users.length);
  return { part, drawn, validation: half(drawn.validation), test: half(drawn.test) };
}

const itemsOf = (matrix: Cohort['histories']) =>
  Array.from({ length: matrix.rowCount }, (_, row) => [...rowEntries(matrix, row)[0]]);

/** Ranks by nothing but the histories it is given: what is far from them first. */
const remote = {
  name: 'remote',
  itemCount: 80,
  async score({ history }: { history: Cohort['histories'] }, scores: Float32Array) {
    for (let row = 0; row < history.rowCount; row++) {
      const known = rowEntries(history, row)[0];
      for (let item = 0; item < 80; item++) {
        scores[row * 80 + item] = known.reduce((sum, own) => sum + ((item * 7 + own * 13) % 31), 0);
      }
    }
  },
};
const listsOf = async (half: Half, positives: Cohort['histories']): Promise<Record<string, number[][]>> => {
  const generated = await sources.generatedLists(remote, half);
  return {
    self: await sources.ownLists(remote, half),
    neighbours: sources.neighbourLists(positives)(half),
    popular: sources.popularLists(positives, 5)(half),
    generated,
    shuffled: sources.shuffledLists(generated, half, 5),
  };
};

describe('the sparse users of the study', () => {
  it('are in nothing that is learned from, nor is what anybody is asked for', async () => {
    const { snapshot, validation, test } = await draw();
    const part = await snapshot.part('serve');
    const sparse = [...validation, ...test].map(({ user }) => user);
    expect(sparse.length).toBe(Math.round(0.2 * 54));
    expect(part.users.length).toBe(60 - sparse.length);
    expect(part.users.filter((user) => sparse.includes(user))).toEqual([]);
    const learned = new Map(LOG.map(({ user, items }) => [user, items]));
    part.users.forEach((user, row) => {
      const items = [...rowEntries(part.data.positives, row)[0]].map((item) => part.items[item]);
      expect(items.toSorted(), user).toEqual(learned.get(user)?.toSorted());
    });
  });

  it('are learned from by their first items alone where these are to be learned too', async () => {
    const { snapshot, validation, test } = await draw(2);
    const part = await snapshot.part('serve');
    for (const { user, items } of [...validation, ...test]) {
      const own = [...rowEntries(part.data.positives, part.users.indexOf(user as never))[0]];
      expect(own.map((item) => part.items[item]).toSorted(), user).toEqual(items.slice(0, 2).toSorted());
    }
  });

  it('are told with the time of each item, where the log has times, also where an item is not learned from', async () => {
    const users = LOG.map((own): LogUser => {
      const items = [`of ${own.user} alone`, ...own.items];
      return { ...own, items, times: items.map((_, place) => 1000 * place) };
    });
    const { snapshot, test, validation } = await drawSparseUsers({ users, isOrdered: true }, { seed: 3 });
    const part = await snapshot.part('serve');
    const warm = users.filter(({ user }) => part.users.includes(user as never));
    const few = warm.map((own, k) => ({ ...own, items: own.items.slice(0, k % 2 === 0 ? 4 : 9) }));
    const groups = Object.values(trainedGroups(few, part) as Record<string, Half>);
    expect(groups.length).toBe(2);
    for (const [asked, { cohort }] of [
      [[...test, ...validation], sparseCohort([...test, ...validation], part.items, 3, part.users.length)],
      [warm, warmCohort(warm, part)],
      ...groups.map((group) => [group.ids.map((user) => ({ user })), group]),
    ] as [LogUser[], Half][]) {
      const told = asked.flatMap(({ user }, row) => {
        const { items } = users.find((own) => own.user === user) as LogUser;
        return [...rowEntries(cohort.histories, row)[0]].map(
          (item) => 1000 * items.indexOf(part.items[item] as string),
        );
      });
      expect([...(cohort.times ?? [])]).toEqual(told);
    }
    expect((await halvesOf(3)).test.cohort.times).toBeUndefined();
  });

  it('are half to choose by and half to measure on, the same ones whatever is known of them', async () => {
    const [first, second] = [await draw(), await draw(5)];
    const ids = ({ validation, test }: Drawn) => [validation, test].map((half) => half.map(({ user }) => user));
    const [chosenBy, measuredOn] = ids(first) as [string[], string[]];
    expect(new Set([...chosenBy, ...measuredOn]).size).toBe(chosenBy.length + measuredOn.length);
    expect(Math.abs(chosenBy.length - measuredOn.length)).toBeLessThanOrEqual(1);
    expect(ids(second)).toEqual(ids(first));
  });

  it('are asked for the same items whatever is known of them, and the known, the hidden and those do not overlap', async () => {
    const [one, five] = [await halvesOf(1), await halvesOf(5)];
    expect(itemsOf(one.test.cohort.relevant)).toEqual(itemsOf(five.test.cohort.relevant));
    for (const [known, { part, drawn, test }] of [[1, one] as const, [5, five] as const]) {
      const { histories, hidden, relevant } = test.cohort;
      drawn.test.forEach(({ items, test: wanted }, row) => {
        const [told, kept, asked] = [histories, hidden ?? histories, relevant].map((matrix) =>
          [...rowEntries(matrix, row)[0]].map((item) => part.items[item] as string).toSorted(),
        );
        expect(told).toEqual(items.slice(0, known).toSorted());
        expect(kept).toEqual(items.slice(known).toSorted());
        expect(asked).toEqual(wanted.toSorted());
      });
    }
  });

  it('are not ranked what is hidden: whoever puts it first loses nothing by it', async () => {
    const { test } = await halvesOf(3);
    const { histories, hidden = histories, relevant, itemCount } = test.cohort;
    const rows = new Map(Array.from(test.cohort.users ?? [], (user, row) => [user, row]));
    const hiddenFirst = {
      ...{ name: 'hidden first', itemCount },
      async score({ users }: { users: Uint32Array }, scores: Float32Array) {
        scores.fill(0);
        users.forEach((user, k) => {
          const row = rows.get(user) as number;
          for (const item of rowEntries(hidden, row)[0]) scores[k * itemCount + item] = 2;
          for (const item of rowEntries(relevant, row)[0]) scores[k * itemCount + item] = 1;
        });
      },
    };
    expect((await measured(hiddenFirst, test)).metrics['ndcg@20']).toBe(1);
  });
});

describe('what a source expects of sparse users', () => {
  it('has nothing that is known, and follows from the known alone', async () => {
    const { part, test } = await halvesOf(2);
    const { positives } = part.data;
    const lists = await listsOf(test, positives);
    for (const [name, rows] of Object.entries(lists)) {
      expect(rows.length, name).toBe(test.ids.length);
      rows.forEach((list, row) => {
        expect(list.length, name).toBeGreaterThan(9);
        expect(new Set(list).size, name).toBe(list.length);
        expect(
          [...list].filter((item) => hasEntry(test.cohort.histories, row, item)),
          name,
        ).toEqual([]);
      });
    }
    // Other hidden items and others to find: the same lists.
    const { histories } = test.cohort;
    const moved = ({ rowCount, columnCount, columns, values, ...matrix }: Cohort['histories']) =>
      matrixFromTriples(
        rowCount,
        columnCount,
        columns.map((_, k) => matrix.offsets.findIndex((offset) => offset > k) - 1),
        columns.map((item) => (item + 1) % columnCount),
        values,
      );
    const cohort = { ...test.cohort, hidden: moved(test.cohort.hidden ?? histories), relevant: moved(histories) };
    expect(await listsOf({ ...test, cohort }, positives)).toEqual(lists);
    // Other known ones: other lists.
    const other = await listsOf({ ...test, cohort: { ...test.cohort, histories: moved(histories) } }, positives);
    for (const name of ['self', 'neighbours', 'generated']) expect(other[name], name).not.toEqual(lists[name]);
  });

  it('shuffled: each list goes to somebody else, once', () => {
    const rows = 7;
    const at = Uint32Array.from({ length: rows }, (_, row) => row);
    const histories = matrixFromTriples(
      rows,
      90,
      at,
      at.map((row) => 10 * ((row + 1) % rows) + 12),
      new Float32Array(rows).fill(1),
    );
    // Ten items of each row; one of them is what the row before it has already.
    const lists = Array.from(at, (row) => Array.from({ length: 10 }, (_, k) => 10 * row + k + 10));
    for (const seed of [1, 2, 3]) {
      const shuffled: number[][] = sources.shuffledLists(lists, { cohort: { histories } }, seed);
      const givers = shuffled.map((list) => Math.floor((list[0] as number) / 10) - 1);
      expect(new Set(givers).size).toBe(rows);
      shuffled.forEach((list, row) => {
        expect(givers[row]).not.toBe(row);
        expect(list).toEqual(lists[givers[row] as number]?.filter((item) => !hasEntry(histories, row, item)));
      });
    }
  });

  it('joins the history that it was made for, as many items as the arm says and of its weight', async () => {
    const { test } = await halvesOf(2);
    const { histories, users = new Uint32Array(0) } = test.cohort;
    test.lists = { marked: itemsOf(histories).map((own, row) => [own[0] as number, 40 + row, 60]) };
    const seen: (readonly [number, { items: number[]; weight: number } | undefined])[] = [];
    const base = {
      augmented: (pseudoOf: (user: number) => { items: number[]; weight: number } | undefined) => {
        for (const user of [...users, 9999]) seen.push([user, pseudoOf(user)]);
        return pseudoOf;
      },
    };
    const { trials } = augmentedArm(4, 'marked', base, 'marked');
    expect(trials.map(({ label }: { label: string }) => label)).toEqual([
      'k 10, w0 0.1',
      'k 10, w0 0.3',
      'k 10, w0 1',
      'k 30, w0 0.1',
      'k 30, w0 0.3',
      'k 30, w0 1',
    ]);
    const pseudoOf = trials[2].recommenderOf(test);
    test.ids.forEach((_, row) => {
      const [user, pseudo] = seen[row] as (typeof seen)[number];
      expect(user).toBe(users[row]);
      expect(pseudo?.items).toEqual(test.lists?.marked?.[row]);
      expect(pseudo?.weight).toBeCloseTo(6 / 7, 6);
    });
    expect(seen.at(-1)).toEqual([9999, undefined]);
    // What a user has keeps its weight.
    const { history } = withPseudoEntries({ history: histories, users }, pseudoOf);
    expect([...history.values].filter((value) => value === 1).length).toBe(histories.columns.length);
    expect(history.columns.length).toBeGreaterThan(histories.columns.length);
  });

  it('joins what the tuned base is given, by the setting that was chosen for it', async () => {
    const { test } = await halvesOf(2);
    const tuned = ['shrinkage 0', 'shrinkage 3'].map((label) => ({ label, augmented: () => label }));
    const base = { tuned, augmented: () => 'as it is' };
    const arm = tunedAndAugmentedArm(13, 'tuned, marked', base, 'marked', { tuned: { chosen: 'shrinkage 3' } });
    expect(arm).toMatchObject({ kind: 13, name: 'tuned, marked', adds: 'tuned' });
    expect(arm.trials.length).toBe(6);
    for (const { recommenderOf } of arm.trials) expect(recommenderOf(test)).toBe('shrinkage 3');
    expect(augmentedArm(4, 'marked', base, 'marked').trials[0].recommenderOf(test)).toBe('as it is');
  });

  it('joins all other items by their probability where the history is to be dense, together as much as the arm says', async () => {
    const { test } = await halvesOf(2);
    const { histories, itemCount, users = new Uint32Array(0) } = test.cohort;
    // Weights that grow with the item, none for what somebody has.
    const distributionOf = (own: Uint32Array) => {
      const weights = Float32Array.from({ length: itemCount }, (_, item) => (own.includes(item) ? 0 : 1 + item));
      const sum = weights.reduce((total, weight) => total + weight, 0);
      return weights.map((weight) => weight / sum);
    };
    const { trials } = denseArm(12, 'dense', { augmented: (pseudoOf: unknown) => pseudoOf }, distributionOf);
    expect(trials.map(({ label }: { label: string }) => label).slice(2, 4)).toEqual([
      'mass 10, temperature 1',
      'mass 10, temperature 2',
    ]);
    for (const [trial, flattened] of [
      [2, (ratio: number) => ratio],
      [3, Math.sqrt],
    ] as const) {
      const pseudoOf = trials[trial].recommenderOf(test);
      const { history } = withPseudoEntries({ history: histories, users }, pseudoOf);
      for (const [row, own] of itemsOf(histories).entries()) {
        const [items, values] = rowEntries(history, row);
        expect(items.length).toBe(itemCount);
        const weightOf = (item: number) => values[[...items].indexOf(item)] as number;
        const others = Array.from({ length: itemCount }, (_, item) => item).filter((item) => !own.includes(item));
        expect(others.reduce((sum, item) => sum + weightOf(item), 0)).toBeCloseTo((10 * 6) / 7, 4);
        const [first, last] = [others[0] as number, others.at(-1) as number];
        expect(weightOf(last) / weightOf(first)).toBeCloseTo(flattened((1 + last) / (1 + first)), 3);
        for (const item of own) expect(weightOf(item)).toBe(1);
      }
      expect(pseudoOf(9999)).toBeUndefined();
    }
  });
});
