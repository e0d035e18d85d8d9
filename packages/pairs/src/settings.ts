import { KindredError, nearestName } from '@kindred/domain';

/** A share of the events (0 .. 1), or a number of days at the end of the log. */
export type Extent = { readonly fraction: number } | { readonly days: number };

/**
 * How the log is divided (see split.ts).
 * - `auto`: `time` where the events have times, `random` where they have none or all the same.
 * - `time`: one boundary for everybody; what comes later is held out.
 * - `last`: of each user the item they came to last is test, the one before it validation.
 * - `random`: of each user a seeded share of their items.
 * - `given`: train and test (and validation) are handed in as sets of their own. `validation` says what is
 *   carved out of train when no validation set is handed in.
 */
export type SplitSettings =
  | { readonly kind: 'auto' | 'time'; readonly validation: Extent; readonly test: Extent }
  | {
      readonly kind: 'random';
      readonly validation: { readonly fraction: number };
      readonly test: { readonly fraction: number };
    }
  | { readonly kind: 'last' }
  | { readonly kind: 'given'; readonly validation: Extent };

/**
 * What a rating says.
 * - `threshold`: at least `positiveFrom` is positive, at most `negativeUpTo` an explicit negative, between them nothing.
 * - `user-mean`: at or above the user's mean of training ratings is positive, more than `meanMargin` below it
 *   an explicit negative. Held-out ratings are judged by the training mean too.
 * - `all-positive`: every rating is positive whatever its value: the protocol of the published MovieLens and CFGAN figures.
 */
export interface RatingSettings {
  readonly rule: 'threshold' | 'user-mean' | 'all-positive';
  readonly positiveFrom: number;
  readonly negativeUpTo: number;
  readonly meanMargin: number;
}

/** Every setting of the pair stage. They are part of the snapshot's id. */
export interface PairSettings {
  /** Strength of one event by type; 0 ignores the type. Rating: of a positive rating. */
  readonly strengths: Readonly<Record<string, number>>;
  /** Strength of a type that the table does not name (the user's own types). */
  readonly otherStrength: number;
  /**
   * The k-th event of one type with one item adds strength x k^-repeatExponent. 1 (harmonic) grows like the logarithm
   * of the count, the scaling that Hu, Koren and Volinsky (ICDM 2008, §3) give as log(1 + r / epsilon);
   * 0 counts every repeat in full.
   */
  readonly repeatExponent: number;
  readonly rating: RatingSettings;
  /**
   * `withdraw`: a return undoes the newest purchases by its quantity; when none is left the pair is an explicit negative.
   * `negative`: any return is an explicit negative. `ignore`: returns say nothing.
   */
  readonly returns: 'withdraw' | 'negative' | 'ignore';
  /** Weight of an explicit negative: a dislike, a bad rating, a purchase wholly returned. */
  readonly explicitNegativeWeight: number;
  /** Weight of an impression that led to nothing; repeats diminish like those of positives, up to the explicit weight. */
  readonly impressionWeight: number;
  /**
   * Days after which a positive weighs half in the loss, counted back from the newest training event; null: no decay.
   * History strengths are never decayed.
   */
  readonly halfLifeDays: number | null;
  readonly split: SplitSettings;
  /** Of the random split. */
  readonly seed: number;
}

/** What a caller may leave out is taken from DEFAULT_PAIR_SETTINGS; `strengths` adds to and overrides the table. */
export interface PairSettingsInput extends Partial<Omit<PairSettings, 'rating' | 'split'>> {
  readonly rating?: Partial<RatingSettings>;
  readonly split?: { readonly kind?: SplitSettings['kind']; readonly validation?: Extent; readonly test?: Extent };
}

/** The one place of the defaults. */
export const DEFAULT_PAIR_SETTINGS = Object.freeze({
  strengths: Object.freeze({ view: 1, click: 1, cart: 2, purchase: 3, like: 3, rating: 3 }),
  otherStrength: 1,
  repeatExponent: 1,
  rating: Object.freeze({ rule: 'threshold', positiveFrom: 4, negativeUpTo: 2, meanMargin: 1 }),
  returns: 'withdraw',
  explicitNegativeWeight: 1,
  impressionWeight: 0.1,
  halfLifeDays: 60,
  split: Object.freeze({
    kind: 'auto',
    validation: Object.freeze({ fraction: 0.1 }),
    test: Object.freeze({ fraction: 0.1 }),
  }),
  seed: 1,
} as const satisfies PairSettings);

