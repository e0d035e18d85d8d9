import { kMeans, Random } from '@kindred/domain';
import { reseedStability, sampleUnitRows, silhouette, type UnitRows } from '@kindred/evaluation';
import type { Segments } from '@kindred/models';

export interface SegmentsRequest {
  /** U: how many users there are. */
  readonly users: number;
  /**
   * Where the histories of some users point (`userDirections`), asked for those of the sample; zeros: nowhere, and the user
   * counts for nothing. [users, width]
   */
  readonly directionsOf: (users: Uint32Array) => Float32Array;
  readonly width: number;
  /** How many; `auto`: as many as come back under other seeds. Fewer where there are fewer different users. */
  readonly count: number | 'auto';
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/** One number of segments. */
interface SegmentsCandidate {
  readonly count: number;
  /** Adjusted Rand index against k-means with other seeds, mean. */
  readonly stability: number;
  /** Undefined for one segment. */
  readonly silhouette: number | undefined;
}

export interface ChosenSegments {
  readonly segments: Segments;
  /** Those that were compared, ascending. */
  readonly candidates: readonly SegmentsCandidate[];
  /** Why so many, in one sentence without its full stop. */
  readonly because: string;
}

/** Numbers that are tried: further apart the larger they are, for neighbours are hard to tell from each other. */
const COUNTS = [2, 3, 4, 5, 6, 8, 12, 16, 24];
/** So many users a segment has at least on average: fewer are no group, and nothing stands out in them. */
const LEAST_MEAN_SIZE = 10;
/** A division is stable that comes back under other seeds to so much, */
const STABLE = 0.8;
/** and to hardly less than the stablest: one more than there are comes back well too, but for the one that it splits. */
const BELOW_STABLEST = 0.1;
const RESTARTS = 3;
const RESEEDINGS = 3;
/** Users that k-means is run on, and for each segment: a sample finds the same centres, and the cost stays where it is. */
const MOST_USERS = 2000;
const MOST_USERS_OF_SEGMENT = 20;
/** The silhouette costs the square of it. */
const SILHOUETTE_USERS = 1000;

/**
 * Segments of users by k-means on where their histories point, so that a model of any method has some. Their number is
 * the largest that other seeds find again: a finer division says more, and one that falls elsewhere with every seed says
 * nothing of the users.
 * @returns undefined where no user has a direction
 * @throws KindredError INTERRUPTED at the signal
 */
export async function chooseSegments(request: SegmentsRequest): Promise<ChosenSegments | undefined> {
  const { count } = request;
  const users = sampledUsers(request);
  if (users.count === 0) return undefined;
  if (count !== 'auto') {
    const given = await found(users, count, request);
    const all = given.candidate.count === count;
    const because = all ? 'so many were asked for' : `${count} were asked for, of so many users that differ`;
    return { segments: given.segments, candidates: [given.candidate], because };
  }
  const feasible = COUNTS.filter((each) => each * LEAST_MEAN_SIZE <= users.count);
  const each: Found[] = [];
  for (const asked of feasible.length > 0 ? feasible : [1]) each.push(await found(users, asked, request));
  // Of fewer different users than segments there are no more segments than users.
  const tried = each.filter(({ candidate }, k) => candidate.count !== each[k - 1]?.candidate.count);
  const stablest = mostStable(tried);
  const least = Math.max(STABLE, stablest.candidate.stability - BELOW_STABLEST);
  const stable = tried.findLast(({ candidate }) => candidate.stability >= least);
  const kept = stable ?? stablest;
  return {
    segments: kept.segments,
    candidates: tried.map(({ candidate }) => candidate),
    because: reasonOf(kept.candidate, stable !== undefined, tried.length === 1),
  };
}

/** Drawn before any direction is asked for: encoding everybody would cost more than all that follows. */
function sampledUsers({ users, directionsOf, width, count, seed }: SegmentsRequest): UnitRows {
  const most = Math.max(MOST_USERS, count === 'auto' ? 0 : count * MOST_USERS_OF_SEGMENT);
  const random = new Random(seed, 'segments');
  const drawn =
    users <= most ? Uint32Array.from({ length: users }, (_, user) => user) : random.sample(users, most).sort();
  return sampleUnitRows({ values: directionsOf(drawn), width }, most, random);
}

interface Found {
  readonly segments: Segments;
  readonly candidate: SegmentsCandidate;
}

async function found(users: UnitRows, count: number, { seed, signal }: SegmentsRequest): Promise<Found> {
  const options = { seed, restarts: RESTARTS, signal };
  const clustering = await kMeans(users, count, options);
  const stability = await reseedStability(users, clustering, { ...options, reseedings: RESEEDINGS });
  const some = Math.min(users.count, SILHOUETTE_USERS);
  const rows = new Random(seed, 'silhouette').sample(users.count, some);
  const apart = silhouette(
    { ...users, values: takeRows(users, rows), count: some },
    rows.map((row) => clustering.clusterOf[row] as number),
  );
  return {
    segments: { vectors: clustering.centres, foundBy: 'k-means', stability },
    candidate: { count: clustering.centres.length / users.width, stability, silhouette: apart },
  };
}

function takeRows({ values, width }: UnitRows, rows: Uint32Array): Float32Array {
  const taken = new Float32Array(rows.length * width);
  rows.forEach((row, k) => {
    taken.set(values.subarray(row * width, (row + 1) * width), k * width);
  });
  return taken;
}

function mostStable(tried: readonly Found[]): Found {
  return tried.reduce((best, next) => (next.candidate.stability > best.candidate.stability ? next : best));
}

function reasonOf({ count, stability }: SegmentsCandidate, isStable: boolean, isOnly: boolean): string {
  if (isOnly) return `there are too few users for more than ${count === 1 ? 'one' : count}`;
  const figure = `${stability.toFixed(2)} by the adjusted Rand index`;
  return isStable
    ? `${count} is the largest number that other seeds find again (${figure})`
    : `no number is found again well by other seeds; ${count} comes nearest (${figure})`;
}
