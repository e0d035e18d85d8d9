import { KindredError, rowDegrees, type SparseMatrix } from '@kindred/domain';
import { quantile } from '../distributions.js';
import type { Behaviour } from './behaviour-rules.js';
import { againstPeers, type Standing } from './length-matched-peers.js';

/** What may be strange about a user. */
const SIGNALS = [
  'error',
  'unrelatedness',
  'implausibility',
  'eventsPerHour',
  'catalogueShare',
  'equalGaps',
  'repeatShare',
] as const;
export type Signal = (typeof SIGNALS)[number];

export interface UserSignals {
  /** [U, I]: who has what. */
  readonly history: SparseMatrix;
  /** [U]: as of `leftOutErrors`, by a model that was not trained on the user: one that was has learned their oddities. */
  readonly errors: Float64Array;
  /** [U]: as of `popularityErrors`, on the same users as the model was trained on. */
  readonly popularityErrors: Float64Array;
  /** Absent: no critic was asked. */
  readonly criticism?: Criticism | undefined;
  readonly behaviour: Behaviour;
}

/** What critics say of users whom they were not trained on. */
interface Criticism {
  /** [U]: as of `implausibilities`. */
  readonly implausibilities: Float64Array;
  /** [U]: which critic said it: two of them have two scales. */
  readonly critics: Uint8Array;
}

export interface Anomaly {
  /** Row of the history. */
  readonly user: number;
  /** From 1, the strangest first. */
  readonly rank: number;
  readonly score: number;
  /** Those that stand out, the one that does most first. */
  readonly signals: readonly {
    readonly name: Signal;
    /** In the signal's own unit. */
    readonly value: number;
    /** Above the middle of comparable users, in standard deviations. */
    readonly deviations: number;
    /** Share of comparable users with a smaller value. */
    readonly shareBelow: number;
  }[];
}

/** One signal of all users. */
interface SignalOfUsers extends Standing {
  /** [U], in the signal's own unit; NaN where there is none. */
  readonly values: Float64Array;
}

export interface FoundAnomalies {
  readonly signals: Readonly<Record<Signal, SignalOfUsers>>;
  /** [U]: how strange each user is; 0 for one who is not above the middle in anything, or who has nothing. */
  readonly scores: Float64Array;
  /** Who is above it is flagged. */
  readonly threshold: number;
  readonly flagged: readonly Anomaly[];
}

/** The one home of what is flagged: so many of the users that are like all others, at most. */
const FALSE_ALARM_RATE = 0.001;
/** Nor ever more than this share of those who have something: who is one of many is not an anomaly. */
const MOST_FLAGGED = 0.05;
/** Nor anybody nearer to the others than so many standard deviations in all. */
const LEAST_DEVIATIONS = 4;
/** Fewer users who have something tell nothing of what is usual. */
export const LEAST_USERS = 50;
/** A signal is named as a reason from here on. */
const NAMED_DEVIATIONS = 2;

interface SignalRule {
  /** On the scale on which users differ evenly: rates and shares by their logarithm. */
  readonly scale: (value: number) => number;
  /** What one standard deviation is at least, on that scale. */
  readonly leastSpread: number;
  /** Against all users: what the length itself says can't be compared at equal length. */
  readonly ofAll?: boolean;
}

const RULES: Readonly<Record<Signal, SignalRule>> = {
  error: { scale: (nats) => nats, leastSpread: 0.1 },
  unrelatedness: { scale: (nats) => nats, leastSpread: 0.1 },
  // A critic whose slope is one sees two histories, each of length one, at most two apart.
  implausibility: { scale: (score) => score, leastSpread: 0.01 },
  eventsPerHour: { scale: Math.log1p, leastSpread: 0.25 },
  catalogueShare: { scale: Math.log, leastSpread: 0.5, ofAll: true },
  equalGaps: { scale: Math.log1p, leastSpread: 0.25 },
  // Log of the events an item.
  repeatShare: { scale: (share) => -Math.log1p(-share), leastSpread: 0.25 },
};

