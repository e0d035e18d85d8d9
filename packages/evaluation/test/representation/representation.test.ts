import { matrixFromTriples, Random } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { measureRepresentation } from '../../src/index.js';
import { alignment, uniformity } from '../../src/representation/alignment.js';
import { effectiveRank } from '../../src/representation/effective-rank.js';
import { hubness, occurrences, skewness } from '../../src/representation/hubness.js';
import { linearProbe } from '../../src/representation/linear-probe.js';
import { silhouette } from '../../src/representation/silhouette.js';
import { sampleUnitRows, type UnitRows } from '../../src/representation/vector-table.js';

/** Rows of numbers as unit rows. */
function rowsOf(rows: readonly (readonly number[])[]): UnitRows {
  const width = rows[0]?.length ?? 1;
  return sampleUnitRows({ values: Float32Array.from(rows.flat()), width }, rows.length, new Random(1));
}

const BASIS = [
  [3, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 2, 0],
  [0, 0, 0, 1],
];
const EQUAL = Array.from({ length: 6 }, () => [2, 2, 1]);

/** Two tight bundles of directions, far apart; their labels alternate. */
function twoClusters(count: number, spread: number): { rows: number[][]; labels: string[] } {
  const random = new Random(3, 'clusters');
  const rows = Array.from({ length: count }, (_, k) => [
    (k % 2) * 5 + spread * random.normal(),
    ((k + 1) % 2) * 5 + spread * random.normal(),
    spread * random.normal(),
  ]);
  return { rows, labels: rows.map((_, k) => (k % 2 === 0 ? 'even' : 'odd')) };
}

describe('sampleUnitRows', () => {
  it('brings rows to length one, leaves zeros out, and draws the same rows for the same seed', () => {
    const table = { values: Float32Array.of(3, 4, 0, 0, 0, -2), width: 2 };
    const all = sampleUnitRows(table, 10, new Random(1));
    expect([...all.rows]).toEqual([0, 2]);
    expect([...all.values]).toEqual([expect.closeTo(0.6), expect.closeTo(0.8), 0, -1]);
    const wide = { values: Float32Array.from({ length: 300 }, (_, k) => k + 1), width: 3 };
    const some = sampleUnitRows(wide, 7, new Random(4));
    expect(some.count).toBe(7);
    expect([...some.rows]).toEqual([...some.rows].sort((a, b) => a - b));
    expect(sampleUnitRows(wide, 7, new Random(4))).toEqual(some);
    expect(sampleUnitRows(wide, 200, new Random(4), (row) => row % 2 === 0).count).toBe(50);
  });
});

describe('alignment', () => {
  const items = { values: Float32Array.of(1, 0, 0, 2, -1, 0), width: 2 };
  const pairsOf = (pairs: [number, number][]) =>
    matrixFromTriples(
      3,
      3,
      Uint32Array.from(pairs, ([user]) => user),
      Uint32Array.from(pairs, ([, item]) => item),
      new Float32Array(pairs.length).fill(1),
    );

  it('is the mean squared distance of the directions: 0 on the item, 2 at right angles, 4 opposite', () => {
    const users = { values: Float32Array.of(5, 0, 0, 0, 0, 1), width: 2 }; // the second has no direction
    expect(alignment(users, items, pairsOf([[0, 0]]), 100, 1)).toBeCloseTo(0, 6);
    const three = pairsOf([
      [0, 1],
      [0, 2],
      [1, 0],
      [2, 1],
    ]);
    expect(alignment(users, items, three, 100, 1)).toBeCloseTo((2 + 4 + 0) / 3, 6);
    expect(alignment(users, items, pairsOf([[1, 0]]), 100, 1)).toBeUndefined();
  });

  it('samples pairs of the right users', () => {
    const count = 500;
    const angles = Float32Array.from({ length: 2 * count }, (_, k) =>
      k % 2 === 0 ? Math.cos(k / 2) : Math.sin((k - 1) / 2),
    );
    const table = { values: angles, width: 2 };
    const own = Uint32Array.from({ length: count }, (_, k) => k);
    const diagonal = matrixFromTriples(count, count, own, own, new Float32Array(count).fill(1));
    expect(alignment(table, table, diagonal, 37, 1)).toBeCloseTo(0, 5);
  });
});

