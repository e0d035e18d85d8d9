/** Losses in plain numbers, written from the formulas alone: slow, obvious, double precision. */
export type Matrix = readonly (readonly number[])[];

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, x, k) => s + x * (b[k] as number), 0);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
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

/** As the loss sees it: the positives of each user summed to a target, with the sum of their weights. */
export function naiveSharedHistorySoftmax(
  { users, targets, negatives }: { users: Matrix; targets: Matrix; negatives: Matrix },
  positiveWeights: readonly number[],
  offsets: readonly number[],
  temperature: number,
  negativeWeight: number,
): number {
  let loss = 0;
  users.forEach((user, u) => {
    const terms = negatives.map((row, j) => Math.exp(cosine(user, row) / temperature + (offsets[j] as number)));
    loss += negativeWeight * (positiveWeights[u] as number) * Math.log(sum(terms));
    loss -= dot(user, targets[u] as number[]) / Math.sqrt(dot(user, user)) / temperature;
  });
  return loss / sum(positiveWeights);
}

/** A batch with N negatives for each pair: `negatives` has N rows a user, one user after the other. */
export interface NaiveOwnNegatives {
  users: Matrix;
  items: Matrix;
  negatives: Matrix;
  weights: readonly number[];
}

/** The mean over the pairs of a function of a pair's score, a cosine unless told, and of those of its negatives. */
function meanOverPairs(
  { users, items, negatives, weights }: NaiveOwnNegatives,
  lossOf: (positive: number, negatives: readonly number[]) => number,
  score: (a: readonly number[], b: readonly number[]) => number = cosine,
): number {
  const count = negatives.length / users.length;
  let loss = 0;
  users.forEach((user, b) => {
    const own = negatives.slice(b * count, (b + 1) * count).map((negative) => score(user, negative));
    loss += (weights[b] as number) * lossOf(score(user, items[b] as number[]), own);
  });
  return loss / sum(weights);
}

/** @param rankWeight of the share of negatives inside the margin; held constant by whoever takes differences */
export function naiveTriplet(
  batch: NaiveOwnNegatives,
  margin: number,
  rankWeight: (inside: number) => number = () => 1,
): number {
  return meanOverPairs(batch, (positive, negatives) => {
    const excess = negatives.map((negative) => Math.max(0, margin - positive + negative));
    const inside = excess.filter((value) => value > 0).length / excess.length;
    return (rankWeight(inside) * sum(excess)) / excess.length;
  });
}

export function naiveMarginContrastive(batch: NaiveOwnNegatives, margin: number, negativeWeight: number): number {
  return meanOverPairs(batch, (positive, negatives) => {
    const pushed = negatives.map((negative) => Math.max(0, margin - Math.sqrt(2 - 2 * negative + 1e-4)) ** 2 / 2);
    return 1 - positive + (negativeWeight * sum(pushed)) / negatives.length;
  });
}

const rankingLoss = (positive: number, negatives: readonly number[]): number =>
  sum(negatives.map((negative) => Math.log1p(Math.exp(negative - positive)))) / negatives.length;

export function naiveBpr(batch: NaiveOwnNegatives): number {
  return meanOverPairs(batch, rankingLoss, dot);
}

export function naiveCosineBpr(batch: NaiveOwnNegatives, temperature: number): number {
  return meanOverPairs(batch, rankingLoss, (a, b) => cosine(a, b) / temperature);
}

/** A batch with K negatives for all pairs; `masked[b][k]` tells that user b has negative k. */
export interface NaiveSharedNegatives extends NaiveOwnNegatives {
  temperature: number;
  masked: readonly (readonly boolean[])[];
}

export function naiveSampledSoftmax(
  { users, items, negatives, weights, temperature, masked }: NaiveSharedNegatives,
  logQ: readonly number[],
  positiveLogQ: readonly number[],
): number {
  let loss = 0;
  users.forEach((user, b) => {
    const own = cosine(user, items[b] as number[]) / temperature - (positiveLogQ[b] as number);
    let denominator = Math.exp(own);
    negatives.forEach((negative, k) => {
      if (!masked[b]?.[k]) denominator += Math.exp(cosine(user, negative) / temperature - (logQ[k] as number));
    });
    loss += (weights[b] as number) * (Math.log(denominator) - own);
  });
  return loss / sum(weights);
}

