import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Comparison,
  compare,
  type Evaluation,
  type Mask,
  type ReportMethod,
  type Representation,
  renderReport,
  type SampleSheet,
} from '@kindred/evaluation';
import { type SnapshotPart, testShareDispersion } from '@kindred/pairs';
import type { ChosenAugmentation, CurvePoint, SearchResult } from '@kindred/training';
import type { Choices } from '../fit-method.js';
import type { Progress } from '../progress.js';
import { BOOTSTRAP_SAMPLES } from '../rank-models.js';
import { reportCurve } from '../report-curve.js';
import type { Everyone } from './everyone.js';

/** One trained and ranked method, as metrics.json has it. */
export interface BenchmarkedMethod {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** How the settings were found; absent: they were given. Its time is not in `seconds`. */
  readonly search?: SearchResult | undefined;
  /** What validation chose of the settings left open; absent: nothing was left to it. */
  readonly choices?: Choices | undefined;
  /** What joins the history of users with few items; absent: it was not asked. */
  readonly augmentation?: ChosenAugmentation | undefined;
  readonly engine: string;
  readonly seed: number;
  readonly seconds: { readonly train: number; readonly total: number };
  /** Of the whole process up to the end of this method. */
  readonly peakRssBytes: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly intervals: Evaluation['intervals'];
  readonly buckets: readonly object[];
  /** How its vectors lie; absent for a baseline, which has none. */
  readonly representation?: Representation | undefined;
  /** Of the training that chose the epochs; empty for a baseline. */
  readonly curve: readonly CurvePoint[];
}

export interface BenchmarkReport {
  readonly dataset: {
    readonly users: number;
    readonly items: number;
    readonly train: number;
    readonly test: number;
    readonly testUsers: number;
    readonly newUsers: number;
    readonly split: string;
    readonly mask: Mask;
    readonly testShareDispersion: number;
  };
  readonly methods: readonly BenchmarkedMethod[];
  readonly warnings: readonly string[];
}

/** A split whose test share varies this much more over items than chance would have it is no random sample. */
const DISPERSION_WARNING = 1.5;

/** A method with what its report is drawn from. */
export interface RankedMethod {
  readonly method: BenchmarkedMethod;
  readonly evaluation: Evaluation;
  /** Of what it makes; empty where it is no generator, and of all seeds but the first. */
  readonly samples: readonly SampleSheet[];
  readonly generator: ReportMethod['generator'];
}

/** What was ranked, and where the report goes. */
export interface Reported {
  readonly out: string;
  readonly seed: number;
  readonly mask: Mask;
  readonly splitKind: string;
  /** Whether somebody else divided the data. */
  readonly splitGiven: boolean;
  readonly part: SnapshotPart;
  readonly everyone: Everyone;
  readonly progress: Progress;
}

/** Writes metrics.json and report.html. */
export async function writeReport(reported: Reported, ranked: readonly RankedMethod[]): Promise<BenchmarkReport> {
  const { part, everyone, mask, splitKind, splitGiven, progress, out } = reported;
  const dispersion = testShareDispersion(part).dispersionWithinUsers;
  const warnings =
    splitGiven && dispersion > DISPERSION_WARNING
      ? [
          `the test part is no random sample of the interactions: its share varies ${dispersion.toFixed(1)} times as much over items as chance would have it, so what is better on a random validation part may be worse here`,
        ]
      : [];
  for (const warning of warnings) progress.say(`warning: ${warning}`);
  const dataset = {
    users: part.users.length,
    items: part.items.length,
    train: part.data.positives.columns.length,
    test: testPairs(everyone),
    testUsers: everyone.cohort.histories.rowCount,
    newUsers: part.newUsers.length,
    split: splitKind,
    mask,
    testShareDispersion: rounded(dispersion),
  };
  const report: BenchmarkReport = { dataset, methods: ranked.map(({ method }) => method), warnings };
  await writeFile(join(out, 'metrics.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(out, 'report.html'), reportPage(reported, dataset, ranked, warnings));
  return report;
}

function testPairs({ cohort }: Everyone): number {
  return cohort.unknownRelevant.reduce((sum, count) => sum + count, cohort.relevant.columns.length);
}

function reportPage(
  { seed }: Reported,
  dataset: BenchmarkReport['dataset'],
  ranked: readonly RankedMethod[],
  warnings: readonly string[],
): string {
  const firstSeeds = ranked.filter(({ method }) => method.seed === seed);
  const methods: ReportMethod[] = firstSeeds.map(({ method, evaluation, samples, generator }) => ({
    ...method,
    evaluation,
    curve: method.curve.length > 0 ? reportCurve(method.curve) : undefined,
    samples,
    generator,
    keptEpoch: typeof method.settings.epochsRun === 'number' ? method.settings.epochsRun : undefined,
  }));
  return renderReport({
    title: 'Kindred benchmark',
    dataset,
    methods,
    validationMetric: 'ndcg@20',
    comparisons: comparisonsOf(firstSeeds, seed),
    notes: [protocolNote(dataset), ...seedNotes(ranked), ...warnings.map((warning) => `Warning: ${warning}.`)],
  });
}

/** The first method against each other one, and the two that rank best where the first is neither. */
function comparisonsOf(ranked: readonly RankedMethod[], seed: number): Comparison[] {
  const evaluations = ranked.map(({ evaluation }) => evaluation);
  const [first, ...others] = evaluations;
  if (first === undefined) return [];
  const [leader = first, second = first] = [...evaluations].sort((a, b) => ndcgOf(b) - ndcgOf(a));
  const pairs: [Evaluation, Evaluation][] = others.map((other) => [first, other]);
  if (leader !== first && second !== first) pairs.push([leader, second]);
  return pairs.map(([a, b]) => compare(a, b, 'ndcg@20', { samples: BOOTSTRAP_SAMPLES, seed }));
}

function ndcgOf({ metrics }: Evaluation): number {
  return metrics['ndcg@20'] ?? Number.NEGATIVE_INFINITY;
}

/** How the held-out part was made, by kind of split. */
const HELD_OUT: Readonly<Record<string, string>> = {
  time: 'the newest interactions',
  random: 'a random part of the interactions',
  last: "every user's last interaction",
};

function protocolNote({ split, mask, testUsers, newUsers }: BenchmarkReport['dataset']): string {
  const heldOut = HELD_OUT[split] ?? 'the given test file';
  const again = mask === 'seen' ? 'what a user already has is left out' : 'what a user already has may come again';
  return `Held out: ${heldOut} (split: ${split}). For each of the ${testUsers} users with something to find, ${newUsers} of them new and without a history, the whole catalogue is ranked; ${again}. Figures are means over these users.`;
}

export function rounded(value: number): number {
  return Number(value.toFixed(3));
}

/** The page shows the first seed of each method; where there are more, what they came to together. */
function seedNotes(ranked: readonly RankedMethod[]): string[] {
  const byName = new Map<string, number[]>();
  for (const { method } of ranked) {
    byName.set(method.name, [...(byName.get(method.name) ?? []), method.metrics['ndcg@20'] ?? Number.NaN]);
  }
  return [...byName].flatMap(([name, values]) => {
    if (values.length === 1) return [];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
    return [
      `${name} was trained with ${values.length} seeds, the first is shown: NDCG@20 ${mean.toFixed(4)} on average, standard deviation ${spread.toFixed(4)}.`,
    ];
  });
}
