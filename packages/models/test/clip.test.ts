import { matrixFromTriples, Random, type TrainingData } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { encodeHistory, encodeItemText, getMethod, type ModelArtefact, resolveSettings } from '../src/index.js';
import { hashText } from '../src/text/hashed-terms.js';
import { bucketWeights, textMatrix, textRow } from '../src/text/text-features.js';
import { ridgeWeights } from '../src/text/text-ridge.js';
import { randomData, referenceEngine, resumeHalfway, vocabularyOf } from './learned-fixture.js';

const small = { dimensions: 8, textBuckets: 256, textBatchSize: 16, epochs: 12 };

async function prepareClip(
  data: TrainingData,
  itemTexts: readonly (string | undefined)[] | undefined,
  settings: Record<string, unknown> = {},
  seed = 1,
) {
  const method = getMethod('clip');
  const resolved = resolveSettings(method.settings, { ...small, ...settings });
  return method.prepare({ data, itemTexts, settings: resolved, engine: await referenceEngine(), seed });
}

/** Titles for the items of a random log: two words of eight each. */
function randomTexts(items: number): string[] {
  const words = ['red', 'blue', 'lamp', 'candle', 'wooden', 'box', 'garden', 'chair'];
  const random = new Random(4, 'texts');
  return Array.from({ length: items }, () => `${words[random.below(8)]} ${words[random.below(8)]}`);
}

describe('hashText', () => {
  it('is stable: models keep their buckets by position', () => {
    const gram = 1 / Math.sqrt(6); // of the six n-grams of <tea>
    expect([...hashText('Tea 4', 1000)].map(([bucket, weight]) => [bucket, weight.toFixed(4)])).toEqual(
      [
        [221, -1], // tea
        [719, gram],
        [718, gram],
        [776, gram],
        [882, gram],
        [222, gram],
        [648, gram],
        [482, 1], // 4
        [102, -1], // <4>
      ].map(([bucket, weight]) => [bucket, weight?.toFixed(4)]),
    );
  });

  it('does not care for case, marks and punctuation, but for words', () => {
    expect(hashText('CAFÉ, crème!', 512)).toEqual(hashText('cafe creme', 512));
    expect(hashText('cafe', 512)).not.toEqual(hashText('cafes', 512));
    expect(hashText(' –!? ', 512).size).toBe(0);
    expect(hashText('日本語', 512).size).toBeGreaterThan(0);
  });

  it('gives kin of a word a part in common, and strangers next to none', () => {
    const cosine = (a: string, b: string) => {
      const [left, right] = [hashText(a, 1 << 20), hashText(b, 1 << 20)];
      const dot = (x: Map<number, number>, y: Map<number, number>) =>
        [...x].reduce((sum, [bucket, weight]) => sum + weight * (y.get(bucket) ?? 0), 0);
      return dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right));
    };
    expect(cosine('lantern', 'lanterns')).toBeGreaterThan(0.25);
    expect(Math.abs(cosine('lantern', 'mug'))).toBeLessThan(0.01);
    expect(cosine('red lantern', 'lantern red')).toBeCloseTo(1, 10);
  });
});

describe('text rows', () => {
  it('weigh rare words more, have length one, and are empty for what nobody wrote', () => {
    const texts = ['red lamp', 'red box', 'red chair', undefined];
    const weights = bucketWeights(texts, 4096);
    const weightOf = (word: string) => weights[[...hashText(word, 4096).keys()][0] as number] as number;
    expect(weightOf('red')).toBeCloseTo(1, 6); // 1 + log(4 / 4)
    expect(weightOf('lamp')).toBeCloseTo(1 + Math.log(2), 6);
    expect(weightOf('zebra')).toBe(0);
    const { columns, values } = textRow('red lamp', weights);
    expect([...columns]).toEqual([...columns].sort((a, b) => a - b));
    expect(Math.hypot(...values)).toBeCloseTo(1, 6);
    expect(textRow('', weights).columns).toHaveLength(0);
    const matrix = textMatrix(texts, weights);
    expect([...matrix.offsets]).toEqual([0, columns.length, ...[...matrix.offsets].slice(2)]);
    expect(matrix.offsets[4]).toBe(matrix.offsets[3]);
  });
});

