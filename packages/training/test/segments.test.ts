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
  chooseSegments({ directions, width: WIDTH, count, seed });

function agreement(directions: Float32Array, groups: number): number {
  const vectors = choose(directions)?.segments.vectors ?? new Float32Array(WIDTH);
  const found = nearestCentres({ values: directions, width: WIDTH }, vectors);
  return adjustedRandIndex(found, groupsOf(found.length, groups));
}

describe('chooseSegments', () => {
  it.each([
    [200, 2],
    [201, 3],
    [400, 6],
    [503, 8],
  ])('finds the groups of %i users in %i', (users, groups) => {
    expect(agreement(planted(users, groups), groups)).toBeGreaterThan(0.99);
    const chosen = choose(planted(users, groups));
    expect(chosen?.segments.stability).toBeGreaterThan(0.99);
    expect(chosen?.because).toContain(`${groups} is the largest number that other seeds find again`);
  });

  it('finds nothing of them once the coordinates are shuffled, and says that it is not stable', () => {
    const shuffled = new Random(9).shuffle(planted(400, 6));
    expect(Math.abs(agreement(shuffled, 6))).toBeLessThan(0.1);
    const chosen = choose(shuffled);
    const stabilities = chosen?.candidates.map(({ stability }) => stability) ?? [];
    expect(stabilities.length).toBeGreaterThan(4);
    expect(Math.min(...stabilities)).toBeLessThan(0.8);
  });

  it('makes as many as are asked for, and no more than there are different users', () => {
    expect(choose(planted(100, 4), 7)?.segments.vectors).toHaveLength(7 * WIDTH);
    expect(choose(planted(3, 3), 7)?.segments.vectors).toHaveLength(3 * WIDTH);
    const alike = Float32Array.from({ length: 50 * WIDTH }, (_, k) => (k % WIDTH === 2 ? 3 : 0));
    expect(choose(alike, 7)?.segments.vectors).toHaveLength(WIDTH);
    expect(choose(alike)?.segments).toMatchObject({ stability: 1, foundBy: 'k-means' });
  });

  it('puts few users into one segment, and users without a direction into none', () => {
    const few = choose(planted(11, 2));
    expect([few?.segments.vectors.length, few?.because]).toEqual([WIDTH, 'there are too few users for more than one']);
    const silent = new Float32Array(500 * WIDTH);
    expect(choose(silent)).toBeUndefined();
    silent.set(planted(60, 3));
    expect(choose(silent)).toEqual(choose(planted(60, 3)));
  });

  it('is the same for the same seed', () => {
    expect(choose(planted(300, 5, 0.4))).toEqual(choose(planted(300, 5, 0.4)));
  });
});
