import { spawnSync } from 'node:child_process';
import path from 'node:path';
import {
  emptyMatrix,
  matrixFromTriples,
  Random,
  selectEntries,
  selectRows,
  type TrainingData,
  type UserBatch,
} from '@kindred/domain';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  artefactRecommender,
  encodeHistory,
  fitItemWeights,
  type LearnedMethod,
  learnedWidth,
  METHODS,
  type MethodRun,
  type ModelArtefact,
  resolveSettings,
  userDirections,
  userVectors,
} from '../src/index.js';
import { randomData, referenceEngine, vocabularyOf } from './learned-fixture.js';

/**
 * What every learned method has to keep, whatever it learns by: the edges of a log, users in any order, and the same bytes in
 * every process. A training itself draws users by their place: with the users of the log in another order other batches are
 * dealt, and another model of the same quality comes out. What is made of the users by one model hangs on no order.
 */

const WIDTH = 4;
/** Small, of these what a method declares. */
const SMALL = { dimensions: WIDTH, batchSize: 4, latent: 3, criticUnits: 4, criticSteps: 1, textBuckets: 32 };

async function prepared(method: LearnedMethod, data: TrainingData): Promise<MethodRun> {
  const declared = new Set(method.settings.map(({ name }) => name));
  const given = Object.fromEntries(Object.entries(SMALL).filter(([name]) => declared.has(name)));
  const settings = resolveSettings(method.settings, given);
  const itemTexts = vocabularyOf(data).items.map((item, k) => `${item} of kind ${k % 3}`);
  return method.prepare({ data, itemTexts, settings, engine: await referenceEngine(), seed: 1 });
}

async function trained(method: LearnedMethod, data: TrainingData): Promise<ModelArtefact> {
  const run = await prepared(method, data);
  for (let step = 0; step < 2; step++) expect(await run.step()).not.toBeNaN();
  return run.artefact(vocabularyOf(data));
}

/** Everybody with their history, as users of the training or as strangers. */
const batchOf = ({ positives, times }: TrainingData, known: boolean): UserBatch => ({
  history: positives,
  times,
  users: known ? Uint32Array.from({ length: positives.rowCount }, (_, user) => user) : undefined,
});

async function scoresOf(artefact: ModelArtefact, batch: UserBatch): Promise<Float32Array> {
  const scores = new Float32Array(batch.history.rowCount * artefact.items.length);
  await artefactRecommender(artefact).score(batch, scores);
  return scores;
}

function rowsOf(values: Float32Array, count: number): Float32Array[] {
  const width = values.length / count;
  return Array.from({ length: count }, (_, row) => values.subarray(row * width, (row + 1) * width));
}

const inOrder = <T>(rows: readonly T[], order: Uint32Array) => Array.from(order, (row) => rows[row]);

/** One user a row, the items that each has; one event a second. */
function logOf(rows: readonly (readonly number[])[], items: number): TrainingData {
  const users = Uint32Array.from(rows.flatMap((has, user) => has.map(() => user)));
  const ones = new Float32Array(users.length).fill(1);
  return {
    positives: matrixFromTriples(rows.length, items, users, Uint32Array.from(rows.flat()), ones),
    weights: ones,
    times: Float64Array.from(users.keys(), (k) => 1000 * (1 + k)),
    negatives: emptyMatrix(rows.length, items),
    endTimeMs: 1000 * users.length,
  };
}

/** The rows in another order. */
function permuted({ history, times, users }: UserBatch, order: Uint32Array): UserBatch {
  const moved = selectRows(history, order);
  return {
    history: moved,
    times: times && selectEntries(history, times, order, moved),
    users: users && order.map((row) => users[row] as number),
  };
}

/** With all that may join the vectors, where the method asks for it: the parts that a default model is served with. */
async function joined({ unionWith = [] }: LearnedMethod, artefact: ModelArtefact, data: TrainingData) {
  const [name] = unionWith;
  if (name === undefined) return artefact;
  const weights = await fitItemWeights(name, {}, data);
  return { ...artefact, union: { name, weights, share: 0.5, vectorShare: 1 }, ownItemsFirst: { strengthWeight: 1 } };
}