/** Sums of strengths stay far within 32-bit floats. */
const MOST_STRENGTH = 1e9;

const SPLIT_KINDS = ['auto', 'time', 'last', 'random', 'given'] as const;
const RATING_RULES = ['threshold', 'user-mean', 'all-positive'] as const;
const RETURN_RULES = ['withdraw', 'negative', 'ignore'] as const;

/**
 * Checks settings and fills in the defaults; the result is frozen and holds every setting.
 * @throws KindredError SETTING_UNKNOWN for a name that does not exist, CONFIG_INVALID for a value out of range
 */
export function resolvePairSettings(input: PairSettingsInput = {}): PairSettings {
  const given = asRecord(input, 'settings');
  refuseUnknown(given, Object.keys(DEFAULT_PAIR_SETTINGS), '');
  const d = DEFAULT_PAIR_SETTINGS;
  return Object.freeze({
    strengths: resolveStrengths(input.strengths),
    otherStrength: numberIn(input.otherStrength ?? d.otherStrength, 'otherStrength', 0, MOST_STRENGTH),
    repeatExponent: numberIn(input.repeatExponent ?? d.repeatExponent, 'repeatExponent', 0, 100),
    rating: resolveRating(input.rating),
    returns: oneOf(input.returns ?? d.returns, RETURN_RULES, 'returns'),
    explicitNegativeWeight: positive(
      input.explicitNegativeWeight ?? d.explicitNegativeWeight,
      'explicitNegativeWeight',
    ),
    impressionWeight: numberIn(input.impressionWeight ?? d.impressionWeight, 'impressionWeight', 0),
    halfLifeDays: resolveHalfLife(input.halfLifeDays),
    split: resolveSplit(input.split),
    seed: wholeNumber(input.seed ?? d.seed, 'seed'),
  });
}

function resolveHalfLife(days: number | null | undefined): number | null {
  if (days === null) return null;
  return positive(days ?? DEFAULT_PAIR_SETTINGS.halfLifeDays, 'halfLifeDays');
}