describe('uniformity', () => {
  it('is -4 for orthogonal rows, -8 for opposite ones, 0 for one point, undefined for one row', () => {
    expect(uniformity(rowsOf(BASIS))).toBeCloseTo(-4, 5);
    expect(uniformity(rowsOf([[1], [-1]]))).toBeCloseTo(-8, 5);
    expect(uniformity(rowsOf(EQUAL))).toBeCloseTo(0, 5);
    expect(uniformity(rowsOf([[1, 0]]))).toBeUndefined();
  });
});

describe('effectiveRank', () => {
  it('is the width for an orthonormal basis and one for equal rows', () => {
    expect(effectiveRank(rowsOf(BASIS))).toBeCloseTo(4, 4);
    expect(effectiveRank(rowsOf(EQUAL))).toBeCloseTo(1, 2);
  });

  it('is the entropy of the shares: rows along x four times, along y once', () => {
    const rows = rowsOf([
      [1, 0],
      [1, 0],
      [1, 0],
      [1, 0],
      [0, 1],
    ]); // singular values 2 and 1
    const [p, q] = [2 / 3, 1 / 3];
    expect(effectiveRank(rows)).toBeCloseTo(Math.exp(-p * Math.log(p) - q * Math.log(q)), 4);
  });
});

describe('hubness', () => {
  it('counts in how many lists a row stands: one hub amid spokes', () => {
    // Spokes are at right angles to each other and at 45 degrees or less to the hub: it is the nearest of them all.
    const rows = rowsOf([[1, 1, 1, 1], ...BASIS]);
    expect([...occurrences(rows, 1)]).toEqual([4, 1, 0, 0, 0]);
    // counts 4, 1, 0, 0, 0: mean 1, second moment 12 / 5, third (27 - 3) / 5
    expect(hubness(rows, 1)).toBeCloseTo(24 / 5 / (12 / 5) ** 1.5, 6);
  });

  it('is zero where all stand alike: the corners of a circle', () => {
    const corners = Array.from({ length: 12 }, (_, k) => [Math.cos((k * Math.PI) / 6), Math.sin((k * Math.PI) / 6)]);
    expect([...occurrences(rowsOf(corners), 2)]).toEqual(new Array(12).fill(2));
    expect(hubness(rowsOf(corners), 2)).toBe(0);
    expect(skewness([5, 5, 5])).toBe(0);
  });

  it('asks for no more neighbours than there are others', () => {
    expect([...occurrences(rowsOf(EQUAL), 5)]).toEqual(new Array(6).fill(5));
    expect(hubness(rowsOf(EQUAL), 10)).toBe(0);
    expect(hubness(rowsOf(BASIS.slice(0, 2)), 10)).toBeUndefined();
  });
});

describe('linearProbe', () => {
  it('tells two clusters apart wholly, and shuffled labels no better than chance', () => {
    const { rows, labels } = twoClusters(200, 0.4);
    const probe = linearProbe(rowsOf(rows), labels, 1);
    expect(probe).toMatchObject({ accuracy: 1, classes: 2, rows: 200 });
    expect(probe?.majority).toBeLessThan(0.6);
    const order = new Random(5).shuffle(Uint32Array.from(labels.keys()));
    const shuffled = linearProbe(
      rowsOf(rows),
      [...order].map((k) => labels[k]),
      1,
    );
    expect(shuffled?.accuracy).toBeLessThan(0.65);
  });

  it('leaves out rows without a label and classes too small to be divided', () => {
    const { rows, labels } = twoClusters(60, 0.4);
    const some = labels.map((label, k) => (k < 10 ? undefined : k < 14 ? 'rare' : label));
    expect(linearProbe(rowsOf(rows), some, 1)).toMatchObject({ classes: 2, rows: 46 });
    expect(
      linearProbe(
        rowsOf(rows),
        labels.map(() => 'one'),
        1,
      ),
    ).toBeUndefined();
  });

  it('says nothing above the majority where all rows are equal', () => {
    const labels = Array.from({ length: 30 }, (_, k) => (k % 3 === 0 ? 'b' : 'a'));
    const probe = linearProbe(rowsOf(Array.from({ length: 30 }, () => [1, 2])), labels, 1);
    expect(probe?.accuracy).toBeCloseTo(probe?.majority as number, 10);
    expect(probe?.majority).toBeCloseTo(2 / 3, 1);
  });
});

