import type { Comparison } from '../compare.js';
import type { Evaluation } from '../evaluate.js';
import type { MetricName } from '../ranking-metrics.js';
import type { Representation } from '../representation/representation.js';

/** One epoch (or check) of a training. */
export interface CurvePoint {
  readonly epoch: number;
  /** Mean training loss of the epoch. */
  readonly loss?: number | undefined;
  /** The validation metric, higher is better. */
  readonly validation?: number | undefined;
  /** What a generator made after the epoch, beside what the same people really have. */
  readonly generation?:
    | {
        readonly discriminatorLoss?: number | undefined;
        readonly generatorLoss?: number | undefined;
        readonly made: GeneratedLists;
        readonly real: GeneratedLists;
      }
    | undefined;
}

interface GeneratedLists {
  /** Distinct items in all lists. */
  readonly items: number;
  /** Mean Jaccard index of two people's lists. */
  readonly overlap: number;
}

/** What a generator makes of a few items of somebody; items by title, or by id where there is none. */
export interface SampleSheet {
  readonly known: readonly string[];
  readonly made: readonly string[];
  /** Of each item made: whether they really have it. */
  readonly hits: readonly boolean[];
  /** What else they have, a part of it. */
  readonly hidden: readonly string[];
}

/** A search for better settings on validation. */
export interface ReportSearch {
  readonly kind: string;
  readonly trials: number;
  readonly seed: number;
  /** Names of the settings that were varied. */
  readonly searched: readonly string[];
  /** Every training in order. */
  readonly rows: readonly {
    /** Counted from 1; the first one has the defaults. */
    readonly trial: number;
    readonly settings: Readonly<Record<string, number | string>>;
    readonly epochs?: number | undefined;
    readonly validationNdcg?: number | undefined;
    readonly validationError?: number | undefined;
    readonly seconds?: number | undefined;
    /** Why no model came of it. */
    readonly refused?: string | undefined;
  }[];
  /** Number of the trial that is kept. */
  readonly kept: number;
  /** Why, as one sentence without its full stop. */
  readonly verdict: string;
  readonly seconds: number;
}

/** What a method chose on validation of the settings that were left open. */
export interface ReportChoices {
  readonly settings: Readonly<Record<string, number | string>>;
  /** Short trainings in order; the first one has what the rules say. */
  readonly probes: readonly {
    readonly settings: Readonly<Record<string, number | string>>;
    readonly serving: {
      readonly priorWindowDays: number;
      readonly priorStrength: number;
      readonly shrinkage: number;
    };
    readonly ndcg: number;
    /** Standard error of the mean. */
    readonly error: number;
    readonly seconds: number;
  }[];
  /** Which of them is taken, counted from 1. */
  readonly kept: number;
  /** How far short histories are trusted, and why. */
  readonly shrinkage?: { readonly because: string } | undefined;
  /** Ways to rank that were compared, and why one of them serves. */
  readonly union?:
    | {
        readonly candidates: readonly { readonly name: string; readonly ndcg: number; readonly error: number }[];
        /** Parts of a sentence. */
        readonly because: readonly string[];
      }
    | undefined;
}

/** What may help short histories, each source beside none on the same users. */
export interface ReportAugmentation {
  readonly arms: readonly {
    readonly source: string;
    /** Items that join a history; 0: popularity counts `weight` times more instead. */
    readonly count: number;
    readonly weight: number;
    readonly ndcg: number;
    readonly without: number;
    readonly difference: number;
    readonly interval: readonly [low: number, high: number];
    readonly p: number;
    /** Those of the users who have so few items by themselves: means over them. */
    readonly sparse: { readonly users: number; readonly ndcg: number; readonly without: number };
  }[];
  /** Sources that learned nothing, so that there is no arm of them, each with what was seen; absent: nobody noted it. */
  readonly leftOut?: readonly { readonly source: string; readonly because: string }[] | undefined;
  /** The one that is kept; undefined: none. */
  readonly augmentation?: { readonly source: string } | undefined;
  readonly users: number;
  readonly sparseUsers: number;
  readonly trainedUsers: number;
  /** One sentence without its full stop. */
  readonly because: string;
}

/** Segments of users by a model. */
export interface ReportSegments {
  readonly count: number;
  readonly foundBy: 'prototypes' | 'k-means';
  /** Adjusted Rand index against k-means with other seeds. */
  readonly stability?: number | undefined;
  /** Numbers of segments that were compared. */
  readonly candidates?:
    | readonly { readonly count: number; readonly stability: number; readonly silhouette?: number | undefined }[]
    | undefined;
  /** Why so many, as one sentence without its full stop. */
  readonly because: string;
}

export interface ReportMethod {
  readonly name: string;
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  readonly engine?: string | undefined;
  readonly seed?: number | undefined;
  readonly seconds?: { readonly train: number; readonly total: number } | undefined;
  readonly peakRssBytes?: number | undefined;
  readonly evaluation: Pick<Evaluation, 'cutoffs' | 'metrics' | 'intervals' | 'buckets' | 'beyond' | 'exposure'>;
  readonly curve?: readonly CurvePoint[] | undefined;
  /** The epoch up to which the measured model was trained; absent: the one of the best validation. */
  readonly keptEpoch?: number | undefined;
  /** How its settings were found; absent: they were given. */
  readonly search?: ReportSearch | undefined;
  /** What validation chose; absent: nothing was left to it. */
  readonly choices?: ReportChoices | undefined;
  /** What joins the history of users with few items; absent: it was not asked. */
  readonly augmentation?: ReportAugmentation | undefined;
  /** Of generators. */
  readonly samples?: readonly SampleSheet[] | undefined;
  /** What says which items join the history of users with few; absent where no model does. */
  readonly generator?:
    | { readonly name: string; readonly curve: readonly CurvePoint[]; readonly samples: readonly SampleSheet[] }
    | undefined;
  /** Absent where it has none. */
  readonly segments?: ReportSegments | undefined;
  /** How its vectors lie; absent where it has none. */
  readonly representation?: Representation | undefined;
}

/** Everything that a report shows; plain data, so it can come from files. */
export interface ReportInput {
  readonly title: string;
  readonly subtitle?: string | undefined;
  /** ISO 8601; absent: no date, so that the same input gives the same bytes. */
  readonly createdAt?: string | undefined;
  readonly dataset: { readonly users: number; readonly items: number; readonly train: number; readonly test: number };
  /** At least one; the first is the one reported on, the others stand beside it. */
  readonly methods: readonly ReportMethod[];
  /** Default ndcg at 20, or at the cutoff nearest to 20. */
  readonly primary?: MetricName | undefined;
  /** What the validation curve shows, e.g. `ndcg@20`. */
  readonly validationMetric?: string | undefined;
  readonly comparisons?: readonly Comparison[] | undefined;
  /** Sentences under the title: protocol, caveats. */
  readonly notes?: readonly string[] | undefined;
}

/** The cutoff that tables and plots are at. */
export function primaryCutoff(input: ReportInput): number {
  const given = input.primary === undefined ? undefined : Number(input.primary.split('@')[1]);
  const cutoffs = input.methods[0]?.evaluation.cutoffs ?? [];
  return given ?? cutoffs.reduce((best, k) => (Math.abs(k - 20) < Math.abs(best - 20) ? k : best), cutoffs[0] ?? 20);
}

export function primaryMetric(input: ReportInput): MetricName {
  return input.primary ?? `ndcg@${primaryCutoff(input)}`;
}