function resolveStrengths(given: unknown): Readonly<Record<string, number>> {
  // A map: a type may bear the name of something that every object has (`constructor`, `__proto__`).
  const table = new Map<string, number>(Object.entries(DEFAULT_PAIR_SETTINGS.strengths));
  for (const [type, strength] of Object.entries(asRecord(given ?? {}, 'strengths'))) {
    if (type === 'dislike' || type === 'return' || type === 'impression') {
      throw new KindredError(
        'CONFIG_INVALID',
        `strengths.${type}: a ${type} is negative; its weight is a setting of its own`,
        {
          field: `strengths.${type}`,
        },
      );
    }
    table.set(type, numberIn(strength, `strengths.${type}`, 0, MOST_STRENGTH));
  }
  // Sorted names: the same table given in another order is the same setting, hence the same snapshot id.
  return Object.freeze(Object.fromEntries([...table].sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** Strength of one event of the type. */
export function strengthOf({ strengths, otherStrength }: PairSettings, type: string): number {
  return Object.hasOwn(strengths, type) ? (strengths[type] as number) : otherStrength;
}

function resolveRating(given: unknown): RatingSettings {
  const d = DEFAULT_PAIR_SETTINGS.rating;
  const rating = asRecord(given ?? {}, 'rating');
  refuseUnknown(rating, Object.keys(d), 'rating.');
  const positiveFrom = numberIn(rating.positiveFrom ?? d.positiveFrom, 'rating.positiveFrom', Number.NEGATIVE_INFINITY);
  const negativeUpTo = numberIn(rating.negativeUpTo ?? d.negativeUpTo, 'rating.negativeUpTo', Number.NEGATIVE_INFINITY);
  if (negativeUpTo >= positiveFrom) {
    throw new KindredError(
      'CONFIG_INVALID',
      `rating.negativeUpTo (${negativeUpTo}) must lie below rating.positiveFrom (${positiveFrom})`,
      { field: 'rating.negativeUpTo' },
    );
  }
  return Object.freeze({
    rule: oneOf(rating.rule ?? d.rule, RATING_RULES, 'rating.rule'),
    positiveFrom,
    negativeUpTo,
    meanMargin: numberIn(rating.meanMargin ?? d.meanMargin, 'rating.meanMargin', 0),
  });
}

const FIELDS_BY_KIND = {
  auto: ['kind', 'validation', 'test'],
  time: ['kind', 'validation', 'test'],
  random: ['kind', 'validation', 'test'],
  last: ['kind'],
  given: ['kind', 'validation'],
} as const satisfies Record<SplitSettings['kind'], readonly string[]>;

function resolveSplit(given: unknown): SplitSettings {
  const d = DEFAULT_PAIR_SETTINGS.split;
  const split = asRecord(given ?? {}, 'split');
  const kind = oneOf(split.kind ?? d.kind, SPLIT_KINDS, 'split.kind');
  refuseUnknown(split, FIELDS_BY_KIND[kind], 'split.', ` of a ${kind} split`);
  if (kind === 'last') return Object.freeze({ kind });
  const validation = resolveExtent(split.validation ?? d.validation, 'split.validation');
  if (kind === 'given') return Object.freeze({ kind, validation });
  const test = resolveExtent(split.test ?? d.test, 'split.test');
  if ('fraction' in validation && 'fraction' in test && validation.fraction + test.fraction >= 1) {
    throw new KindredError('CONFIG_INVALID', 'split.validation and split.test together leave nothing to train on', {
      field: 'split.test',
    });
  }
  if (kind !== 'random') return Object.freeze({ kind, validation, test });
  if (!('fraction' in validation) || !('fraction' in test)) {
    throw new KindredError('CONFIG_INVALID', 'a random split takes fractions, not days', { field: 'split' });
  }
  return Object.freeze({ kind, validation, test });
}

function resolveExtent(given: unknown, field: string): Extent {
  const extent = asRecord(given, field);
  refuseUnknown(extent, ['fraction', 'days'], `${field}.`);
  if ('fraction' in extent === 'days' in extent) {
    throw new KindredError('CONFIG_INVALID', `${field} takes either { fraction } or { days }`, { field });
  }
  if ('days' in extent) return Object.freeze({ days: numberIn(extent.days, `${field}.days`, 0) });
  const fraction = numberIn(extent.fraction, `${field}.fraction`, 0, 1);
  if (fraction === 1)
    throw new KindredError('CONFIG_INVALID', `${field}.fraction leaves nothing to train on`, { field });
  return Object.freeze({ fraction });
}

function asRecord(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new KindredError('CONFIG_INVALID', `${field} is not an object of settings`, { field });
  }
  return value as Record<string, unknown>;
}

function refuseUnknown(given: Record<string, unknown>, known: readonly string[], prefix: string, where = ''): void {
  for (const name of Object.keys(given)) {
    if (given[name] === undefined || known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const hint = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean ${prefix}${nearest}?`;
    throw new KindredError('SETTING_UNKNOWN', `there is no setting ${prefix}${name}${where}; ${hint}`, {
      field: `${prefix}${name}`,
    });
  }
}

function oneOf<T extends string>(value: unknown, known: readonly T[], field: string): T {
  const found = known.find((name) => name === value);
  if (found !== undefined) return found;
  const nearest = nearestName(String(value), known);
  const hint = nearest === undefined ? `use one of ${known.join(', ')}` : `did you mean ${nearest}?`;
  throw new KindredError('CONFIG_INVALID', `${field} can not be ${JSON.stringify(value)}; ${hint}`, { field });
}

function numberIn(value: unknown, field: string, least: number, most = Number.POSITIVE_INFINITY): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= least && value <= most) return value;
  const range = Number.isFinite(most) ? `from ${least} to ${most}` : `of at least ${least}`;
  throw new KindredError('CONFIG_INVALID', `${field} must be a number ${range}, not ${String(value)}`, { field });
}

function positive(value: unknown, field: string): number {
  const number = numberIn(value, field, 0);
  if (number > 0) return number;
  throw new KindredError('CONFIG_INVALID', `${field} must be above 0`, { field });
}

function wholeNumber(value: unknown, field: string): number {
  const number = numberIn(value, field, 0, Number.MAX_SAFE_INTEGER);
  if (Number.isInteger(number)) return number;
  throw new KindredError('CONFIG_INVALID', `${field} must be a whole number, not ${number}`, { field });
}
