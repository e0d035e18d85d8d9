/** The value below which a share of the values lies. @param sorted ascending, at least one */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}

/** The greatest difference of two cumulative distributions (Kolmogorov, 1933; Smirnov, 1939): 0 alike, 1 apart. */
export function kolmogorovSmirnov(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const [a, b] = [Float64Array.from(first).sort(), Float64Array.from(second).sort()];
  if (a.length === 0 || b.length === 0) return a.length === b.length ? 0 : 1;
  let [i, j, most] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i] as number, b[j] as number);
    while (i < a.length && (a[i] as number) <= value) i++;
    while (j < b.length && (b[j] as number) <= value) j++;
    most = Math.max(most, Math.abs(i / a.length - j / b.length));
  }
  return most;
}

/** Half the sum of the differences of two distributions: the share that would have to be moved. */
export function totalVariation(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const [sumA, sumB] = [sumOf(first), sumOf(second)];
  let difference = 0;
  for (let k = 0; k < first.length; k++) {
    difference += Math.abs((first[k] as number) / (sumA || 1) - (second[k] as number) / (sumB || 1));
  }
  return difference / 2;
}

/** Kullback-Leibler divergence of the first distribution from the second, in nats; half is added to every count. */
export function divergence(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const half = 0.5 * first.length;
  const [sumA, sumB] = [sumOf(first) + half, sumOf(second) + half];
  let sum = 0;
  for (let k = 0; k < first.length; k++) {
    const p = ((first[k] as number) + 0.5) / sumA;
    sum += p * Math.log((p * sumB) / ((second[k] as number) + 0.5));
  }
  return sum;
}

/** Pearson's correlation; undefined where one of them is constant. */
export function correlation(first: ArrayLike<number>, second: ArrayLike<number>): number | undefined {
  const [meanA, meanB] = [sumOf(first) / first.length, sumOf(second) / second.length];
  let [ab, aa, bb] = [0, 0, 0];
  for (let k = 0; k < first.length; k++) {
    const [a, b] = [(first[k] as number) - meanA, (second[k] as number) - meanB];
    ab += a * b;
    aa += a * a;
    bb += b * b;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : undefined;
}

/** Chance that a value of the first is above one of the second, half for ties: the area under the ROC curve. */
export function areaUnderCurve(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const b = Float64Array.from(second).sort();
  let wins = 0;
  for (let k = 0; k < first.length; k++) {
    wins += (below(b, first[k] as number, false) + below(b, first[k] as number, true)) / 2;
  }
  return wins / (first.length * b.length);
}

/** How many of ascending values are below, or not above. */
function below(sorted: Float64Array, value: number, orEqual: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = sorted[middle] as number;
    if (other < value || (orEqual && other === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k] as number;
  return sum;
}
