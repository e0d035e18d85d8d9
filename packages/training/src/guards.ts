import { KindredError, Random } from '@kindred/domain';
import type { Table } from '@kindred/models';
import type { TableHealth } from './progress.js';

/** Rows looked at, drawn once by a fixed seed: enough for two digits. */
const SAMPLED_ROWS = 512;
/** Above it, items can no longer be told apart by cosine in single precision. */
const COLLAPSED_COSINE = 0.995;
/** Fewer rows than this may rightly all point one way. */
const FEWEST_ROWS = 4;
/** Variance of a row of length one: less is rounding. */
const FLAT = 1e-9;

/** Rows of a table at length one, and what they have in common. */
interface RowSample {
  readonly width: number;
  readonly count: number;
  /** [count, width] */
  readonly rows: Float64Array;
  /** [width] */
  readonly mean: Float64Array;
}

/**
 * Refuses tables that can not be served: a value that is not finite, rows without any variance, all rows pointing the
 * same way (a softmax weighted above 1 has that direction open).
 * @returns the health of the last table, the items
 * @throws KindredError TRAINING_DEGENERATE with what was seen
 */
export function inspectTables(tables: readonly Table[], epoch: number): TableHealth {
  let last: RowSample | undefined;
  for (const table of tables) {
    checkFinite(table, epoch);
    last = sampleOf(table);
    if (last.count < FEWEST_ROWS) continue;
    const meanCosine = meanCosineOf(last);
    if (meanCosine > COLLAPSED_COSINE) {
      throw degenerate(table, epoch, `its rows have a mean cosine of ${meanCosine.toFixed(4)}: they collapsed`);
    }
    if (!hasVariance(last)) throw degenerate(table, epoch, 'its rows have no variance');
  }
  return last === undefined ? { meanCosine: 0, effectiveDimensions: 0 } : healthOf(last);
}

/** Mean cosine of pairs, and participation ratio, of a sample of rows brought to length one. */
export function measureTable(table: Table): TableHealth {
  return healthOf(sampleOf(table));
}

function healthOf(sample: RowSample): TableHealth {
  return { meanCosine: meanCosineOf(sample), effectiveDimensions: participationRatio(sample) };
}

function meanCosineOf({ count, mean }: RowSample): number {
  const squaredMean = mean.reduce((sum, value) => sum + value * value, 0);
  return count > 1 ? (count * squaredMean - 1) / (count - 1) : 0;
}

/** Whether the mean squared distance from the mean, at most 1, is more than rounding. */
function hasVariance({ rows, mean, width, count }: RowSample): boolean {
  let squares = 0;
  for (let start = 0; start < rows.length; start += width) {
    for (let c = 0; c < width; c++) squares += ((rows[start + c] as number) - (mean[c] as number)) ** 2;
  }
  return squares > FLAT * count;
}

/** (trace C)^2 / |C|^2 of the covariance C: n equal directions give n. */
function participationRatio({ rows, mean, width, count }: RowSample): number {
  const centred = new Float64Array(width * count); // one column after the other
  for (let r = 0; r < count; r++) {
    for (let c = 0; c < width; c++) centred[c * count + r] = (rows[r * width + c] as number) - (mean[c] as number);
  }
  let trace = 0;
  let squares = 0;
  for (let a = 0; a < width; a++) {
    for (let b = 0; b <= a; b++) {
      const covariance = dot(centred, a * count, b * count, count);
      if (a === b) trace += covariance;
      squares += (a === b ? 1 : 2) * covariance ** 2;
    }
  }
  return trace > FLAT * count ? (trace * trace) / squares : 0;
}

/**
 * Of two stretches of an array; in four sums, which a processor adds at the same time. Each is declared for itself: V8
 * keeps sums that come out of a destructured list as objects, 25 MB of garbage for a step of a small log.
 */
function dot(values: Float64Array, first: number, second: number, length: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    sum0 += (values[first + k] as number) * (values[second + k] as number);
    sum1 += (values[first + k + 1] as number) * (values[second + k + 1] as number);
    sum2 += (values[first + k + 2] as number) * (values[second + k + 2] as number);
    sum3 += (values[first + k + 3] as number) * (values[second + k + 3] as number);
  }
  for (; k < length; k++) sum0 += (values[first + k] as number) * (values[second + k] as number);
  return sum0 + sum1 + (sum2 + sum3);
}

function sampleOf({ values, width }: Table): RowSample {
  const total = values.length / width;
  const chosen = new Random(1, 'guards').sample(total, Math.min(total, SAMPLED_ROWS));
  const count = chosen.length;
  const rows = new Float64Array(count * width);
  const mean = new Float64Array(width);
  for (let k = 0; k < count; k++) {
    const start = (chosen[k] as number) * width;
    let squared = 0;
    for (let c = 0; c < width; c++) squared += (values[start + c] as number) ** 2;
    const inverseNorm = squared > 0 ? 1 / Math.sqrt(squared) : 0;
    for (let c = 0; c < width; c++) {
      const value = (values[start + c] as number) * inverseNorm;
      rows[k * width + c] = value;
      mean[c] = (mean[c] as number) + value / count;
    }
  }
  return { width, count, rows, mean };
}

function checkFinite(table: Table, epoch: number): void {
  const { values, width } = table;
  for (let k = 0; k < values.length; k++) {
    if (Number.isFinite(values[k])) continue;
    throw degenerate(table, epoch, `row ${Math.floor(k / width)} holds ${values[k]}`);
  }
}

function degenerate({ name }: Table, epoch: number, seen: string): KindredError {
  return new KindredError('TRAINING_DEGENERATE', `the table ${name} after epoch ${epoch}: ${seen}`);
}