describe('silhouette', () => {
  it('is near one for two clusters, and near zero for a division at random', () => {
    const { rows, labels } = twoClusters(80, 0.1);
    const unit = rowsOf(rows);
    const segments = Uint32Array.from(labels, (label) => (label === labels[0] ? 0 : 1));
    expect(silhouette(unit, segments)).toBeGreaterThan(0.9);
    const random = new Random(8);
    expect(
      silhouette(
        unit,
        segments.map(() => random.below(2)),
      ),
    ).toBeLessThan(0.1);
  });

  it('is the hand-worked mean', () => {
    // Two rows at 0 degrees, one at 90, one at 180, the last alone in its segment.
    const rows = rowsOf([
      [1, 0],
      [1, 0],
      [0, 1],
      [-1, 0],
    ]);
    const root = Math.SQRT2;
    // Segments {0, 1}, {2, 3}: a = 0, b = (root + 2) / 2 for the first two; a = b = root for row 2; a = root, b = 2 for row 3.
    expect(silhouette(rows, Uint32Array.of(0, 0, 1, 1))).toBeCloseTo((1 + 1 + 0 + (2 - root) / 2) / 4, 6);
    expect(silhouette(rows, Uint32Array.of(0, 0, 0, 1))).toBeCloseTo(
      ((2 - root / 2) / 2 + (2 - root / 2) / 2 + (root - root) / root + 0) / 4,
      6,
    );
    expect(silhouette(rows, Uint32Array.of(0, 0, 0, 0))).toBeUndefined();
  });
});

describe('measureRepresentation', () => {
  const random = new Random(2, 'table');
  const table = (rows: number) => ({
    values: Float32Array.from({ length: rows * 4 }, () => random.normal()),
    width: 4,
  });
  const own = Uint32Array.from({ length: 40 }, (_, k) => k);
  const positives = matrixFromTriples(
    40,
    30,
    own,
    own.map((k) => k % 30),
    new Float32Array(40).fill(1),
  );

  it('measures all of it, the same for the same seed', async () => {
    const input = { users: table(40), items: table(30), positives, seed: 3 };
    const categories = Array.from({ length: 30 }, (_, k) => (k % 3 === 0 ? undefined : k % 3 === 1 ? 'a' : 'b'));
    const found = await measureRepresentation({ ...input, categories });
    expect(found.dimensions).toBe(4);
    expect(found.itemEffectiveRank).toBeGreaterThan(3);
    expect(found.itemEffectiveRank).toBeLessThanOrEqual(4);
    expect(found.alignment).toBeGreaterThan(1);
    expect(found.segments).toBe(8);
    expect(found.stability).toBeGreaterThan(0);
    expect(found.stability).toBeLessThan(1);
    expect(found.categoryProbe).toMatchObject({ classes: 2, rows: 20 });
    expect(found.activityProbe).toBeUndefined(); // everybody has one item
    expect(await measureRepresentation({ ...input, categories })).toEqual(found);
    expect((await measureRepresentation(input)).categoryProbe).toBeUndefined();
  });

  it('takes given prototypes as segments', async () => {
    const users = { values: Float32Array.of(1, 0, 1, 0.1, 0, 1, 0.1, 1), width: 2 };
    const prototypes = { values: Float32Array.of(1, 0, 0, 1), width: 2 };
    const found = await measureRepresentation({ users, items: users, prototypes, positives: emptyPairs(4), seed: 1 });
    expect(found.segments).toBe(2);
    expect(found.stability).toBeUndefined();
    expect(found.silhouette).toBeGreaterThan(0.8);
    expect(found.alignment).toBeUndefined();
  });

  it('stays with what it has: one user without a direction', async () => {
    const nobody = { values: new Float32Array(4), width: 4 };
    const found = await measureRepresentation({ users: nobody, items: nobody, positives: emptyPairs(1), seed: 1 });
    expect(found).toMatchObject({ userEffectiveRank: 0, segments: 0, silhouette: undefined });
  });

  function emptyPairs(rows: number) {
    return matrixFromTriples(rows, rows, new Uint32Array(0), new Uint32Array(0), new Float32Array(0));
  }
});
