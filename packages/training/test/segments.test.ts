import { nearestCentres, Random } from '@kindred/domain';
import { adjustedRandIndex } from '@kindred/evaluation';
import { describe, expect, it } from 'vitest';
import { chooseSegments } from '../src/index.js';

const WIDTH = 8;

/** Directions of users about so many axes by turns; `spread` times a standard normal beside them. */
function planted(users: number, groups: number, spread = 0.15): Float32Array {
  const random = new Random(4, 'planted');
  return Float32Array.from({ length: users * WIDTH }, (_, k) => {
    const [user, column] = [Math.floor(k / WIDTH), k % WIDTH];
    return (user % groups === column ? 1 : 0) + spread * random.normal();
  });
}

const groupsOf = (users: number, groups: number) => Uint32Array.from({ length: users }, (_, user) => user % groups);
const choose = (directions: Float32Array, count: number | 'auto' = 'auto', seed = 1) =>
  chooseSegments({ ...everybody(directions), width: WIDTH, count, seed });

function everybody(directions: Float32Array) {
  const directionsOf = (users: Uint32Array) =>
    Float32Array.from({ length: users.length * WIDTH }, (_, k) => {
      const user = users[Math.floor(k / WIDTH)] as number;
      return directions[user * WIDTH + (k % WIDTH)] as number;
    });
  return { users: directions.length / WIDTH, directionsOf };
}

async function agreement(directions: Float32Array, groups: number): Promise<number> {
  const vectors = (await choose(directions))?.segments.vectors ?? new Float32Array(WIDTH);
  const found = nearestCentres({ values: directions, width: WIDTH }, vectors);
  return adjustedRandIndex(found, groupsOf(found.length, groups));
}

describe('chooseSegments', () => {
  it.each([
    [200, 2],
    [201, 3],
    [400, 6],
    [503, 8],
  ])('finds the groups of %i users in %i', async (users, groups) => {
    expect(await agreement(planted(users, groups), groups)).toBeGreaterThan(0.99);
    const chosen = await choose(planted(users, groups));
    expect(chosen?.segments.stability).toBeGreaterThan(0.99);
    expect(chosen?.because).toContain(`${groups} is the largest number that other seeds find again`);
  });

  it('finds nothing of them once the coordinates are shuffled, and says that it is not stable', async () => {
    const shuffled = new Random(9).shuffle(planted(400, 6));
    expect(Math.abs(await agreement(shuffled, 6))).toBeLessThan(0.1);
    const chosen = await choose(shuffled);
    const stabilities = chosen?.candidates.map(({ stability }) => stability) ?? [];
    expect(stabilities.length).toBeGreaterThan(4);
    expect(Math.min(...stabilities)).toBeLessThan(0.8);
  });

  it('makes as many as are asked for, and no more than there are different users', async () => {
    expect((await choose(planted(100, 4), 7))?.segments.vectors).toHaveLength(7 * WIDTH);
    expect((await choose(planted(3, 3), 7))?.segments.vectors).toHaveLength(3 * WIDTH);
    const alike = Float32Array.from({ length: 50 * WIDTH }, (_, k) => (k % WIDTH === 2 ? 3 : 0));
    expect((await choose(alike, 7))?.segments.vectors).toHaveLength(WIDTH);
    expect((await choose(alike))?.segments).toMatchObject({ stability: 1, foundBy: 'k-means' });
  });

  it('puts few users into one segment, and users without a direction into none', async () => {
    const few = await choose(planted(11, 2));
    expect([few?.segments.vectors.length, few?.because]).toEqual([WIDTH, 'there are too few users for more than one']);
    const silent = new Float32Array(500 * WIDTH);
    expect(await choose(silent)).toBeUndefined();
    silent.set(planted(60, 3));
    expect(await choose(silent)).toEqual(await choose(planted(60, 3)));
  });

  it('is the same for the same seed', async () => {
    expect(await choose(planted(300, 5, 0.4))).toEqual(await choose(planted(300, 5, 0.4)));
  });

  it('asks where the users of its sample point, and nobody else', async () => {
    const asked: Uint32Array[] = [];
    const directionsOf = (users: Uint32Array) => {
      asked.push(users);
      return new Float32Array(users.length * WIDTH); // Nowhere: the sample alone is looked at.
    };
    for (const count of [4, 120]) await chooseSegments({ users: 9000, directionsOf, width: WIDTH, count, seed: 1 });
    expect(asked.map(({ length }) => length)).toEqual([2000, 2400]);
    for (const some of asked) {
      expect([...new Set(some)].sort((a, b) => a - b)).toEqual([...some]);
      // Of everybody, not of the first: a quarter of the sample in each quarter, give or take.
      expect(some.filter((user) => user < 2250).length / some.length).toBeCloseTo(0.25, 1);
    }
  });

  it('ends at the signal, between two rounds', async () => {
    const abort = new AbortController();
    setImmediate(() => abort.abort());
    const given = { ...everybody(planted(2000, 8, 1)), width: WIDTH, seed: 1, signal: abort.signal };
    await expect(chooseSegments({ ...given, count: 100 })).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(chooseSegments({ ...given, count: 'auto' })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
