import { UNTIMED } from './event-log.js';
import { judgeRating } from './rating-rule.js';
import { type PairSettings, strengthOf } from './settings.js';

/** Seeing something again is not a change of mind: these do not overturn a dislike or a return. */
const PASSIVE_TYPES: ReadonlySet<string> = new Set(['view', 'click']);

type Role = 'evidence' | 'passive' | 'purchase' | 'rating' | 'dislike' | 'return' | 'impression' | 'ignored';

/** One event that speaks for the pair and has not been taken back. */
interface Evidence {
  type: number;
  time: number;
  /** Units bought and not yet returned; 0 for what can't be returned. */
  units: number;
}

/**
 * What one user's events with one item come to. Fed in log order, reused from pair to pair.
 *
 * The newest verdict counts: an explicit negative (dislike, bad rating, purchase wholly returned) takes back all
 * evidence before it, and only a deliberate act after it (cart, purchase, like, good rating, own types) speaks
 * for the pair again. An impression weighs only where nothing else was said.
 */
export class PairVerdict {
  readonly #settings: PairSettings;
  readonly #roles: readonly Role[];
  /** [types]: strength of one event. */
  readonly #strengths: Float64Array;
  /** [types]: scratch of signedStrength. */
  readonly #repeats: Uint32Array;
  #evidence: Evidence[] = [];
  #rejectedAt: number | undefined;
  #impressions = 0;
  #impressionAt = UNTIMED;
  #ratingMean: number | undefined;

  constructor(types: readonly string[], settings: PairSettings) {
    this.#settings = settings;
    this.#strengths = Float64Array.from(types, (type) => strengthOf(settings, type));
    this.#roles = types.map((type, k) => roleOf(type, this.#strengths[k] as number));
    this.#repeats = new Uint32Array(types.length);
  }

  /** Forgets the pair before. @param ratingMean of the user, for the rule `user-mean` */
  begin(ratingMean: number | undefined): void {
    this.#evidence.length = 0;
    this.#rejectedAt = undefined;
    this.#impressions = 0;
    this.#ratingMean = ratingMean;
  }

  /** The next event of the pair. @param value NaN where the event has none */
  add(type: number, time: number, value: number): void {
    switch (this.#roles[type]) {
      case 'evidence':
        this.#accept(type, time, 0);
        break;
      case 'passive':
        if (this.#rejectedAt === undefined) this.#accept(type, time, 0);
        break;
      case 'purchase':
        this.#accept(type, time, unitsOf(value));
        break;
      case 'rating':
        this.#rate(type, time, value);
        break;
      case 'dislike':
        this.#reject(time);
        break;
      case 'return':
        this.#giveBack(time, value);
        break;
      case 'impression':
        this.#impressions += 1;
        this.#impressionAt = time;
        break;
      default:
        break;
    }
  }

  /** Strength > 0 of a positive, minus the weight of a negative, 0 where the events say nothing. */
  signedStrength(): number {
    if (this.#evidence.length > 0) return this.#positiveStrength();
    if (this.#rejectedAt !== undefined) return -this.#settings.explicitNegativeWeight;
    if (this.#impressions === 0) return 0;
    const { impressionWeight, explicitNegativeWeight } = this.#settings;
    return -Math.min(impressionWeight * this.#diminished(this.#impressions), explicitNegativeWeight);
  }

  /** Time of the newest event behind the verdict. */
  newestTime(): number {
    const newest = this.#evidence.at(-1);
    return newest?.time ?? this.#rejectedAt ?? this.#impressionAt;
  }

  #accept(type: number, time: number, units: number): void {
    this.#rejectedAt = undefined;
    this.#evidence.push({ type, time, units });
  }

  #reject(time: number): void {
    this.#evidence.length = 0;
    this.#rejectedAt = time;
  }

  #rate(type: number, time: number, value: number): void {
    const judgement = judgeRating(value, this.#settings.rating, this.#ratingMean);
    if (judgement === 'negative') this.#reject(time);
    if (judgement === 'positive' && (this.#strengths[type] as number) > 0) this.#accept(type, time, 0);
  }

  /** Takes units off the newest purchases first. Without any left (or none known) the pair was rejected. */
  #giveBack(time: number, value: number): void {
    const { returns } = this.#settings;
    if (returns === 'ignore') return;
    if (returns === 'negative') {
      this.#reject(time);
      return;
    }
    let units = unitsOf(value);
    for (let k = this.#evidence.length - 1; k >= 0 && units > 0; k--) {
      const bought = this.#evidence[k] as Evidence;
      const taken = Math.min(bought.units, units);
      if (taken === 0) continue;
      bought.units = remaining(bought.units, taken);
      units = remaining(units, taken);
      if (bought.units === 0) this.#evidence.splice(k, 1);
    }
    if (!this.#evidence.some((evidence) => evidence.units > 0)) this.#reject(time);
  }

  #positiveStrength(): number {
    this.#repeats.fill(0);
    let strength = 0;
    for (const { type } of this.#evidence) {
      const repeat = (this.#repeats[type] as number) + 1;
      this.#repeats[type] = repeat;
      strength += (this.#strengths[type] as number) * repeat ** -this.#settings.repeatExponent;
    }
    return strength;
  }

  /** Sum of k^-repeatExponent for k = 1 .. count. */
  #diminished(count: number): number {
    let sum = 0;
    for (let k = 1; k <= count; k++) sum += k ** -this.#settings.repeatExponent;
    return sum;
  }
}

function roleOf(type: string, strength: number): Role {
  if (type === 'dislike' || type === 'return' || type === 'impression' || type === 'rating') return type;
  if (strength === 0) return 'ignored';
  if (type === 'purchase') return 'purchase';
  return PASSIVE_TYPES.has(type) ? 'passive' : 'evidence';
}

/** Weighed goods: what rounding leaves of 0.3 kg - 0.1 kg - 0.2 kg is nothing. */
function remaining(units: number, taken: number): number {
  const left = units - taken;
  return left <= 1e-9 * units ? 0 : left;
}

/** Units of a purchase or return: the size of its value whatever the sign, 1 where it has none. */
function unitsOf(value: number): number {
  const units = Math.abs(value);
  return units > 0 ? units : 1;
}
