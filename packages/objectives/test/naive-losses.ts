/** Losses in plain numbers, written from the formulas alone: slow, obvious, double precision. */
export type Matrix = readonly (readonly number[])[];

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, x, k) => s + x * (b[k] as number), 0);
const cosine = (a: readonly number[], b: readonly number[]): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

export interface NaiveInfoNce {
  users: Matrix;
  items: Matrix;
  temperature: number;
  logQ?: readonly number[] | undefined;
  masked?: readonly (readonly boolean[])[] | undefined;
  weights?: readonly number[] | undefined;
}

export function naiveInfoNce({ users, items, temperature, logQ, masked, weights }: NaiveInfoNce): number {
  let loss = 0;
  let total = 0;
  users.forEach((user, b) => {
    const logit = (j: number) => cosine(user, items[j] as number[]) / temperature - (logQ?.[j] ?? 0);
    let denominator = 0;
    for (let j = 0; j < items.length; j++) if (!masked?.[b]?.[j]) denominator += Math.exp(logit(j));
    const weight = weights?.[b] ?? 1;
    loss += weight * (Math.log(denominator) - logit(b));
    total += weight;
  });
  return loss / total;
}

export interface NaiveHistorySoftmax {
  users: Matrix;
  /** All items; `positives` and `negatives` are positions in it. */
  items: Matrix;
  /** One list a user: [item, weight]. */
  positives: readonly (readonly (readonly [number, number])[])[];
  negatives: readonly number[];
  /** Popularity offset of each negative. */
  offsets: readonly number[];
  temperature: number;
  negativeWeight: number;
}

export function naiveHistorySoftmax(given: NaiveHistorySoftmax): number {
  const { users, items, positives, negatives, offsets, temperature, negativeWeight } = given;
  let loss = 0;
  let total = 0;
  users.forEach((user, u) => {
    let denominator = 0;
    negatives.forEach((item, j) => {
      denominator += Math.exp(cosine(user, items[item] as number[]) / temperature + (offsets[j] as number));
    });
    for (const [item, weight] of positives[u] as (readonly [number, number])[]) {
      loss -= (weight * cosine(user, items[item] as number[])) / temperature;
      loss += negativeWeight * weight * Math.log(denominator);
      total += weight;
    }
  });
  return loss / total;
}

export interface NaiveBpr {
  users: Matrix;
  positives: Matrix;
  /** The negatives of the first row, then those of the second, …. */
  negatives: Matrix;
  weights?: readonly number[] | undefined;
}

export function naiveBpr({ users, positives, negatives, weights }: NaiveBpr): number {
  const count = negatives.length / users.length;
  let loss = 0;
  let total = 0;
  users.forEach((user, b) => {
    const weight = weights?.[b] ?? 1;
    for (let n = 0; n < count; n++) {
      const x = dot(user, positives[b] as number[]) - dot(user, negatives[b * count + n] as number[]);
      loss += (weight / count) * Math.log1p(Math.exp(-x));
    }
    total += weight;
  });
  return loss / total;
}

export interface NaiveCcl {
  users: Matrix;
  /** Weighted sum of each user's positives. */
  targets: Matrix;
  negatives: Matrix;
  positiveWeights: readonly number[];
  /** Users by negatives. */
  shares: Matrix;
  margin: number;
  negativeWeight: number;
}

export function naiveCcl(given: NaiveCcl): number {
  const { users, targets, negatives, positiveWeights, shares, margin, negativeWeight } = given;
  let loss = 0;
  let total = 0;
  users.forEach((user, u) => {
    const weight = positiveWeights[u] as number;
    loss += weight - dot(user, targets[u] as number[]) / Math.sqrt(dot(user, user));
    negatives.forEach((item, j) => {
      loss += negativeWeight * weight * (shares[u]?.[j] as number) * Math.max(0, cosine(user, item) - margin);
    });
    total += weight;
  });
  return loss / total;
}

export interface NaiveWeightedBce {
  users: Matrix;
  items: Matrix;
  /** Users by items. */
  attraction: Matrix;
  /** Users by items. */
  repulsion: Matrix;
}

export function naiveWeightedBce({ users, items, attraction, repulsion }: NaiveWeightedBce): number {
  let loss = 0;
  users.forEach((user, u) => {
    items.forEach((item, j) => {
      const chance = 1 / (1 + Math.exp(-dot(user, item)));
      loss -= (attraction[u]?.[j] as number) * Math.log(chance) + (repulsion[u]?.[j] as number) * Math.log(1 - chance);
    });
  });
  return loss;
}

/** Central differences of a function of a matrix, entry by entry. */
export function differences(at: Matrix, loss: (shifted: Matrix) => number, step = 1e-5): number[][] {
  const work = at.map((row) => [...row]);
  return work.map((row) =>
    row.map((value, k) => {
      row[k] = value + step;
      const above = loss(work);
      row[k] = value - step;
      const below = loss(work);
      row[k] = value;
      return (above - below) / (2 * step);
    }),
  );
}
