import { quantile } from '../distributions.js';

/** How a value lies among those of the users with about as many items. */
export interface Standing {
  /** Distance above the middle of the peers, in standard deviations of their upper half; 0 where nothing is known. */
  readonly deviations: Float64Array;
  /** Share of the peers whose value is smaller; 0 where nothing is known. */
  readonly shareBelow: Float64Array;
}

/** Peers are the tenth of the users nearest in length: twice as many as may be flagged, so that usual users are the more. */
const PEER_SHARE = 0.1;
/** Nor fewer than so many, for a quartile to stand on. */
const LEAST_PEERS = 50;
/** Of more peers so many are looked at, spread evenly. */
const MOST_LOOKED_AT = 2000;
/** What an upper quartile is away from the middle, of a normal distribution. */
const QUARTILE_DEVIATIONS = 0.6745;

/**
 * Standardises a value of each user against length-matched peers: longer histories have rarer items and busier days, so
 * that only users of about the same length compare. The middle is the median, and the spread the distance of the upper
 * quartile from it: up to a quarter of the peers may be as strange as they like.
 *
 * @param values [U]: NaN where there is none
 * @param lengths [U]: items in each history
 * @param leastSpread of one standard deviation: less than this is nothing, even where all peers are the same
 * @param judges [U]: who said each value; peers are those whom the same one judged. Absent: all were measured alike
 */
export function againstPeers(
  values: Float64Array,
  lengths: Uint32Array,
  leastSpread: number,
  judges: Uint8Array = new Uint8Array(values.length),
): Standing {
  const standing = { deviations: new Float64Array(values.length), shareBelow: new Float64Array(values.length) };
  for (const judge of new Set(judges)) {
    const known = Uint32Array.from(values.keys()).filter(
      (user) => judges[user] === judge && !Number.isNaN(values[user]),
    );
    compareKnown(known, values, lengths, leastSpread, standing);
  }
  return standing;
}

/** Writes how each of some users stands among them. */
function compareKnown(
  known: Uint32Array,
  values: Float64Array,
  lengths: Uint32Array,
  leastSpread: number,
  { deviations, shareBelow }: Standing,
): void {
  known.sort((a, b) => (lengths[a] as number) - (lengths[b] as number));
  let start = 0;
  while (start < known.length) {
    const length = lengths[known[start] as number] as number;
    let end = start;
    while (end < known.length && lengths[known[end] as number] === length) end += 1;
    const peers = peersOf(known, start, end, values);
    const middle = quantile(peers, 0.5);
    const spread = Math.max(leastSpread, (quantile(peers, 0.75) - middle) / QUARTILE_DEVIATIONS);
    for (const user of known.subarray(start, end)) {
      const value = values[user] as number;
      deviations[user] = (value - middle) / spread;
      shareBelow[user] = countBelow(peers, value) / peers.length;
    }
    start = end;
  }
}

/** Values of the users around those of one length, ascending. @param known users by length, `start` to `end` of this one */
function peersOf(known: Uint32Array, start: number, end: number, values: Float64Array): Float64Array {
  const wanted = Math.min(known.length, Math.max(LEAST_PEERS, Math.round(PEER_SHARE * known.length), end - start));
  const centred = Math.round((start + end - wanted) / 2);
  const first = Math.min(Math.max(0, centred), known.length - wanted);
  const step = Math.max(1, wanted / MOST_LOOKED_AT);
  const count = Math.floor(wanted / step);
  return Float64Array.from(
    { length: count },
    (_, k) => values[known[first + Math.floor(k * step)] as number] as number,
  ).sort();
}

function countBelow(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