/**
 * Who is like nobody else. Each signal is standardised against length-matched peers, and a user's score is the sum of what
 * is above the middle: one signal that is far out is enough, several that are somewhat out add up. Beside the error stands
 * what the model takes off popularity's: rare items alone are a taste, items that say nothing of each other are none. The
 * threshold follows from the usual users of the same log: an exponential tail through the upper quartile and the upper
 * tenth of the scores, down to the rate of false alarms. Who has no item is not judged, and is nobody's peer.
 * @throws KindredError CONFIG_INVALID where the signals are not of the same users
 */
export function findAnomalies({
  history,
  errors,
  popularityErrors,
  behaviour,
  criticism,
}: UserSignals): FoundAnomalies {
  const users = history.rowCount;
  const unrelatedness = errors.map((error, user) => error - (popularityErrors[user] as number));
  const implausibility = criticism?.implausibilities ?? new Float64Array(users).fill(Number.NaN);
  const given: Readonly<Record<Signal, Float64Array>> = { ...behaviour, error: errors, unrelatedness, implausibility };
  if (SIGNALS.some((name) => given[name].length !== users))
    throw new KindredError('CONFIG_INVALID', `the signals are not all of ${users} users`);
  const lengths = rowDegrees(history);
  const signals = Object.fromEntries(
    SIGNALS.map((name) => {
      const values = given[name].map((value, user) => (lengths[user] === 0 ? Number.NaN : value));
      const judges = name === 'implausibility' ? criticism?.critics : undefined;
      return [name, { values, ...standingOf(RULES[name], values, lengths, judges) }];
    }),
  ) as FoundAnomalies['signals'];
  const scores = Float64Array.from({ length: users }, (_, user) =>
    SIGNALS.reduce((sum, name) => sum + Math.max(0, signals[name].deviations[user] as number), 0),
  );
  const judged = scores.filter((_, user) => lengths[user] !== 0);
  const threshold = thresholdOf(judged);
  const most = Math.floor(MOST_FLAGGED * judged.length);
  const flagged = strangest(scores, threshold, most).map((user, at) => ({
    user,
    rank: at + 1,
    score: scores[user] as number,
    signals: reasonsFor(user, signals),
  }));
  return { signals, scores, threshold, flagged };
}

/** The signals of a user that stand out, the one that does most first. */
function reasonsFor(user: number, signals: FoundAnomalies['signals']): Anomaly['signals'] {
  return SIGNALS.map((name) => {
    const { values, deviations, shareBelow } = signals[name];
    return {
      name,
      value: values[user] as number,
      deviations: deviations[user] as number,
      shareBelow: shareBelow[user] as number,
    };
  })
    .filter(({ deviations }) => deviations >= NAMED_DEVIATIONS)
    .sort((a, b) => b.deviations - a.deviations);
}

/** @param judges [U]: who said each value; absent: the same one */
function standingOf(
  { scale, leastSpread, ofAll }: SignalRule,
  values: Float64Array,
  lengths: Uint32Array,
  judges: Uint8Array | undefined,
): Standing {
  return againstPeers(values.map(scale), ofAll ? new Uint32Array(lengths.length) : lengths, leastSpread, judges);
}

/** Infinite where there are too few users to say what is usual. @param scores of the users who are judged */
function thresholdOf(scores: Float64Array): number {
  if (scores.length < LEAST_USERS) return Number.POSITIVE_INFINITY;
  const sorted = scores.slice().sort();
  const [quartile, tenth] = [quantile(sorted, 0.75), quantile(sorted, 0.9)];
  const mean = (tenth - quartile) / Math.log(0.25 / 0.1);
  return Math.max(LEAST_DEVIATIONS, tenth + mean * Math.log(0.1 / FALSE_ALARM_RATE));
}

/** Users above the threshold, the strangest first, `most` of them. */
function strangest(scores: Float64Array, threshold: number, most: number): number[] {
  const above = [...scores.keys()].filter((user) => (scores[user] as number) > threshold);
  above.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  return above.slice(0, most);
}