describe('ridgeWeights', () => {
  it('solves the normal equations', () => {
    const weights = bucketWeights(randomTexts(12), 64);
    const rows = textMatrix(randomTexts(12), weights);
    const random = new Random(6);
    const targets = Float32Array.from({ length: 24 }, () => random.normal());
    const found = ridgeWeights(rows, targets, 2, 0.5);
    // X^T (Y - X W) = r W
    for (let c = 0; c < 2; c++) {
      const left = new Float64Array(64);
      for (let r = 0; r < 12; r++) {
        const [from, to] = [rows.offsets[r] as number, rows.offsets[r + 1] as number];
        let residual = targets[r * 2 + c] as number;
        for (let e = from; e < to; e++)
          residual -= (rows.values[e] as number) * (found[(rows.columns[e] as number) * 2 + c] as number);
        for (let e = from; e < to; e++)
          left[rows.columns[e] as number] =
            (left[rows.columns[e] as number] as number) + residual * (rows.values[e] as number);
      }
      left.forEach((value, f) => {
        expect(value).toBeCloseTo(0.5 * (found[f * 2 + c] as number), 3);
      });
    }
  });
});

describe('clip', () => {
  it('goes on from a saved state to the same bytes', async () => {
    const data = randomData(13, 11, 'clip resume');
    const settings = { batchSize: 4, textBatchSize: 3 };
    const { run, resumed } = await resumeHalfway((seed) => prepareClip(data, randomTexts(11), settings, seed), 3, 5);
    expect(resumed.save()).toEqual(run.save());
    expect(resumed.artefact(vocabularyOf(data))).toEqual(run.artefact(vocabularyOf(data)));
  });

  it('refuses a catalogue without texts', async () => {
    const data = randomData(5, 4, 'clip none');
    await expect(prepareClip(data, undefined)).rejects.toMatchObject({ code: 'DATA_EMPTY' });
    await expect(prepareClip(data, [undefined, '', '!?', undefined])).rejects.toMatchObject({ code: 'DATA_EMPTY' });
  });

  it('descends, and keeps no tensor', async () => {
    const settings = { epochs: 30, textDropout: 0, textLearningRate: 0.03 };
    const run = await prepareClip(randomData(23, 11, 'clip leak'), randomTexts(11), settings);
    const before = (await referenceEngine()).tensorCount();
    const losses: number[] = [];
    for (let k = 0; k < 30; k++) losses.push(await run.step());
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) - 0.1);
    expect((await referenceEngine()).tensorCount()).toBe(before);
  });

  it('takes the gradient of the loss of texts against items, through the text tower', async () => {
    const items = 7;
    const data = randomData(9, items, 'clip gradient');
    const texts = randomTexts(items);
    const settings = { dimensions: 3, textBuckets: 16, textDropout: 0, textTemperature: 0.4 };
    const run = await prepareClip(data, texts, settings);
    const buckets = [...(run.tables[0]?.values ?? [])];
    const features = textMatrix(texts, bucketWeights(texts, 16));
    await run.step();
    // The base steps first, and its vectors stand still while the texts step.
    const vectors = [...(run.tables[2]?.values ?? [])];
    const naive = () => {
      const text = (i: number) => {
        const sum = [0, 0, 0];
        for (let e = features.offsets[i] as number; e < (features.offsets[i + 1] as number); e++) {
          for (let c = 0; c < 3; c++) {
            sum[c] =
              (sum[c] as number) +
              (features.values[e] as number) * (buckets[(features.columns[e] as number) * 3 + c] as number);
          }
        }
        return sum;
      };
      const sides = Array.from({ length: items }, (_, i) => [text(i), vectors.slice(i * 3, i * 3 + 3)] as const);
      const logit = (i: number, j: number) => cosine(sides[i]?.[0] as number[], sides[j]?.[1] as number[]) / 0.4;
      let loss = 0;
      for (let i = 0; i < items; i++) {
        const log = (of: (j: number) => number) => Math.log(sides.reduce((sum, _, j) => sum + Math.exp(of(j)), 0));
        loss += (log((j) => logit(i, j)) + log((j) => logit(j, i))) / 2 - logit(i, i);
      }
      return loss / items;
    };
    const mean = [...(run.save().tensors.bucketsMean?.data ?? [])];
    const scale = Math.max(...mean.map(Math.abs)) * 10;
    buckets.forEach((value, k) => {
      const at = (moved: number) => {
        buckets[k] = moved;
        const loss = naive();
        buckets[k] = value;
        return loss;
      };
      const difference = (at(value + 1e-5) - at(value - 1e-5)) / 2e-5;
      expect(Math.abs((mean[k] as number) * 10 - difference) / scale, `buckets[${k}]`).toBeLessThan(2e-3);
    });
  });

  it('leaves warm items to the default method where texts are not trusted, and moves rare ones where they are', async () => {
    const data = randomData(13, 11, 'clip warm');
    const served = async (textTrust: number) => {
      const run = await prepareClip(data, randomTexts(11), { textTrust });
      await run.step();
      return run.artefact(vocabularyOf(data)).itemVectors;
    };
    const method = getMethod('inductive');
    const settings = resolveSettings(method.settings, { dimensions: 8, epochs: 12 });
    const plain = await method.prepare({ data, settings, engine: await referenceEngine(), seed: 1 });
    await plain.step();
    const expected = plain.artefact(vocabularyOf(data)).itemVectors;
    expect(await served(0)).toEqual(expected);
    const trusted = await served(5);
    for (let item = 0; item < 11; item++) {
      const direction = trusted.subarray(item * 9, item * 9 + 8);
      expect(Math.hypot(...direction)).toBeCloseTo(1, 5);
      expect(direction).not.toEqual(expected.subarray(item * 9, item * 9 + 8));
      expect(trusted[item * 9 + 8]).toBe(expected[item * 9 + 8]);
    }
  });
});

