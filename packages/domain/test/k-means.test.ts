import { describe, expect, it } from 'vitest';
import { kMeans, nearestCentres, Random, type UnitVectors } from '../src/index.js';

/** Rows brought to length one. */
function unitVectors(rows: readonly (readonly number[])[]): UnitVectors {
  const width = rows[0]?.length ?? 1;
  const values = Float32Array.from(rows.flatMap((row) => row.map((value) => value / Math.hypot(...row))));
  return { values, width };
}

/** Bundles of directions about the axes, row k about axis k % clusters. */
function planted(count: number, clusters: number, width: number, spread = 0.1): UnitVectors {
  const random = new Random(3, 'planted');
  return unitVectors(
    Array.from({ length: count }, (_, row) =>
      Array.from({ length: width }, (_, c) => (c === row % clusters ? 1 : 0) + spread * random.normal()),
    ),
  );
}

/** Whether rows are together exactly where they were planted together. */
function isPlanted(clusterOf: Uint32Array, clusters: number): boolean {
  const names = new Set(clusterOf.subarray(0, clusters));
  return names.size === clusters && clusterOf.every((cluster, row) => cluster === clusterOf[row % clusters]);
}

describe('kMeans', () => {
  it.each([
    [120, 3, 8],
    [121, 7, 8],
    [997, 12, 16],
  ])('finds planted clusters: %i rows, %i clusters, width %i', async (count, clusters, width) => {
    const rows = planted(count, clusters, width);
    const found = await kMeans(rows, clusters, { seed: 1, restarts: 4 });
    expect(isPlanted(found.clusterOf, clusters)).toBe(true);
    expect(found.cohesion).toBeGreaterThan(0.9);
    // Without the rounds, by centres that are the first rows of one cluster, it does not.
    const first = rows.values.slice(0, 2 * width);
    expect(isPlanted(nearestCentres(rows, first), clusters)).toBe(false);
    for (let at = 0; at < found.centres.length; at += width) {
      expect(Math.hypot(...found.centres.subarray(at, at + width))).toBeCloseTo(1, 5);
    }
  });

  it('puts each row to its nearest centre, and each centre on the sum of its rows', async () => {
    const rows = planted(200, 5, 6, 0.5);
    const { centres, clusterOf, cohesion } = await kMeans(rows, 5, { seed: 2 });
    expect(clusterOf).toEqual(nearestCentres(rows, centres));
    const sums = new Float64Array(centres.length);
    let cosines = 0;
    clusterOf.forEach((cluster, row) => {
      for (let c = 0; c < 6; c++) {
        const value = rows.values[row * 6 + c] as number;
        sums[cluster * 6 + c] = (sums[cluster * 6 + c] as number) + value;
        cosines += value * (centres[cluster * 6 + c] as number);
      }
    });
    expect(cohesion).toBeCloseTo(cosines / 200, 5);
    for (let at = 0; at < centres.length; at += 6) {
      const length = Math.hypot(...sums.subarray(at, at + 6));
      for (let c = at; c < at + 6; c++) expect(centres[c]).toBeCloseTo((sums[c] as number) / length, 5);
    }
  });

  it('gives the same for the same seed, and with more restarts nothing worse', async () => {
    const rows = planted(150, 6, 8, 0.6);
    expect(await kMeans(rows, 9, { seed: 4 })).toEqual(await kMeans(rows, 9, { seed: 4 }));
    expect((await kMeans(rows, 9, { seed: 5 })).centres).not.toEqual((await kMeans(rows, 9, { seed: 4 })).centres);
    const one = (await kMeans(rows, 9, { seed: 4 })).cohesion;
    expect((await kMeans(rows, 9, { seed: 4, restarts: 6 })).cohesion).toBeGreaterThanOrEqual(one);
  });

  it('makes no more clusters than there are different rows, and leaves none empty', async () => {
    const alike = await kMeans(unitVectors(Array.from({ length: 6 }, () => [2, 2, 1])), 4, { seed: 1 });
    expect([alike.centres.length, [...alike.clusterOf]]).toEqual([3, [0, 0, 0, 0, 0, 0]]);
    const two = await kMeans(unitVectors(Array.from({ length: 7 }, (_, k) => (k < 3 ? [1, 0] : [0, 1]))), 5, {
      seed: 1,
    });
    expect([two.centres.length / 2, new Set(two.clusterOf).size, two.cohesion]).toEqual([2, 2, 1]);
    const few = await kMeans(planted(3, 3, 4), 8, { seed: 1 });
    expect(few.centres.length / 4).toBe(3);
    const none = await kMeans({ values: new Float32Array(0), width: 4 }, 3, { seed: 1 });
    expect([none.centres.length, none.clusterOf.length, none.cohesion]).toEqual([0, 0, 0]);
    for (let seed = 0; seed < 40; seed++) {
      const { centres, clusterOf } = await kMeans(planted(40, 2, 3, 0.4), 17, { seed });
      expect([centres.length / 3, new Set(clusterOf).size]).toEqual([17, 17]);
    }
  });

  it('stays with a centre whose rows cancel', async () => {
    const { centres, clusterOf } = await kMeans(
      unitVectors([
        [1, 0],
        [-1, 0],
      ]),
      1,
      { seed: 1 },
    );
    expect(Math.abs(centres[0] as number)).toBe(1);
    expect([...clusterOf]).toEqual([0, 0]);
  });

  it('lets the event loop turn after every round, and stops at the signal', async () => {
    const rows = planted(400, 2, 8, 1);
    const abort = new AbortController();
    let turns = 0;
    const count = () => {
      turns += 1;
      if (turns === 3) abort.abort(new Error('enough'));
      if (turns < 1000) setImmediate(count);
    };
    setImmediate(count);
    await expect(kMeans(rows, 40, { seed: 1, restarts: 50, signal: abort.signal })).rejects.toMatchObject({
      code: 'INTERRUPTED',
      cause: expect.objectContaining({ message: 'enough' }),
    });
    expect(turns).toBeLessThan(6); // of the hundreds that fifty starts take
    turns = 1000;
  });
});
