import type { Matrix } from './naive-losses.js';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const dot = (a: readonly number[], b: readonly number[]): number => sum(a.map((x, k) => x * (b[k] as number)));
const mean = (values: readonly number[]): number => sum(values) / values.length;

export function naiveMultinomial(
  { hidden, targets, items }: { hidden: Matrix; targets: Matrix; items: Matrix },
  offsets: readonly number[],
  positiveWeights: readonly number[],
): number {
  const lossOf = (row: readonly number[], u: number) => {
    const terms = items.map((item, j) => Math.exp(dot(row, item) + (offsets[j] as number)));
    return (positiveWeights[u] as number) * Math.log(sum(terms)) - dot(row, targets[u] as number[]);
  };
  return mean(hidden.map(lossOf));
}

/** Of each user what the softmax expects to be seen: sum_j p_uj M_uj Q_j. */
export function naiveExpectedRows(
  { hidden, items }: { hidden: Matrix; items: Matrix },
  offsets: readonly number[],
  seen: Matrix,
  mask: Matrix | undefined,
): Matrix {
  return hidden.map((row, u) => {
    const weights = items.map((item, j) => Math.exp(dot(row, item) + (offsets[j] as number)));
    const shares = weights.map((weight, j) => (weight / sum(weights)) * (mask?.[u]?.[j] ?? 1));
    return (seen[0] as readonly number[]).map((_, c) =>
      sum(shares.map((share, j) => share * (seen[j]?.[c] as number))),
    );
  });
}

export function naiveGaussianKl(
  { means, logVariances }: { means: Matrix; logVariances: Matrix },
  weights: readonly number[],
): number {
  const klOf = (m: number, v: number) => 0.5 * (Math.exp(v) + m * m - 1 - v);
  const rowOf = (row: readonly number[], b: number) => sum(row.map((m, c) => klOf(m, logVariances[b]?.[c] as number)));
  return mean(means.map((row, b) => (weights[b] as number) * rowOf(row, b)));
}

/** Density of a product of normals. */
function density(z: readonly number[], m: (c: number) => number, v: (c: number) => number): number {
  return z.reduce((product, x, c) => {
    const variance = Math.exp(v(c));
    return (product * Math.exp(-((x - m(c)) ** 2) / (2 * variance))) / Math.sqrt(2 * Math.PI * variance);
  }, 1);
}

export interface NaiveCompositePrior {
  latents: Matrix;
  means: Matrix;
  logVariances: Matrix;
  oldMeans: Matrix;
  oldLogVariances: Matrix;
}

export function naiveCompositePrior(given: NaiveCompositePrior, weights: readonly number[]): number {
  const at = (matrix: Matrix, b: number) => (c: number) => matrix[b]?.[c] as number;
  const rows = given.latents.map((z, b) => {
    const posterior = density(z, at(given.means, b), at(given.logVariances, b));
    const standard = density(
      z,
      () => 0,
      () => 0,
    );
    const wide = density(
      z,
      () => 0,
      () => 10,
    );
    const old = density(z, at(given.oldMeans, b), at(given.oldLogVariances, b));
    return (weights[b] as number) * Math.log(posterior / (0.15 * standard + 0.75 * old + 0.1 * wide));
  });
  return mean(rows);
}

export function naiveAbsoluteActivity(activations: Matrix): number {
  return mean(activations.map((row) => sum(row.map(Math.abs))));
}

export function naiveActivityKl(activations: Matrix, target: number): number {
  const units = activations[0] ?? [];
  const klOf = (_: number, c: number) => {
    const rate = mean(activations.map((row) => (row[c] as number) ** 2));
    return target * Math.log(target / rate) + (1 - target) * Math.log((1 - target) / (1 - rate));
  };
  return sum(units.map(klOf));
}
