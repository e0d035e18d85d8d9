import { KindredError, Random } from '@kindred/domain';
import type { MetricName, PerUser } from './ranking-metrics.js';

export interface BootstrapOptions {
  /** Resamples of the users; at least 100. */
  readonly samples: number;
  readonly seed: number;
  /** Share of the distribution inside the interval. Default .95. */
  readonly level?: number | undefined;
}

export type Interval = readonly [low: number, high: number];

/**
 * Percentile bootstrap over users (Efron, 1979): each resample draws as many users as there are, with
 * replacement, the same for every metric.
 */
export function bootstrapIntervals(perUser: PerUser, options: BootstrapOptions): Record<MetricName, Interval> {
  const names = Object.keys(perUser) as MetricName[];
  const means = bootstrapMeans(
    names.map((name) => perUser[name] as Float64Array),
    options,
  );
  return Object.fromEntries(
    names.map((name, m) => [name, percentileInterval(means[m] as Float64Array, options.level)]),
  );
}

/**
 * Means of resampled users, ascending, for each column of per-user values.
 * @param columns all of one length
 * @returns [columns][samples]
 */
export function bootstrapMeans(columns: readonly Float64Array[], options: BootstrapOptions): Float64Array[] {
  checkBootstrap(options);
  const userCount = columns[0]?.length ?? 0;
  const random = new Random(options.seed, 'evaluation/bootstrap');
  const means = columns.map(() => new Float64Array(options.samples));
  const drawn = new Uint32Array(userCount);
  for (let sample = 0; sample < options.samples; sample++) {
    drawn.fill(0);
    for (let k = 0; k < userCount; k++) {
      const user = random.below(userCount);
      drawn[user] = (drawn[user] as number) + 1;
    }
    columns.forEach((values, m) => {
      (means[m] as Float64Array)[sample] = weightedMean(values, drawn);
    });
  }
  for (const column of means) column.sort();
  return means;
}

/** @param sorted ascending */
export function percentileInterval(sorted: Float64Array, level = 0.95): Interval {
  return [quantile(sorted, (1 - level) / 2), quantile(sorted, (1 + level) / 2)];
}

function weightedMean(values: Float64Array, weights: Uint32Array): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += (values[k] as number) * (weights[k] as number);
  return sum / values.length;
}

/** Linear interpolation between order statistics. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (at - below);
}

function checkBootstrap({ samples, level = 0.95 }: BootstrapOptions): void {
  if (!Number.isInteger(samples) || samples < 100) {
    throw new KindredError('EVALUATION_INVALID', `bootstrap samples are a whole number from 100 up, not ${samples}`, {
      field: 'samples',
    });
  }
  if (!(level > 0 && level < 1)) {
    throw new KindredError('EVALUATION_INVALID', `the bootstrap level lies between 0 and 1, not ${level}`, {
      field: 'level',
    });
  }
}
