import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { matrixFromTriples, Random } from '@kindred/domain';
import { evaluate, trainedCohort } from '@kindred/evaluation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  artefactRecommender,
  createBaseline,
  encodeHistory,
  lastOutput,
  loadArtefact,
  type SequenceShape,
  saveArtefact,
  weightPlaces,
  weightViews,
} from '../src/index.js';
import { NOTHING, packBatch, type Question } from '../src/sequence/packed-batch.js';
import { sequenceOf, sequencesOf } from '../src/sequence/sequences.js';
import { runTransformer } from '../src/sequence/transformer.js';
import { prepare, randomData, referenceEngine, resumeHalfway, vocabularyOf } from './learned-fixture.js';
import { dataOf, randomWeights, ringWalks } from './sequence-fixture.js';

const METHODS = ['next-item', 'masked'] as const;
/** Of the ring, and of its training. */
const ITEMS = 13;
const STEPS = 80;

describe('sequencesOf', () => {
  it('puts items in order of time, those of one instant by their index, and keeps the newest', () => {
    const data = { ...dataOf([[3, 1, 0, 2], [2]], 4), times: Float64Array.of(7, 5, 5, 1, 9) };
    // Columns ascend within a row: items 0, 1, 2, 3 at 7, 5, 5, 1.
    expect([...sequenceOf(sequencesOf(data, 9), 0)]).toEqual([3, 1, 2, 0]);
    expect([...sequenceOf(sequencesOf(data, 3), 0)]).toEqual([1, 2, 0]);
    expect([...sequenceOf(sequencesOf(data, 3), 1)]).toEqual([2]);
  });
});

describe('packBatch', () => {
  const question = (start: number, length: number): Question => ({
    inputs: Uint32Array.from({ length }, (_, k) => start + k),
    asked: Uint32Array.from({ length }, (_, k) => k),
    targets: Uint32Array.from({ length }, (_, k) => start + k + 1),
  });

  it('keeps every sequence whole, and no place sees another sequence or, if causal, a later place', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 17 });
    fc.assert(
      fc.property(lengths, fc.boolean(), (sizes, causal) => {
        const batch = packBatch(
          sizes.map((length, k) => question(100 * k, length)),
          causal,
        );
        const { rowLength, items, positions, sight, asked, targets } = batch;
        expect(rowLength).toBe(Math.max(...sizes));
        expect(items.filter((item) => item !== NOTHING)).toHaveLength(sizes.reduce((a, b) => a + b));
        expect(asked.map((place) => (items[place] as number) + 1)).toEqual(targets);
        for (let row = 0; row < batch.rowCount; row++) {
          for (let a = row * rowLength; a < (row + 1) * rowLength; a++) {
            for (let b = row * rowLength; b < (row + 1) * rowLength; b++) {
              const [from, to] = [items[a] as number, items[b] as number];
              const together = from !== NOTHING && to !== NOTHING && Math.floor(from / 100) === Math.floor(to / 100);
              const sees = a === b || (together && (!causal || to <= from));
              expect(sight[a * rowLength + (b % rowLength)] === 0).toBe(sees);
            }
            const [item, position] = [items[a] as number, positions[a] as number];
            const size = sizes[Math.floor(item / 100)] as number;
            if (item !== NOTHING) expect(position).toBe(causal ? item % 100 : size - 1 - (item % 100));
          }
        }
      }),
      { seed: 5, numRuns: 40 },
    );
  });

  it('wastes little on many short sequences beside a long one', () => {
    const sizes = Array.from({ length: 200 }, (_, k) => (k === 77 ? 50 : 1 + (k % 9)));
    const batch = packBatch(
      sizes.map((length) => question(0, length)),
      true,
    );
    const waste = batch.items.filter((item) => item === NOTHING).length / batch.items.length;
    expect(waste).toBeLessThan(0.05);
  });
});

const SHAPES: SequenceShape[] = [
  { width: 4, length: 7, blocks: 1, heads: 1, expansion: 1, causal: true },
  { width: 6, length: 7, blocks: 2, heads: 3, expansion: 2, causal: true },
  { width: 6, length: 7, blocks: 2, heads: 2, expansion: 1, causal: false },
  { width: 5, length: 7, blocks: 3, heads: 1, expansion: 4, causal: false },
];

