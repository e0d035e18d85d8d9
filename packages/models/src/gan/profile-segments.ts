import { kMeans, nearestCentres, Random } from '@kindred/domain';
import type { BodyParts } from '../autoencoder/profile-generator.js';
import type { Profiles } from '../autoencoder/profiles.js';
import { unitRows } from '../served-vectors.js';
import { addRows, takeRows } from '../sparse-rows.js';

/** What says to which segment a profile belongs. */
export interface SegmentRule {
  /** [S, h], unit vectors. */
  readonly centres: Float32Array;
  /** C, [I, h] */
  readonly context: Float32Array;
  /** h */
  readonly width: number;
}

/** Users that k-means is run on, and for each segment. */
const MOST_USERS = 2000;
const MOST_USERS_OF_SEGMENT = 20;
const RESTARTS = 3;

/**
 * Segments of users by where the sums of their profiles point: the centres are found on whole profiles before training, and
 * stay. Which one a profile belongs to is asked of what is left of it, with C as it is: so a few items have a segment, and
 * serving finds the same one.
 * @param context C, [I, width]
 * @param users who have profiles
 * @param count S; fewer where there are fewer different profiles
 * @returns centres, [S, width], unit vectors
 */
export async function findSegments(
  profiles: Profiles,
  context: Float32Array,
  width: number,
  users: Uint32Array,
  count: number,
  seed: number,
): Promise<Float32Array> {
  const most = Math.min(users.length, Math.max(MOST_USERS, count * MOST_USERS_OF_SEGMENT));
  const some = new Random(seed, 'profile segments').sample(users.length, most).map((place) => users[place] as number);
  const sums = new Float32Array(some.length * width);
  profiles.sumWhole(some, context, width, sums);
  return (await kMeans({ values: unitRows(sums, width), width }, count, { seed, restarts: RESTARTS })).centres;
}

/** The rule of a run: the centres are a part of its state. @param centres of `findSegments` */
export function segmentRule({ state, context }: BodyParts, centres: Float32Array): SegmentRule {
  const { values, width } = context;
  return { centres: state.array('segment centres', [centres.length / width, width], centres), context: values, width };
}

/** Of the profiles as they were corrupted last. [B] */
export function segmentsOf({ centres, context, width }: SegmentRule, profiles: Profiles, users: Uint32Array) {
  const sums = new Float32Array(users.length * width);
  profiles.sumCorrupted(users, context, width, sums);
  return nearestCentres({ values: sums, width }, centres);
}

/** Adds to each row that of its segment. @param table [S, width] @param rows [B, width] */
export function addSegmentRows(table: Float32Array, segments: Uint32Array, width: number, rows: Float32Array): void {
  addRows(takeRows(table, width, segments), Uint32Array.from(segments.keys()), width, rows);
}
