import { beforeAll, describe, expect, it } from 'vitest';
import { type CandidateSoftmaxResult, candidateSoftmaxLoss, candidateSoftmaxOperation } from '../src/index.js';
import { expectTensorClose, startReferenceEngine, tf } from './fixture.js';
import { differences } from './naive-losses.js';
import { randomMatrix } from './random-matrix.js';

beforeAll(startReferenceEngine);

type Rows = readonly (readonly number[])[];

interface Batch {
  readonly queries: Rows;
  readonly items: Rows;
  /** Item of each query, and the items that all are ranked against. */
  readonly targets: readonly number[];
  readonly candidates: readonly number[];
  readonly temperature: number;
}

/** Some right answers are candidates too, some are not. */
function batchOf(queryCount: number, itemCount: number, candidateCount: number, dimensions: number): Batch {
  return {
    queries: randomMatrix(queryCount, dimensions, 'queries'),
    items: randomMatrix(itemCount, dimensions, 'items'),
    targets: Array.from({ length: queryCount }, (_, k) => (3 * k) % itemCount),
    candidates: Array.from({ length: candidateCount }, (_, k) => k),
    temperature: 0.7,
  };
}

/** The textbook's cross-entropy over the distinct items in play. */
function naive({ queries, items, targets, candidates, temperature }: Batch): number {
  const losses = queries.map((query, b) => {
    const target = targets[b] as number;
    const logit = (item: number) =>
      query.reduce((sum, value, k) => sum + value * (items[item]?.[k] as number), 0) / temperature;
    const inPlay = [...new Set([...candidates, target])];
    return Math.log(inPlay.reduce((sum, item) => sum + Math.exp(logit(item)), 0)) - logit(target);
  });
  return losses.reduce((a, b) => a + b, 0) / losses.length;
}

function inputsOf({ queries, items, targets, candidates, temperature }: Batch) {
  const take = (chosen: readonly number[]) => tf.tensor2d(chosen.map((item) => [...(items[item] as number[])]));
  return {
    queries: tf.tensor2d(queries as number[][]),
    targets: take(targets),
    candidates: take(candidates),
    isCandidate: Float32Array.from(targets, (item) => (candidates.includes(item) ? 1 : 0)),
    temperature,
  };
}

/** The gradient of every item: as the right answer and as a candidate. */
function itemGradient({ items, targets, candidates }: Batch, { gradients }: CandidateSoftmaxResult): number[][] {
  const total = items.map((row) => row.map(() => 0));
  const add = (chosen: readonly number[], rows: number[][]) => {
    chosen.forEach((item, k) => {
      total[item] = (total[item] as number[]).map((value, c) => value + (rows[k]?.[c] as number));
    });
  };
  add(targets, gradients.targets.arraySync());
  add(candidates, gradients.candidates.arraySync());
  return total;
}

describe('candidateSoftmaxLoss', () => {
  it('gives each item, as right answer and as candidate together, the gradient of the textbook', () => {
    const batch = batchOf(13, 17, 11, 3);
    const result = candidateSoftmaxLoss(tf, inputsOf(batch));
    expect(result.loss.dataSync()[0]).toBeCloseTo(naive(batch), 4);
    const byItems = differences(batch.items, (items) => naive({ ...batch, items }));
    expectTensorClose(tf.tensor2d(itemGradient(batch, result)), byItems, 1e-3);
  });

  it('stays exact where products are far apart', () => {
    const batch = { ...batchOf(5, 9, 6, 3), temperature: 0.01 }; // beyond exp of single precision
    const { loss, gradients } = candidateSoftmaxLoss(tf, inputsOf(batch));
    const expected = naive(batch);
    expect(expected).toBeGreaterThan(90);
    expect(Math.abs((loss.dataSync()[0] as number) - expected) / expected).toBeLessThan(1e-5);
    for (const gradient of Object.values(gradients)) {
      expect([...gradient.dataSync()].every((value) => Number.isFinite(value))).toBe(true);
    }
  });
});

describe('candidateSoftmaxOperation', () => {
  it('is differentiated through: the chain rule with what makes the queries', () => {
    const batch = batchOf(7, 13, 5, 4);
    const { queries, targets, candidates, ...rest } = inputsOf(batch);
    const chained = tf.valueAndGrads((q, t, c) =>
      candidateSoftmaxOperation(tf, {
        queries: tf.mul(q as typeof queries, 2),
        targets: t as typeof targets,
        candidates: c as typeof candidates,
        ...rest,
      }),
    );
    const { value, grads } = chained([queries, targets, candidates]);
    const direct = candidateSoftmaxLoss(tf, { queries: tf.mul(queries, 2), targets, candidates, ...rest });
    expect(value.dataSync()[0]).toBeCloseTo(direct.loss.dataSync()[0] as number, 5);
    expectTensorClose(grads[0] as typeof queries, tf.mul(direct.gradients.queries, 2).arraySync() as number[][], 1e-4);
    expectTensorClose(grads[2] as typeof queries, direct.gradients.candidates.arraySync(), 1e-4);
  });
});
