import { Random, rowDegrees, type SparseMatrix, selectRows } from '@kindred/domain';
import { areaUnderCurve, quantile } from '../distributions.js';
import type { Watch } from '../in-turns.js';
import { nearestDistances } from './nearest-profiles.js';

export interface DisclosureInput extends Watch {
  /** [T, I]: histories that the generator learned from. */
  readonly train: SparseMatrix;
  /** [H, I]: histories of real users that it never saw. */
  readonly heldOut: SparseMatrix;
  /** [S, I] */
  readonly synthetic: SparseMatrix;
  readonly seed: number;
}

/** What a synthetic log tells of the users that it was learned from. */
export interface Disclosure {
  /** Distance to the nearest real user of train, median and the nearest twentieth: of synthetic and of held-out users. */
  readonly nearest: {
    readonly synthetic: { readonly median: number; readonly twentieth: number };
    readonly heldOut: { readonly median: number; readonly twentieth: number };
  };
  /** The nearest twentieth of synthetic users over that of held-out ones; 1: no nearer to train than strangers are. */
  readonly nearestRatio: number;
  /** Share of synthetic users who are nearer to train than to as many held-out users, half for ties; .5 is none. */
  readonly nearerToTrain: number;
  /** Share of users of three items or more whose items are exactly those of somebody in train. */
  readonly copies: { readonly synthetic: number; readonly heldOut: number };
  /** Whether nearness to a synthetic user tells train users from held-out ones: area under the curve, .5 is chance. */
  readonly membershipAuc: number;
  /** Standard error of that area where it is chance. */
  readonly membershipError: number;
  /** Largest area that is allowed with so many users. */
  readonly membershipLimit: number;
  /** What is beyond its threshold or can't be told with so few users, a sentence each; none: the log may be shared. */
  readonly failures: readonly string[];
  /** `unproven`: nothing is beyond its threshold, and there are too few users to say that nobody is given away. */
  readonly verdict: 'passed' | 'failed' | 'unproven';
}

/** What a log must keep to be shared. */
const DISCLOSURE_THRESHOLDS = {
  /** Least `nearestRatio`. */
  nearestRatio: 0.8,
  /** Largest `nearerToTrain`. */
  nearerToTrain: 0.6,
  /** So much larger the share of copies may be than among held-out users. */
  copies: 0.005,
  /** Largest `membershipAuc`, or where few users are held out what chance reaches. */
  membershipAuc: 0.55,
  /** But never more. Where chance reaches more, a log that gives people away looks like one that does not. */
  mostMembershipAuc: 0.6,
} as const;

/** Chance goes so many standard errors away from .5. */
const CHANCE_ERRORS = 3;

/** A history of one or two items is shared by many, and tells nothing. */
const TELLING_ITEMS = 3;

/**
 * Whether a synthetic log gives away who was in the real one: copies, nearness to real users (distance to the closest
 * record) and membership inference, each against real users whom the generator never saw.
 * @throws KindredError INTERRUPTED at the signal
 */
export async function testDisclosure(input: DisclosureInput): Promise<Disclosure> {
  const { train, heldOut, synthetic } = input;
  const toTrain = await nearestDistances(synthetic, train, input);
  const strangers = await nearestDistances(heldOut, train, input);
  const nearness = async (users: SparseMatrix) =>
    (await nearestDistances(users, synthetic, input)).map((distance) => -distance);
  const nearest = {
    synthetic: nearestOf(ofTelling(synthetic, toTrain)),
    heldOut: nearestOf(ofTelling(heldOut, strangers)),
  };
  const membershipError = membershipErrorOf(train.rowCount, heldOut.rowCount);
  const found = {
    nearest,
    nearestRatio: nearest.heldOut.twentieth === 0 ? 1 : nearest.synthetic.twentieth / nearest.heldOut.twentieth,
    nearerToTrain: await nearerToTrain(input),
    copies: { synthetic: copiesAmong(synthetic, toTrain), heldOut: copiesAmong(heldOut, strangers) },
    membershipAuc: areaUnderCurve(await nearness(train), await nearness(heldOut)),
    membershipError,
    membershipLimit: membershipLimitOf(membershipError),
  };
  const failures = failuresOf(found);
  if (failures.length > 0) return { ...found, failures, verdict: 'failed' };
  if (canTellMembers(train.rowCount, heldOut.rowCount)) return { ...found, failures, verdict: 'passed' };
  return { ...found, failures: [whyUnproven(train.rowCount, heldOut.rowCount)], verdict: 'unproven' };
}

