import { Random } from '@kindred/domain';
import type { VectorSet } from '../src/cyclegan/vector-set.js';

/** Two domains of the same kind of users, one turned, stretched and moved against the other; nobody is in both. */
export interface PlantedDomains {
  readonly source: VectorSet;
  readonly target: VectorSet;
  /** Further users of the source, and where each of them is in the target. */
  readonly asked: VectorSet;
  readonly answers: Float32Array;
  /** Group of each user asked. */
  readonly groups: Uint32Array;
  /** Middle of each group in the target. */
  readonly middles: readonly (readonly [number, number])[];
}

/** Share, middle and spread of each group: no two are alike, so that only one turn puts all of them in place. */
const GROUPS = [
  [0.5, [-2, 0], 0.3],
  [0.3, [1.5, 1.5], 0.5],
  [0.2, [1.5, -2], 0.2],
] as const;
/** Radians. */
const TURN = 1;

/** A mixture of unequal Gaussians in the plane. */
export function plantedDomains(users = 600): PlantedDomains {
  const source = draw(users, 'source');
  const target = draw(users, 'target');
  const asked = draw(users / 3, 'asked');
  return {
    source: { vectors: source.vectors, width: 2 },
    target: { vectors: turned(target.vectors), width: 2 },
    asked: { vectors: asked.vectors, width: 2 },
    answers: turned(asked.vectors),
    groups: asked.groups,
    middles: GROUPS.map(([, middle]) => [...turned(Float32Array.from(middle))] as [number, number]),
  };
}

/** Share of the users asked who come nearest to the middle of their own group. */
export function groupsHit(
  mapped: Float32Array,
  { groups, middles }: Pick<PlantedDomains, 'groups' | 'middles'>,
): number {
  let hits = 0;
  groups.forEach((group, user) => {
    const distances = middles.map(([x, y]) =>
      Math.hypot((mapped[2 * user] as number) - x, (mapped[2 * user + 1] as number) - y),
    );
    if (distances.indexOf(Math.min(...distances)) === group) hits++;
  });
  return hits / groups.length;
}

function draw(users: number, label: string) {
  const random = new Random(3, label);
  const vectors = new Float32Array(2 * users);
  const groups = new Uint32Array(users);
  for (let user = 0; user < users; user++) {
    const chance = random.next();
    const group = chance < GROUPS[0][0] ? 0 : chance < GROUPS[0][0] + GROUPS[1][0] ? 1 : 2;
    const [, middle, spread] = GROUPS[group];
    groups[user] = group;
    middle.forEach((value, c) => {
      vectors[2 * user + c] = value + spread * random.normal();
    });
  }
  return { vectors, groups };
}

/** Where each user of the source is in the target. */
function turned(vectors: Float32Array): Float32Array {
  const [cos, sin] = [Math.cos(TURN), Math.sin(TURN)];
  return vectors.map((value, k) => {
    const beside = vectors[k ^ 1] as number;
    return k % 2 === 0 ? 3 + 2 * (cos * value - sin * beside) : -1 + 2 * (sin * beside + cos * value);
  });
}

/** Middles of four groups of the same coordinates in both domains: only their shares differ. */
const CORNERS = [
  [1.5, 0],
  [0, 1.5],
  [-1.5, 0],
  [0, -1.5],
] as const;

/**
 * Two domains that have the same coordinates: everybody is in the target where they are in the source. The target has most
 * people in the groups where the source has fewest, so that by its shape it is the source turned by a right angle.
 */
export function sharedCoordinates(
  users = 400,
): Pick<PlantedDomains, 'source' | 'target' | 'asked' | 'groups' | 'middles'> {
  const source = drawCorners(users, [0.4, 0.1, 0.4, 0.1], 'source');
  const target = drawCorners(users, [0.1, 0.4, 0.1, 0.4], 'target');
  const asked = drawCorners(80, [0.25, 0.25, 0.25, 0.25], 'asked');
  const set = ({ vectors }: { vectors: Float32Array }) => ({ vectors, width: 2 });
  return { source: set(source), target: set(target), asked: set(asked), groups: asked.groups, middles: CORNERS };
}

/** In turns, so that shares and hence middles and spreads are exact. */
function drawCorners(users: number, shares: readonly number[], label: string) {
  const random = new Random(4, label);
  const ends = shares.map((_, group) => shares.slice(0, group + 1).reduce((sum, share) => sum + share, 0));
  const groups = Uint32Array.from({ length: users }, (_, user) => ends.findIndex((end) => (user + 0.5) / users < end));
  const vectors = Float32Array.from({ length: 2 * users }, (_, k) => {
    const middle = CORNERS[groups[k >> 1] as number] as readonly [number, number];
    return (middle[k % 2] as number) + 0.2 * random.normal();
  });
  return { vectors, groups };
}
