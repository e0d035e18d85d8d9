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

export interface NaiveSymmetric {
  left: Matrix;
  right: Matrix;
  temperature: number;
  weights?: readonly number[] | undefined;
}

export function naiveSymmetricInfoNce({ left, right, temperature, weights }: NaiveSymmetric): number {
  let loss = 0;
  let total = 0;
  left.forEach((own, b) => {
    const weight = weights?.[b] ?? 1;
    const sumOver = (logit: (j: number) => number) => {
      let sum = 0;
      for (let j = 0; j < left.length; j++) sum += Math.exp(logit(j));
      return Math.log(sum);
    };
    const forth = sumOver((j) => cosine(own, right[j] as number[]) / temperature);
    const back = sumOver((j) => cosine(left[j] as number[], right[b] as number[]) / temperature);
    loss += weight * ((forth + back) / 2 - cosine(own, right[b] as number[]) / temperature);
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