/** Outputs of all places of sequences packed together, by the engine. */
async function engineOutputs(shape: SequenceShape, weights: Float32Array, sequences: Float32Array[]) {
  const engine = await referenceEngine();
  const { tf } = engine;
  const { width } = shape;
  let first = 0;
  const questions = sequences.map((rows) => {
    const inputs = Uint32Array.from({ length: rows.length / width }, () => first++);
    return { inputs, asked: new Uint32Array(0), targets: new Uint32Array(0) };
  });
  const all = Float32Array.from(sequences.flatMap((rows) => [...rows]));
  const batch = packBatch(questions, shape.causal);
  const rows = new Float32Array(batch.items.length * width);
  batch.items.forEach((item, place) => {
    if (item !== NOTHING) rows.set(all.subarray(item * width, (item + 1) * width), place * width);
  });
  const places = new Map(weightPlaces(shape).map((place) => [place.name, place]));
  const out = engine.scope(() =>
    runTransformer(tf, shape, {
      rows: tf.tensor2d(rows, [batch.items.length, width]),
      sight: tf.tensor4d(batch.sight, [batch.rowCount, 1, batch.rowLength, batch.rowLength]),
      rowCount: batch.rowCount,
      weights: (name) => {
        const place = places.get(name);
        if (place === undefined) throw new Error(`no weight ${name}`);
        return tf.tensor2d(weights.slice(place.start, place.end), [place.shape[0], place.shape[1]]);
      },
      drop: (values) => values,
    }),
  );
  const values = await engine.read(out);
  out.dispose();
  const outputs = new Float32Array(all.length);
  batch.items.forEach((item, place) => {
    if (item !== NOTHING) outputs.set(values.subarray(place * width, (place + 1) * width), item * width);
  });
  return outputs;
}

function randomRows(count: number, width: number, label: string): Float32Array {
  const random = new Random(7, label);
  return Float32Array.from({ length: count * width }, () => random.normal());
}

describe('the transformer', () => {
  it.each(SHAPES)('gives the same by plain arrays and by the engine, packed or not: %o', async (shape) => {
    const weights = randomWeights(shape, 'equal');
    const sequences = [1, 2, 5, 7].map((count) => randomRows(count, shape.width, `rows ${count}`));
    const outputs = await engineOutputs(shape, weights, sequences);
    let end = 0;
    for (const rows of sequences) {
      end += rows.length;
      const plain = lastOutput(shape, weightViews(shape, weights), rows.slice());
      plain.forEach((value, c) => {
        expect(Math.abs(value - (outputs[end - shape.width + c] as number))).toBeLessThan(1e-5);
      });
    }
  });

  it.each([
    [true, 3],
    [false, 0],
  ])('lets a later item change nothing before it, if causal (%s)', async (causal, unchanged) => {
    const shape = { ...(SHAPES[1] as SequenceShape), causal };
    const weights = randomWeights(shape, 'causal');
    const rows = randomRows(5, shape.width, 'rows');
    const changed = rows.slice();
    changed[3 * shape.width] = 9;
    const before = await engineOutputs(shape, weights, [rows]);
    const after = await engineOutputs(shape, weights, [changed]);
    const same = [0, 1, 2, 3, 4].filter((place) => {
      const [from, to] = [place * shape.width, (place + 1) * shape.width];
      return before.subarray(from, to).every((value, c) => value === after[from + c]);
    });
    expect(same).toHaveLength(unchanged);
  });
});

