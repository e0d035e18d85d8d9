import { KindredError, Random } from '@kindred/domain';
import { type BootstrapOptions, bootstrapMeans, type Interval, percentileInterval } from './bootstrap.js';
import type { Evaluation } from './evaluate.js';
import { type MetricName, mean } from './ranking-metrics.js';

/** How model a does against model b, user by user. */
export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly metric: MetricName;
  readonly users: number;
  /** Mean over users of a - b. */
  readonly difference: number;
  /** Percentile bootstrap of the difference. */
  readonly interval: Interval;
  /** Two-sided, from the bootstrap: how often the resampled difference has the other sign. */
  readonly pBootstrap: number;
  /** Two-sided, from random sign flips: how often chance alone makes a difference this large. */
  readonly pPermutation: number;
  /** Users for whom a is better, b is better, both are equal. */
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
}

/**
 * Paired comparison of two models on the same users: bootstrap interval and a permutation test of the
 * hypothesis that the models are exchangeable. p-values count the observed case, so they are never 0.
 * @throws KindredError EVALUATION_INVALID when the users differ or the metric was not computed
 */
export function compare(
  a: Pick<Evaluation, 'model' | 'perUser' | 'userRows'>,
  b: Pick<Evaluation, 'model' | 'perUser' | 'userRows'>,
  metric: MetricName,
  options: BootstrapOptions,
): Comparison {
  const differences = pairedDifferences(a, b, metric);
  const [bootstrapped] = bootstrapDifferences([differences], options);
  const { difference, interval, p } = bootstrapped as BootstrappedDifference;
  const wins = differences.filter((value) => value > 0).length;
  const losses = differences.filter((value) => value < 0).length;
  return {
    a: a.model,
    b: b.model,
    metric,
    users: differences.length,
    difference,
    interval,
    pBootstrap: p,
    pPermutation: signFlipTest(differences, options),
    wins,
    losses,
    ties: differences.length - wins - losses,
  };
}

/** The mean of differences of single users, as resampled users have it. */
export interface BootstrappedDifference {
  readonly difference: number;
  /** Percentile interval. */
  readonly interval: Interval;
  /** Two-sided: how often the resampled mean has the other sign; never 0. */
  readonly p: number;
}

/**
 * Several comparisons on the same users by the same resamples, at little more than the cost of one.
 * @param columns differences of single users, all of one length
 */
export function bootstrapDifferences(
  columns: readonly Float64Array[],
  options: BootstrapOptions,
): BootstrappedDifference[] {
  return bootstrapMeans(columns, options).map((sorted, column) => {
    const notAbove = sorted.filter((value) => value <= 0).length;
    const notBelow = sorted.filter((value) => value >= 0).length;
    return {
      difference: mean(columns[column] as Float64Array),
      interval: percentileInterval(sorted, options.level),
      p: Math.min(1, (2 * (Math.min(notAbove, notBelow) + 1)) / (options.samples + 1)),
    };
  });
}

/** Two-sided p-value of the mean difference under random signs. */
function signFlipTest(differences: Float64Array, { samples, seed }: BootstrapOptions): number {
  const random = new Random(seed, 'evaluation/permutation');
  const nonZero = differences.filter((value) => value !== 0);
  const observed = Math.abs(nonZero.reduce((sum, value) => sum + value, 0));
  // Sums of the same numbers in another sign order differ by rounding: such are as large as the observed one.
  const bar = observed * (1 - 1e-12);
  let asLarge = 1;
  for (let sample = 0; sample < samples; sample++) {
    let sum = 0;
    let bits = 0;
    for (let k = 0; k < nonZero.length; k++) {
      if ((k & 31) === 0) bits = random.uint32();
      sum += bits & 1 ? (nonZero[k] as number) : -(nonZero[k] as number);
      bits >>>= 1;
    }
    if (Math.abs(sum) >= bar) asLarge += 1;
  }
  return asLarge / (samples + 1);
}

function pairedDifferences(
  a: Pick<Evaluation, 'model' | 'perUser' | 'userRows'>,
  b: Pick<Evaluation, 'model' | 'perUser' | 'userRows'>,
  metric: MetricName,
): Float64Array {
  const left = a.perUser[metric];
  const right = b.perUser[metric];
  if (left === undefined || right === undefined) {
    throw new KindredError(
      'EVALUATION_INVALID',
      `${metric} was not computed for ${left === undefined ? a.model : b.model}`,
    );
  }
  if (a.userRows.length !== b.userRows.length || a.userRows.some((row, at) => row !== b.userRows[at])) {
    throw new KindredError('EVALUATION_INVALID', `${a.model} and ${b.model} were evaluated on different users`);
  }
  return left.map((value, user) => value - (right[user] as number));
}
