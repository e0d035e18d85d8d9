import type { Matrix } from './naive-losses.js';

/** The self-supervised losses in plain numbers, written from the formulas alone: slow, obvious, double precision. */

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, x, k) => s + x * (b[k] as number), 0);
const cosine = (a: readonly number[], b: readonly number[]): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
const logSumExp = (values: readonly number[]): number => Math.log(values.reduce((sum, z) => sum + Math.exp(z), 0));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

interface NaiveNtXent {
  first: Matrix;
  second: Matrix;
  temperature: number;
}

export function naiveNtXent({ first, second, temperature }: NaiveNtXent): number {
  const views = [...first, ...second];
  return mean(
    views.map((view, k) => {
      const logits = views.map((other) => cosine(view, other) / temperature);
      const partner = k < first.length ? k + first.length : k - first.length;
      return logSumExp(logits.filter((_, other) => other !== k)) - (logits[partner] as number);
    }),
  );
}

interface NaiveSymmetricInfoNce {
  left: Matrix;
  right: Matrix;
  temperature: number;
  weights: readonly number[];
}

export function naiveSymmetricInfoNce({ left, right, temperature, weights }: NaiveSymmetricInfoNce): number {
  const losses = left.map((own, b) => {
    const partner = right[b] as number[];
    const forth = logSumExp(right.map((other) => cosine(own, other) / temperature));
    const back = logSumExp(left.map((other) => cosine(other, partner) / temperature));
    return (forth + back) / 2 - cosine(own, partner) / temperature;
  });
  return dot(weights, losses) / (weights.length * mean(weights));
}

interface NaiveQueueContrast {
  queries: Matrix;
  keys: Matrix;
  queue: Matrix;
  masked: readonly (readonly boolean[])[];
  temperature: number;
}

export function naiveQueueContrast({ queries, keys, queue, masked, temperature }: NaiveQueueContrast): number {
  return mean(
    queries.map((query, b) => {
      const own = cosine(query, keys[b] as number[]) / temperature;
      const others = queue.filter((_, j) => !masked[b]?.[j]).map((key) => cosine(query, key) / temperature);
      return logSumExp([own, ...others]) - own;
    }),
  );
}

interface NaiveBootstrap {
  online: Matrix;
  predictor: Matrix;
  targets: Matrix;
}

export function naiveBootstrap({ online, predictor, targets }: NaiveBootstrap): number {
  return mean(
    online.map((row, b) => {
      const predicted = (predictor[0] as number[]).map((_, c) =>
        dot(
          row,
          predictor.map((of) => of[c] as number),
        ),
      );
      return 2 - 2 * cosine(predicted, targets[b] as number[]);
    }),
  );
}

interface NaiveSwappedPrediction {
  views: Matrix;
  prototypes: Matrix;
  codes: Matrix;
  temperature: number;
}

export function naiveSwappedPrediction({ views, prototypes, codes, temperature }: NaiveSwappedPrediction): number {
  return mean(
    views.map((view, b) => {
      const logits = prototypes.map((prototype) => cosine(view, prototype) / temperature);
      return -dot(
        codes[b] as number[],
        logits.map((z) => z - logSumExp(logits)),
      );
    }),
  );
}