describe.each(METHODS)('%s', (name) => {
  const masks = name === 'masked';
  const small = { dimensions: 4, length: 4, batchSize: 3, dropout: 0.3, ...(masks && { maskShare: 0.4 }) };

  it('takes the gradient of the whole loss: naive twin and finite differences', async () => {
    const sequences = [[0, 1, 2], [3, 1], [2, 4, 0, 3, 1, 5], [5]];
    const data = dataOf(sequences, 6);
    const settings = { ...small, batchSize: 100, dropout: 0, heads: 2, temperature: 0.4, negatives: 100 };
    const run = await prepare(name, data, { ...settings, ...(masks && { lastShare: 1 }) });
    const { encoder } = run.artefact(vocabularyOf(data));
    if (encoder.kind !== 'sequence') throw new Error('no sequence encoder');
    // Larger than they start, gains and shifts too: differences of small rows are coarse, for their norms divide by them.
    run.tables[0]?.values.set(randomWeights(encoder.shape, 'loss'));
    const [weights, items] = run.tables.map(({ values }) => values.slice()) as [Float32Array, Float32Array];
    const naive = () => naiveLoss(encoder.shape, weights, items, sequences, 0.4);
    expect(await run.step()).toBeCloseTo(naive(), 4);
    // After the first step Adam's mean is a tenth of the gradient.
    for (const [mean, table] of [['weightsMean', weights] as const, ['itemsMean', items] as const]) {
      const gradient = [...(run.save().tensors[mean]?.data ?? [])].map((value) => 10 * value);
      const scale = Math.max(...gradient.map(Math.abs));
      table.forEach((value, k) => {
        const at = (shifted: number) => {
          table[k] = shifted;
          const loss = naive();
          table[k] = value;
          return loss;
        };
        const difference = (at(value + 4e-3) - at(value - 4e-3)) / 8e-3;
        expect(Math.abs((gradient[k] as number) - difference) / scale, `${mean}[${k}]`).toBeLessThan(1e-2);
      });
    }
  });

  it('descends, moves what it should, and keeps no tensor', async () => {
    const data = randomData(23, 11, 'sequence', true);
    const run = await prepare(name, data, { ...small, batchSize: 64, learningRate: 0.02 });
    const before = (await referenceEngine()).tensorCount();
    const losses: number[] = [];
    for (let k = 0; k < 40; k++) losses.push(await run.step());
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(losses.slice(-5))).toBeLessThan(mean(losses.slice(0, 5)) - 0.1);
    expect((await referenceEngine()).tensorCount()).toBe(before);
  });

  it('goes on from a saved state to the same bytes, also in the middle of an epoch', async () => {
    const data = randomData(13, 11, 'resume', true);
    const { run, resumed } = await resumeHalfway((seed) => prepare(name, data, small, seed), 3, 5);
    expect(resumed.save()).toEqual(run.save());
    expect(resumed.artefact(vocabularyOf(data))).toEqual(run.artefact(vocabularyOf(data)));
  });

  it('reads no more than the newest items, in order of time, and nothing gives the prior alone', async () => {
    const data = randomData(13, 11, 'lengths', true);
    const run = await prepare(name, data, { ...small, priorStrength: 0.5 });
    await run.step();
    const artefact = run.artefact(vocabularyOf(data));
    const encode = (items: number[], times?: number[], strengths = items.map(() => 1)) =>
      encodeHistory(artefact, Uint32Array.from(items), Float32Array.from(strengths), times && Float64Array.from(times));
    expect([...encode([])]).toEqual([0, 0, 0, 0, 1]);
    expect([...encode([1, 2], [1, 2], [-1, 0])]).toEqual([0, 0, 0, 0, 1]);
    for (const items of [[3], [5, 3, 1, 4], [7, 5, 3, 1, 4]]) {
      const vector = encode(items);
      expect(Math.hypot(...vector.subarray(0, 4))).toBeCloseTo(1, 5);
      expect(vector[4]).toBe(0.5);
    }
    const room = masks ? 3 : 4;
    const long = [7, 5, 3, 1, 4];
    expect(encode(long)).toEqual(encode(long.slice(-room)));
    expect(encode(long)).not.toEqual(encode([...long].reverse()));
    expect(encode([...long].reverse(), [5, 4, 3, 2, 1])).toEqual(encode(long));
    expect(encode([9, 7, 5, 3, 1, 4], undefined, [1, 1, 1, 1, -2, 1])).toEqual(encode([9, 7, 5, 3, 4]));
    expect(() => encode([11])).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });

  it('is saved with its weights by name, and read back to the same vectors', async () => {
    const data = randomData(13, 11, 'saved', true);
    const artefact = (await prepare(name, data, { ...small, blocks: 2 })).artefact(vocabularyOf(data));
    const dir = await mkdtemp(path.join(tmpdir(), 'sequence-'));
    try {
      await saveArtefact(dir, artefact);
      expect(await loadArtefact(dir)).toEqual({ ...artefact, users: undefined });
      const header = (await readFile(path.join(dir, 'vectors.safetensors'))).toString('latin1');
      expect(header).toContain('"block1.query":{"dtype":"F32","shape":[4,4]');
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  it('refuses a log without times, without a user of two items, and heads that do not fit', async () => {
    const untimed = randomData(13, 11, 'untimed');
    await expect(prepare(name, untimed)).rejects.toMatchObject({ code: 'ORDER_UNKNOWN' });
    await expect(prepare(name, dataOf([[0], [1]], 2))).rejects.toMatchObject({ code: 'DATA_EMPTY' });
    const heads = prepare(name, dataOf([[0, 1]], 2), { dimensions: 6, heads: 4 });
    await expect(heads).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('learns what follows what on a ring; without the order, neither it nor item neighbours can', async () => {
    const { walks, next } = ringWalks(80, ITEMS);
    const data = dataOf(walks, ITEMS);
    const heldOut = {
      items: matrixFromTriples(
        walks.length,
        ITEMS,
        Uint32Array.from(walks.keys()),
        Uint32Array.from(next),
        new Float32Array(walks.length).fill(1),
      ),
      unknownItems: new Uint32Array(walks.length),
    };
    const hitRate = async (recommender: Parameters<typeof evaluate>[0]) => {
      const cohort = trainedCohort(data, heldOut, { mask: 'seen' });
      return (await evaluate(recommender, cohort, { mask: 'seen', cutoffs: [1] })).metrics['hitRate@1'];
    };
    const train = async (times: Float64Array | undefined) => {
      const settings = { dimensions: 8, length: 8, dropout: 0, batchSize: 16, epochs: 40, learningRate: 0.02 };
      const run = await prepare(
        name,
        { ...data, times },
        { ...settings, temperature: 0.2, ...(masks && { lastShare: 0.8 }) },
      );
      for (let k = 0; k < STEPS; k++) await run.step();
      return artefactRecommender(run.artefact(vocabularyOf(data)));
    };
    expect(await hitRate(await train(data.times))).toBeGreaterThan(masks ? 0.75 : 0.95);
    const random = new Random(9, 'shuffled times');
    expect(await hitRate(await train(data.times?.map(() => random.next())))).toBeLessThan(0.6);
    expect(await hitRate(await createBaseline('itemknn').fit(data, 1))).toBeLessThan(0.6);
  });
});

/** The loss of the paper, question by question, over all items. @param sequences oldest first */
function naiveLoss(
  shape: SequenceShape,
  weights: Float32Array,
  items: Float32Array,
  sequences: readonly (readonly number[])[],
  temperature: number,
): number {
  const { width, length, causal } = shape;
  const views = weightViews(shape, weights);
  const itemOf = (item: number) => [...items.subarray(item * width, (item + 1) * width)];
  const losses = sequences.flatMap((sequence) => {
    const read = sequence.slice(causal ? -(length + 1) : -length);
    if (read.length < 2) return [];
    return range(causal ? 1 : read.length - 1, read.length).map((place) => {
      const inputs = [...read.slice(0, place).map(itemOf), ...(causal ? [] : [[...views('mask')]])];
      const rows = inputs.flatMap((row, at) => {
        const position = (causal ? at : inputs.length - 1 - at) * width;
        return row.map((value, c) => value + (views('positions')[position + c] as number));
      });
      const output = [...lastOutput(shape, views, Float32Array.from(rows))];
      const logits = range(0, items.length / width).map((item) => cosine(output, itemOf(item)) / temperature);
      return (
        Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - (logits[read[place] as number] as number)
      );
    });
  });
  return losses.reduce((a, b) => a + b, 0) / losses.length;
}

function cosine(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, k) => sum + value * (b[k] as number), 0) / Math.hypot(...a) / Math.hypot(...b);
}

function range(from: number, to: number | undefined): number[] {
  return Array.from({ length: (to ?? from) - from }, (_, k) => from + k);
}

it('an artefact from before there were sequences is a sum', async () => {
  const data = randomData(9, 6, 'old');
  const artefact = (await prepare('inductive', data, { dimensions: 4 })).artefact(vocabularyOf(data));
  const dir = await mkdtemp(path.join(tmpdir(), 'sequence-'));
  try {
    await saveArtefact(dir, artefact);
    const file = path.join(dir, 'artefact.json');
    const description = JSON.parse(await readFile(file, 'utf8')) as { encoder: { kind?: string } };
    expect(description.encoder.kind).toBe('sum');
    delete description.encoder.kind;
    await writeFile(file, JSON.stringify(description));
    expect(await loadArtefact(dir)).toEqual({ ...artefact, users: undefined });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