describe.each(Object.values(METHODS))('$name', (method) => {
  const data = randomData(13, 11, 'permuted', true);
  let artefact: ModelArtefact;
  beforeAll(async () => {
    artefact = await trained(method, data);
  });

  it('gives permuted users permuted vectors and scores, to the bit, trained users and strangers', async () => {
    const served = await joined(method, artefact, data);
    const order = new Random(2, 'order').shuffle(Uint32Array.from({ length: 13 }, (_, user) => user));
    for (const known of [true, false]) {
      const [plain, moved] = [batchOf(data, known), permuted(batchOf(data, known), order)];
      const [scores, movedScores] = [await scoresOf(served, plain), await scoresOf(served, moved)];
      expect(new Set(scores).size).toBeGreaterThan(30);
      expect(rowsOf(movedScores, 13)).toEqual(inOrder(rowsOf(scores, 13), order));
      const vectors = rowsOf(userVectors(served, plain), 13);
      expect(rowsOf(userVectors(served, moved), 13)).toEqual(inOrder(vectors, order));
    }
  });

  it('says how much of a served vector was learned: into what comes after it no history reaches', () => {
    const learned = learnedWidth(artefact);
    expect(learned).toBe(method.name === 'ultragcn' ? WIDTH : artefact.dimensions - 1);
    const directions = rowsOf(userDirections(artefact, batchOf(data, true)), 13);
    expect(directions.some((row) => row[learned - 1] !== 0)).toBe(true);
    for (const row of directions) expect(row.subarray(learned).every((value) => value === 0)).toBe(true);
  });

  it('learns from one user, one item, a user who has everything and one who has nothing, or says why not', async () => {
    const logs = { oneUser: [[0, 2, 1]], oneItem: [[0], [0]], everything: [[0, 1, 2, 3], [1, 2], []] };
    for (const [label, rows] of Object.entries(logs)) {
      const items = label === 'oneItem' ? 1 : 4;
      const data = logOf(rows, items);
      if (method.readsOrder === true && label === 'oneItem') {
        await expect(prepared(method, data), label).rejects.toMatchObject({ code: 'DATA_EMPTY' });
        continue;
      }
      const small = await trained(method, data);
      for (const known of [true, false]) {
        const scores = await scoresOf(small, batchOf(data, known));
        expect(scores.every(Number.isFinite), label).toBe(true);
        if (label !== 'everything') continue;
        // Of somebody without a history popularity is all that is known: 1, 2, 2 and 1 users.
        const nobody = [...scores.subarray(8)].map((score) => Math.round(1e4 * score));
        expect([nobody[0], nobody[1]], label).toEqual([nobody[3], nobody[2]]);
        expect(nobody[1], label).toBeGreaterThan(nobody[0] as number);
      }
    }
  });

  it('refuses an empty catalogue, and a log in which nobody has anything', async () => {
    for (const data of [logOf([], 0), logOf([[], []], 0), logOf([], 3), logOf([[], []], 3)]) {
      await expect(prepared(method, data)).rejects.toMatchObject({ code: 'DATA_EMPTY' });
    }
  });

  it('counts an item twice that a history gives twice, and refuses one that the catalogue has not', () => {
    const encode = (items: number[], strengths: number[]) =>
      encodeHistory(artefact, Uint32Array.from(items), Float32Array.from(strengths));
    const twice = encode([1, 2, 1], [1, 1, 1]);
    expect(twice.every(Number.isFinite)).toBe(true);
    const direction = (vector: Float32Array) => {
      const own = [...vector.subarray(0, -1)];
      return own.map((value) => value / Math.hypot(...own));
    };
    const { kind } = artefact.encoder;
    if (kind === 'sum') {
      const stronger = direction(encode([1, 2], [2, 1]));
      expect(direction(twice)).toEqual(stronger.map((value) => expect.closeTo(value, 5)));
    }
    // A sequence has it at both places; layers read an item as often as it stands there.
    if (kind === 'sequence') expect(Math.hypot(...twice.subarray(0, -1))).toBeCloseTo(1, 5);
    expect(() => encode([11], [1])).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});

describe('in a process of its own', () => {
  let runs: readonly [ChildReport, ChildReport];
  beforeAll(() => {
    const child = path.join(import.meta.dirname, 'methods-in-child.mjs');
    const report = (isWatched: 'yes' | 'no') => {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', child, isWatched], {
        encoding: 'utf8',
      });
      expect(status, stderr).toBe(0);
      return JSON.parse(stdout) as ChildReport;
    };
    runs = [report('yes'), report('no')];
  }, 900_000);
  const variants = [
    ...['sparse-autoencoder by L1', 'sparse-autoencoder by KL', 'mult-vae of a composite prior'],
    ...['wgan-gp by convolutions', 'conditional-gan by segments', 'ganmf by styles'],
  ];
  const labels = [...Object.keys(METHODS), ...variants, 'large', 'cyclegan'].sort();

  it('every method gives the same bytes on wasm, the default one also where products are divided among threads', () => {
    const [{ wasm }, again] = [runs[0].hashes, runs[1].hashes];
    expect(Object.keys(wasm).sort()).toEqual(labels);
    expect(new Set(Object.values(wasm)).size).toBe(labels.length - 1); // auto without probes is inductive
    expect(again.wasm).toEqual(wasm);
  });

  it('one method of each kind gives the same bytes on native TensorFlow, the default one also of a large log', ({
    skip,
  }) => {
    const [{ withoutNative, hashes }, again] = runs;
    if (withoutNative !== undefined) return skip(withoutNative);
    expect(new Set(Object.values(hashes.tensorflow)).size).toBe(10);
    expect(again.hashes.tensorflow).toEqual(hashes.tensorflow);
  });

  it('those that draw, and that play against another, need no more memory the longer they train', () => {
    const { growth } = runs[0];
    expect(Object.keys(growth).sort()).toEqual(
      ['autoencoder', 'dae', 'sparse-autoencoder', 'mult-vae', 'gan', 'cfgan', ...variants, 'cyclegan'].sort(),
    );
    // 2.5 kB kept by each of the 2,000 steps would be seen, beside about a MiB of what is compiled.
    for (const [name, { tensors, held, resident }] of Object.entries(growth)) {
      expect(tensors, name).toBe(0);
      expect(held, name).toBeLessThan(4.75);
      // Of the first of them up to 41 MiB is what the process takes to compile and to collect.
      expect(resident, name).toBeLessThan(64);
    }
  });
});

interface ChildReport {
  /** By engine and method. */
  readonly hashes: Readonly<Record<'wasm' | 'tensorflow', Readonly<Record<string, string>>>>;
  readonly growth: Readonly<Record<string, Growth>>;
  /** Why native TensorFlow does not load; undefined: it does. */
  readonly withoutNative?: string | undefined;
}

interface Growth {
  readonly tensors: number;
  /** MiB of the heap and of arrays. */
  readonly held: number;
  /** MiB of the process. */
  readonly resident: number;
}
