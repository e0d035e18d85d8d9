import {
  columnDegrees,
  type LogColumns,
  Random,
  rowDegrees,
  rowEntries,
  type SparseMatrix,
  selectRows,
} from '@kindred/domain';
import { correlation, divergence, kolmogorovSmirnov, totalVariation } from '../distributions.js';
import { inTurns, type Watch } from '../in-turns.js';
import { incidence, pairsOf } from './log-pairs.js';
import { hourOfWeek } from './time-profile.js';

/** How like the real log a synthetic one is. */
export interface Fidelity {
  readonly users: Compared;
  /** Pairs of a user and an item. */
  readonly pairs: Compared;
  readonly events: Compared;
  /** Of the items per user: greatest difference of the cumulative distributions, 0 is alike. */
  readonly activityKs: number;
  /** Of the users per item. */
  readonly popularityCorrelation: number | undefined;
  /** Of the real popularity from the synthetic one, in nats; 0 is alike. */
  readonly popularityKl: number;
  /**
   * Of what is had together more often than popularity and activity explain, over all pairs of the most popular items; 0:
   * nothing of it is kept.
   */
  readonly coOccurrenceCorrelation: number | undefined;
  /** The same between two halves of the real users, each half as large: what chance leaves of it. */
  readonly coOccurrenceOfHalves: number | undefined;
  /** Share of the events that would have to be of another type. */
  readonly typesDistance: number;
  /** Share of the events that would have to be at another hour of the week; undefined without times. */
  readonly hoursDistance: number | undefined;
  /** Of the pauses between the items of a user. */
  readonly pausesKs: number | undefined;
}

interface Compared {
  readonly real: number;
  readonly synthetic: number;
}

/** Pairs of so many most popular items are looked at. */
const COMMON_ITEMS = 200;

/**
 * @param real and synthetic: logs over the same items and types
 * @throws KindredError INTERRUPTED at the signal
 */
export async function measureFidelity(
  real: LogColumns,
  synthetic: LogColumns,
  seed: number,
  watch: Watch = {},
): Promise<Fidelity> {
  const [a, b] = [incidence(real), incidence(synthetic)];
  const places = mostPopular(a);
  const together = (histories: SparseMatrix) => togetherness(histories, places, watch);
  const order = new Random(seed, 'halves').shuffle(Uint32Array.from({ length: a.rowCount }, (_, row) => row));
  const half = a.rowCount >> 1;
  const popularity = [columnDegrees(a), columnDegrees(b)] as const;
  return {
    users: { real: a.rowCount, synthetic: b.rowCount },
    pairs: { real: a.columns.length, synthetic: b.columns.length },
    events: { real: real.user.length, synthetic: synthetic.user.length },
    activityKs: kolmogorovSmirnov(rowDegrees(a), rowDegrees(b)),
    popularityCorrelation: correlation(...popularity),
    popularityKl: divergence(...popularity),
    coOccurrenceCorrelation: correlation(await together(a), await together(b)),
    coOccurrenceOfHalves: correlation(
      await together(selectRows(a, order.subarray(0, half))),
      await together(selectRows(a, order.subarray(half))),
    ),
    typesDistance: totalVariation(typesOf(real), typesOf(synthetic)),
    ...timesOf(real, synthetic),
  };
}

/** [I]: place of each of the most popular items among them, -1 for the others. */
function mostPopular(histories: SparseMatrix): Int32Array {
  const degrees = columnDegrees(histories);
  const order = Uint32Array.from(degrees.keys()).sort(
    (x, y) => (degrees[y] as number) - (degrees[x] as number) || x - y,
  );
  const places = new Int32Array(degrees.length).fill(-1);
  order.subarray(0, COMMON_ITEMS).forEach((item, place) => {
    places[item] = place;
  });
  return places;
}

/**
 * (c - e) / sqrt(e) of each pair of items: c users have both; e would, did everybody choose by popularity alone, as many
 * as they have. Active users have many pairs, so that e = users_i * users_j * sum n (n - 1) / (sum n)².
 */
async function togetherness(histories: SparseMatrix, places: Int32Array, watch: Watch): Promise<Float64Array> {
  const width = places.reduce((most, place) => Math.max(most, place + 1), 0);
  const counts = new Float64Array(width * width);
  for await (const row of inTurns(histories.rowCount, 'users counted', watch)) {
    const own = [...rowEntries(histories, row)[0]].flatMap((item) => {
      const place = places[item] as number;
      return place < 0 ? [] : [place];
    });
    for (const i of own) for (const j of own) counts[i * width + j] = (counts[i * width + j] as number) + 1;
  }
  const sizes = rowDegrees(histories);
  const total = histories.columns.length;
  const share = sizes.reduce((sum, n) => sum + n * (n - 1), 0) / (total * total);
  const scores: number[] = [];
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < i; j++) {
      const expected = (counts[i * width + i] as number) * (counts[j * width + j] as number) * share;
      scores.push(expected > 0 ? ((counts[i * width + j] as number) - expected) / Math.sqrt(expected) : 0);
    }
  }
  return Float64Array.from(scores);
}

function typesOf({ types, type }: LogColumns): Float64Array {
  const counts = new Float64Array(types.length);
  for (const of of type) counts[of] = (counts[of] as number) + 1;
  return counts;
}

function timesOf(real: LogColumns, synthetic: LogColumns): Pick<Fidelity, 'hoursDistance' | 'pausesKs'> {
  if (!real.time.every(Number.isFinite)) return { hoursDistance: undefined, pausesKs: undefined };
  return {
    hoursDistance: totalVariation(hoursOf(real), hoursOf(synthetic)),
    pausesKs: kolmogorovSmirnov(pausesOf(real), pausesOf(synthetic)),
  };
}

function hoursOf({ time }: LogColumns): Float64Array {
  const counts = new Float64Array(7 * 24);
  for (const at of time) counts[hourOfWeek(at)] = (counts[hourOfWeek(at)] as number) + 1;
  return counts;
}

function pausesOf(log: LogColumns): number[] {
  const pairs = pairsOf(log);
  return pairs.slice(1).flatMap(({ user, events }, k) => {
    const before = pairs[k];
    if (before?.user !== user) return [];
    return [(log.time[events[0] as number] as number) - (log.time[before.events[0] as number] as number)];
  });
}
