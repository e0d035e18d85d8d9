import type { Matrix } from './naive-losses.js';

const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;
const first = (rows: Matrix): number[] => rows.map(([value]) => value as number);
const logistic = (logit: number): number => 1 / (1 + Math.exp(-logit));

interface Judged {
  readonly real: Matrix;
  readonly made: Matrix;
}

export function naiveDiscriminator({ real, made }: Judged): number {
  const ofReal = first(real).map((logit) => -Math.log(logistic(logit)));
  const ofMade = first(made).map((logit) => -Math.log(1 - logistic(logit)));
  return mean(ofReal) + mean(ofMade);
}

export function naiveGenerator(made: Matrix): number {
  return mean(first(made).map((logit) => -Math.log(logistic(logit))));
}

export function naiveWassersteinCritic({ real, made }: Judged): number {
  return mean(first(made)) - mean(first(real));
}

export function naiveGradientPenalty(squaredSlopes: Matrix): number {
  return mean(first(squaredSlopes).map((squared) => (Math.sqrt(squared) - 1) ** 2));
}

export function naiveEnergyDiscriminator({ real, made }: Judged, margin: number): number {
  const rest = first(made);
  return mean(first(real).map((error, b) => error + Math.max(0, margin * error - (rest[b] as number))));
}

export function naiveEnergyGenerator(energies: Matrix, codes: Matrix, realCodes: Matrix, matching: number): number {
  const squares = codes.flatMap((row, b) => row.map((value, k) => (value - (realCodes[b]?.[k] as number)) ** 2));
  return (1 - matching) * mean(first(energies)) + matching * mean(squares);
}

export function naiveZeroReconstruction(profiles: Matrix, zeros: Matrix): number {
  return mean(profiles.map((row, b) => row.reduce((sum, x, j) => sum + (zeros[b]?.[j] === 1 ? x * x : 0), 0)));
}