interface NaiveCandidateSoftmax {
  queries: Matrix;
  targets: Matrix;
  candidates: Matrix;
  /** Of each row: its target is among the candidates too. */
  isCandidate: readonly boolean[];
  temperature: number;
}

export function naiveCandidateSoftmax(given: NaiveCandidateSoftmax): number {
  const { queries, targets, candidates, isCandidate, temperature } = given;
  let loss = 0;
  queries.forEach((query, b) => {
    const own = dot(query, targets[b] as number[]) / temperature;
    const shared = candidates.map((candidate) => Math.exp(dot(query, candidate) / temperature));
    loss += Math.log(sum(shared) + (isCandidate[b] ? 0 : Math.exp(own))) - own;
  });
  return loss / queries.length;
}

/** @param pools absent: every row its own */
export function naiveBsl(
  { users, items, negatives, weights, temperature, masked }: NaiveSharedNegatives,
  negativePower: number,
  pools?: { temperature: number; userOfRow: readonly number[] },
): number {
  const own = users.map((user, b) => cosine(user, items[b] as number[]));
  let loss = 0;
  users.forEach((user, b) => {
    const pool = own.filter((_, i) => (pools === undefined ? i === b : pools.userOfRow[i] === pools.userOfRow[b]));
    const at = pools?.temperature ?? temperature;
    const mean = sum(pool.map((value) => Math.exp(value / at))) / pool.length;
    const free = negatives.filter((_, k) => !masked[b]?.[k]);
    const denominator = sum(free.map((negative) => Math.exp(cosine(user, negative) / temperature)));
    const repulsion = free.length === 0 ? 0 : negativePower * Math.log(denominator);
    loss += (weights[b] as number) * (repulsion - (at / temperature) * Math.log(mean));
  });
  return loss / sum(weights);
}

export function naiveCcl(
  { users, items, negatives, weights, masked }: NaiveSharedNegatives,
  margin: number,
  negativeWeight: number,
): number {
  let loss = 0;
  users.forEach((user, b) => {
    const free = negatives.filter((_, k) => !masked[b]?.[k]);
    const excess = sum(free.map((negative) => Math.max(0, cosine(user, negative) - margin)));
    const repulsion = free.length === 0 ? 0 : (negativeWeight * excess) / free.length;
    loss += (weights[b] as number) * (1 - cosine(user, items[b] as number[]) + repulsion);
  });
  return loss / sum(weights);
}

interface NaiveDirectAu {
  users: Matrix;
  items: Matrix;
  weights: readonly number[];
  uniformity: number;
  userOfRow: readonly number[];
  itemOfRow: readonly number[];
}

export function naiveDirectAu({ users, items, weights, uniformity, userOfRow, itemOfRow }: NaiveDirectAu): number {
  const squaredDistance = (a: readonly number[], b: readonly number[]) => 2 - 2 * cosine(a, b);
  const spread = (rows: Matrix, ids: readonly number[]) => {
    const distinct = rows.filter((_, k) => ids.indexOf(ids[k] as number) === k);
    const kernels = distinct.flatMap((a, k) => distinct.slice(k + 1).map((b) => Math.exp(-2 * squaredDistance(a, b))));
    return kernels.length === 0 ? 0 : Math.log(sum(kernels) / kernels.length);
  };
  const alignment = sum(users.map((user, b) => (weights[b] as number) * squaredDistance(user, items[b] as number[])));
  return alignment / sum(weights) + (uniformity * (spread(users, userOfRow) + spread(items, itemOfRow))) / 2;
}

export function naiveBarlowTwins(users: Matrix, items: Matrix, redundancy: number): number {
  const standard = (rows: Matrix, k: number) => {
    const column = rows.map((row) => row[k] as number);
    const mean = sum(column) / column.length;
    const variance = sum(column.map((value) => (value - mean) ** 2)) / column.length;
    return column.map((value) => (value - mean) / Math.sqrt(variance + 1e-5));
  };
  let loss = 0;
  const width = users[0]?.length ?? 0;
  for (let k = 0; k < width; k++) {
    for (let l = 0; l < width; l++) {
      const correlation = dot(standard(users, k), standard(items, l)) / users.length;
      loss += k === l ? (1 - correlation) ** 2 : redundancy * correlation ** 2;
    }
  }
  return loss;
}

interface NaiveHistoryCcl {
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

export function naiveHistoryCcl(given: NaiveHistoryCcl): number {
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

interface NaiveWeightedBce {
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