describe('items without any event', () => {
  const CLUSTERS = 4;
  const WARM = 48;
  const COLD = 16;
  const kinds = ['lantern candle', 'teapot cup', 'garden spade', 'pencil eraser'];
  const clusterOf = (item: number) => item % CLUSTERS;

  /** Users take items of their cluster only; the words of a title tell the cluster, with a word that says nothing. */
  function planted(): { data: TrainingData; titles: string[] } {
    const random = new Random(9, 'planted');
    const rows: number[] = [];
    const columns: number[] = [];
    for (let user = 0; user < 80; user++) {
      for (const k of random.sample(WARM / CLUSTERS, 5)) {
        rows.push(user);
        columns.push(k * CLUSTERS + (user % CLUSTERS));
      }
    }
    const ones = new Float32Array(rows.length).fill(1);
    const positives = matrixFromTriples(80, WARM, Uint32Array.from(rows), Uint32Array.from(columns), ones);
    const none = matrixFromTriples(80, WARM, new Uint32Array(0), new Uint32Array(0), new Float32Array(0));
    const titles = Array.from({ length: WARM + COLD }, (_, item) => {
      const words = (kinds[clusterOf(item)] as string).split(' ');
      return `${words[random.below(2)]} no ${random.below(1000)}`;
    });
    return { data: { positives, weights: ones, times: undefined, negatives: none, endTimeMs: undefined }, titles };
  }

  async function trained(data: TrainingData, titles: readonly string[]): Promise<ModelArtefact> {
    const run = await prepareClip(data, titles, { epochs: 40, textDropout: 0.2 });
    for (let step = 0; step < run.plannedEpochs * run.stepsPerEpoch; step++) await run.step();
    return run.artefact(vocabularyOf(data));
  }

  /** The share of cold items that users of their cluster rank above all others' items. */
  function share(artefact: ModelArtefact, { positives }: TrainingData, titles: readonly string[]): number {
    let right = 0;
    for (let user = 0; user < 80; user++) {
      const [start, end] = [positives.offsets[user], positives.offsets[user + 1]];
      const query = encodeHistory(artefact, positives.columns.slice(start, end), positives.values.slice(start, end));
      const scores = Array.from({ length: COLD }, (_, k) => {
        const vector = encodeItemText(artefact, titles[WARM + k] as string);
        return vector?.reduce((sum, value, c) => sum + value * (query[c] as number), 0) ?? Number.NEGATIVE_INFINITY;
      });
      const best = [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number));
      const mine = best.slice(0, COLD / CLUSTERS).filter((k) => clusterOf(WARM + k) === user % CLUSTERS);
      right += mine.length / (COLD / CLUSTERS) / 80;
    }
    return right;
  }

  it('are ranked by their titles; with the titles shuffled they are not', async () => {
    const { data, titles } = planted();
    expect(share(await trained(data, titles.slice(0, WARM)), data, titles)).toBeGreaterThan(0.9);
    const order = new Random(2).shuffle(Uint32Array.from({ length: WARM }, (_, k) => k));
    const shuffled = [...order].map((k) => titles[k] as string);
    expect(share(await trained(data, shuffled), data, titles)).toBeLessThan(0.6);
  });

  it('say nothing where the title is unknown words, or the model reads no texts', async () => {
    const { data, titles } = planted();
    const artefact = await trained(data, titles.slice(0, WARM));
    expect(encodeItemText(artefact, '')).toBeUndefined();
    expect(encodeItemText({ ...artefact, textEncoder: undefined }, 'lantern')).toBeUndefined();
    expect(encodeItemText(artefact, 'Lantern')).toHaveLength(9);
  });
});

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, k) => sum + value * (y[k] as number), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
