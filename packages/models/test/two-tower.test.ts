import { hasEntry } from '@kindred/domain';
import { MASKED } from '@kindred/objectives';
import { falseNegatives } from '@kindred/pairs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeRows } from '../src/two-tower/merge-rows.js';
import { prepare, randomData, referenceEngine, vocabularyOf } from './learned-fixture.js';

describe('falseNegatives', () => {
  it('masks exactly what the user has in train, the own item in another row included', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 12 }),
        fc.integer({ min: 2, max: 12 }),
        fc.nat(1000),
        (users, items, draw) => {
          const { positives } = randomData(users, items, `mask ${draw}`);
          const entries = Array.from(
            { length: Math.min(9, positives.columns.length) },
            (_, k) => (k * 7 + draw) % positives.columns.length,
          );
          const rowOf = (e: number) => positives.offsets.findLastIndex((offset) => offset <= e);
          const batchUsers = Uint32Array.from(entries, rowOf);
          const batchItems = Uint32Array.from(entries, (e) => positives.columns[e] as number);
          const mask = falseNegatives(positives, batchUsers, batchItems, MASKED);
          entries.forEach((_, row) => {
            entries.forEach((_, column) => {
              const has = hasEntry(positives, batchUsers[row] as number, batchItems[column] as number);
              expect(mask[row * entries.length + column]).toBe(has && row !== column ? MASKED : 0);
            });
          });
        },
      ),
      { seed: 7, numRuns: 50 },
    );
  });
});

describe('mergeRows', () => {
  it('sums the gradients of a row named twice, in order of first appearance', () => {
    const merged = mergeRows(Uint32Array.of(4, 1, 4), Float32Array.of(1, 2, 10, 20, 100, 200), 2);
    expect([...merged.rows]).toEqual([4, 1]);
    expect([...merged.gradients]).toEqual([101, 202, 10, 20]);
  });
});

describe('two-tower', () => {
  it('moves only the rows of the batch, descends, and keeps no tensor', async () => {
    const data = randomData(23, 11, 'towers');
    const run = await prepare('two-tower', data, { dimensions: 4, batchSize: 64, learningRate: 0.05 });
    const before = (await referenceEngine()).tensorCount();
    const untouched = run.tables[1]?.values.slice(40, 44); // the last item, in no pair
    const losses: number[] = [];
    for (let k = 0; k < 40; k++) losses.push(await run.step());
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(losses.slice(-5))).toBeLessThan(mean(losses.slice(0, 5)) - 0.1);
    expect(run.tables[1]?.values.slice(40, 44)).toEqual(untouched);
    expect((await referenceEngine()).tensorCount()).toBe(before);
  });

  it('takes the corrected, masked loss of the batch, and its gradient once for a row named twice', async () => {
    const data = randomData(9, 6, 'loss');
    const { positives, weights } = data;
    const d = 4;
    const temperature = 0.3;
    const run = await prepare('two-tower', data, { dimensions: d, batchSize: 8192, temperature, logQ: 1 });
    const tables = run.tables.map(({ values }) => [...values]) as [number[], number[]];
    const pairs: { user: number; item: number; weight: number }[] = [];
    for (let user = 0; user < 9; user++) {
      for (let e = positives.offsets[user] as number; e < (positives.offsets[user + 1] as number); e++) {
        pairs.push({ user, item: positives.columns[e] as number, weight: weights[e] as number });
      }
    }
    const share = (item: number) => pairs.filter((pair) => pair.item === item).length / pairs.length;
    const cosine = (user: number, item: number) => {
      const u = tables[0].slice(user * d, user * d + d);
      const v = tables[1].slice(item * d, item * d + d);
      return u.reduce((sum, value, k) => sum + value * (v[k] as number), 0) / Math.hypot(...u) / Math.hypot(...v);
    };
    const naive = () => {
      let loss = 0;
      let total = 0;
      for (const own of pairs) {
        const logit = (item: number) => cosine(own.user, item) / temperature - Math.log(share(item));
        let sum = Math.exp(logit(own.item));
        for (const other of pairs) if (!hasEntry(positives, own.user, other.item)) sum += Math.exp(logit(other.item));
        loss += own.weight * (Math.log(sum) - logit(own.item));
        total += own.weight;
      }
      return loss / total;
    };
    expect(await run.step()).toBeCloseTo(naive(), 4);
    // After the first step Adam's mean is a tenth of the gradient.
    for (const [name, table] of [['usersMean', tables[0]] as const, ['itemsMean', tables[1]] as const]) {
      const mean = [...(run.save().tensors[name]?.data ?? [])];
      const scale = Math.max(...mean.map(Math.abs)) * 10;
      table.forEach((value, k) => {
        const at = (shifted: number) => {
          table[k] = shifted;
          const loss = naive();
          table[k] = value;
          return loss;
        };
        const difference = (at(value + 1e-5) - at(value - 1e-5)) / 2e-5;
        expect(Math.abs((mean[k] as number) * 10 - difference) / scale, `${name}[${k}]`).toBeLessThan(2e-3);
      });
    }
  });

  it('serves known users by their vector and the others by their items', async () => {
    const data = randomData(9, 6, 'served');
    const run = await prepare('two-tower', data, { dimensions: 4 });
    const artefact = run.artefact(vocabularyOf(data));
    expect(artefact.dimensions).toBe(5);
    expect(artefact.users?.ids.length).toBe(9);
    const vectorOf = (user: number) => [...(artefact.users?.vectors.subarray(user * 5, user * 5 + 5) ?? [])];
    expect(vectorOf(8)).toEqual([0, 0, 0, 0, 1]); // without a pair: the prior alone
    for (let user = 0; user < 8; user++) {
      expect(Math.hypot(...(artefact.users?.vectors.subarray(user * 5, user * 5 + 5) ?? []))).toBeCloseTo(1, 5);
    }
    expect([...artefact.encoder.contextVectors.subarray(0, 4)]).toEqual([...artefact.itemVectors.subarray(0, 4)]);
  });
});