/** Whether so many users can tell a log that gives away who was learned from by more than is allowed from one that does not. */
export function canTellMembers(train: number, heldOut: number): boolean {
  return chanceReach(membershipErrorOf(train, heldOut)) <= DISCLOSURE_THRESHOLDS.mostMembershipAuc;
}

/** Of the area under the curve of two samples that do not differ (Mann and Whitney, 1947). */
function membershipErrorOf(train: number, heldOut: number): number {
  return Math.sqrt((1 / train + 1 / heldOut) / 12);
}

/** Which area chance alone reaches. */
function chanceReach(membershipError: number): number {
  return 0.5 + CHANCE_ERRORS * membershipError;
}

function membershipLimitOf(membershipError: number): number {
  const { membershipAuc, mostMembershipAuc } = DISCLOSURE_THRESHOLDS;
  return Math.min(mostMembershipAuc, Math.max(membershipAuc, chanceReach(membershipError)));
}

function whyUnproven(train: number, heldOut: number): string {
  const reach = Math.min(1, chanceReach(membershipErrorOf(train, heldOut)));
  return `the log is not shown to be safe, for there are too few users: with ${train} learned from and ${heldOut} unseen chance alone reaches an area under the curve of ${reach.toFixed(3)}, and more than ${DISCLOSURE_THRESHOLDS.mostMembershipAuc} gives away who was learned from`;
}

/** Of the users with items enough to tell something; of all where nobody has so many. */
function ofTelling(histories: SparseMatrix, distances: Float64Array): Float64Array {
  const degrees = rowDegrees(histories);
  const telling = distances.filter((_, row) => (degrees[row] as number) >= TELLING_ITEMS);
  return telling.length > 0 ? telling : distances;
}

function nearestOf(distances: Float64Array): { median: number; twentieth: number } {
  const sorted = distances.toSorted();
  return { median: quantile(sorted, 0.5), twentieth: quantile(sorted, 0.05) };
}

async function nearerToTrain({ train, heldOut, synthetic, seed, ...watch }: DisclosureInput): Promise<number> {
  const count = Math.min(train.rowCount, heldOut.rowCount);
  const some = (rows: SparseMatrix, label: string) =>
    selectRows(rows, new Random(seed, label).sample(rows.rowCount, count).sort());
  const toTrain = await nearestDistances(synthetic, some(train, 'as many of train'), watch);
  const toHeldOut = await nearestDistances(synthetic, some(heldOut, 'as many held out'), watch);
  const nearer = toTrain.reduce((sum, distance, row) => {
    const other = toHeldOut[row] as number;
    return sum + (distance < other ? 1 : distance === other ? 0.5 : 0);
  }, 0);
  return nearer / synthetic.rowCount;
}

function copiesAmong(histories: SparseMatrix, distances: Float64Array): number {
  const telling = [...rowDegrees(histories).entries()].filter(([, items]) => items >= TELLING_ITEMS);
  return telling.length === 0 ? 0 : telling.filter(([row]) => distances[row] === 0).length / telling.length;
}

/** What is beyond its threshold, a sentence each. */
function failuresOf(found: Omit<Disclosure, 'failures' | 'verdict'>): string[] {
  const { nearestRatio, nearerToTrain: nearer, copies, membershipAuc, membershipLimit } = found;
  const limits = DISCLOSURE_THRESHOLDS;
  const failures: string[] = [];
  if (copies.synthetic > copies.heldOut + limits.copies) {
    failures.push(
      `${percent(copies.synthetic)} of the synthetic users have exactly the items of a real one, ${percent(copies.heldOut)} of unseen real users do`,
    );
  }
  if (nearestRatio < limits.nearestRatio) {
    failures.push(
      `the nearest synthetic users are ${nearestRatio.toFixed(2)} times as far from a real one as unseen real users are, at least ${limits.nearestRatio} is asked for`,
    );
  }
  if (nearer > limits.nearerToTrain) {
    failures.push(
      `${percent(nearer)} of the synthetic users are nearer to users that were learned from than to unseen ones, at most ${percent(limits.nearerToTrain)} is allowed`,
    );
  }
  if (membershipAuc > membershipLimit) {
    failures.push(
      `who was learned from can be told with an area under the curve of ${membershipAuc.toFixed(3)}, at most ${membershipLimit.toFixed(3)} is allowed`,
    );
  }
  return failures;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
