import { Random, rowDegrees, type SparseMatrix, type UserBatch } from '@kindred/domain';
import { type ModelArtefact, plainMatmul, type ScoreProduct, transposed, userVectors } from '@kindred/models';
import { takeTurn } from '../in-turns.js';

export interface LeftOutOptions {
  /** Of the division of histories, and of the items that stand for a large catalogue. */
  readonly seed: number;
  /** An engine's; default: plain JavaScript. */
  readonly matmul?: ScoreProduct | undefined;
  /** Heard between two blocks of users. */
  readonly signal?: AbortSignal | undefined;
}

/** A history is divided into so many parts, each predicted from the others; a shorter one item by item. */
const PARTS = 5;
/** Beyond so many items, those of a sample stand for all in the sum of the softmax. */
const ALL_ITEMS = 8192;
const SAMPLED_ITEMS = 4096;
/** Scores that are held at once. */
const LARGEST_BLOCK = 1 << 22;

/**
 * How badly a model explains what each user has: the mean over their items of -log p(item | their items of the other
 * parts), in nats, p as of `itemDistribution` with the latent's mean.
 * @param history [U, I] in the order of the artefact's items
 * @param times [entries of history], or undefined
 * @returns [U]; NaN where there are fewer than two items, so that nothing is left to predict one from
 * @throws KindredError INTERRUPTED at the signal
 */
export async function leftOutErrors(
  artefact: ModelArtefact,
  history: SparseMatrix,
  times: Float64Array | undefined,
  { seed, matmul = plainMatmul, signal }: LeftOutOptions,
): Promise<Float64Array> {
  const lengths = rowDegrees(history);
  const errors = Float64Array.from(lengths, (length) => (length < 2 ? Number.NaN : 0));
  const candidates = candidateItems(artefact.items.length, seed);
  const width = artefact.dimensions;
  const columns = transposed(rowsOf(artefact.itemVectors, width, candidates), [candidates.length, width]); // [D, C]
  const placeOf = new Int32Array(artefact.items.length).fill(-1);
  candidates.forEach((item, place) => {
    placeOf[item] = place;
  });
  const rows = Math.max(1, Math.floor(LARGEST_BLOCK / candidates.length));
  const scores = new Float32Array(rows * candidates.length);
  for (const block of inBlocks(dividedHistories(history, seed), rows)) {
    await takeTurn('the search for anomalies', signal);
    const vectors = userVectors(artefact, batchOf(history, times, block)); // [B, D]
    const out = scores.subarray(0, block.length * candidates.length);
    await matmul(vectors, [block.length, width], columns, [width, candidates.length], { out });
    block.forEach((task, row) => {
      const own = vectors.subarray(row * width, (row + 1) * width);
      const logits = out.subarray(row * candidates.length, (row + 1) * candidates.length);
      const sum = errorOf(artefact, own, logits, placeOf, history, task);
      errors[task.user] = (errors[task.user] as number) + sum / (lengths[task.user] as number);
    });
  }
  return errors;
}

/** One part of a user's history that is to be predicted from the others. */
interface Task {
  readonly user: number;
  /** Entries of the history, ascending. */
  readonly known: Uint32Array;
  readonly asked: Uint32Array;
}

/** Every history of two items or more in parts at random, as even as can be. */
function* dividedHistories({ offsets, rowCount }: SparseMatrix, seed: number): Generator<Task> {
  for (let user = 0; user < rowCount; user++) {
    const [start, end] = [offsets[user] as number, offsets[user + 1] as number];
    const length = end - start;
    if (length < 2) continue;
    // A stream for each user: who else is in the log does not change how a history is divided.
    const order = new Random(seed, `left out ${user}`).shuffle(Uint32Array.from({ length }, (_, k) => k));
    const parts = Math.min(length, PARTS);
    for (let part = 0; part < parts; part++) {
      const isAsked = (entry: number) => (order[entry - start] as number) % parts === part;
      const entries = Uint32Array.from({ length }, (_, k) => start + k);
      yield { user, known: entries.filter((e) => !isAsked(e)), asked: entries.filter(isAsked) };
    }
  }
}

/** Only those of one block are held at once. */
function* inBlocks<T>(values: Iterable<T>, size: number): Generator<T[]> {
  let block: T[] = [];
  for (const value of values) {
    block.push(value);
    if (block.length < size) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}

function batchOf(history: SparseMatrix, times: Float64Array | undefined, tasks: readonly Task[]): UserBatch {
  const offsets = new Uint32Array(tasks.length + 1);
  tasks.forEach(({ known }, row) => {
    offsets[row + 1] = (offsets[row] as number) + known.length;
  });
  const entries = new Uint32Array(offsets[tasks.length] as number);
  tasks.forEach(({ known }, row) => {
    entries.set(known, offsets[row]);
  });
  const columns = Uint32Array.from(entries, (e) => history.columns[e] as number);
  const values = Float32Array.from(entries, (e) => history.values[e] as number);
  return {
    history: { rowCount: tasks.length, columnCount: history.columnCount, offsets, columns, values },
    times: times && Float64Array.from(entries, (e) => times[e] as number),
    // Nobody is known: a table of users would tell the model what it is asked for.
    users: undefined,
  };
}

/** The sum of -log p over the items asked for. @param scores [C] of the candidates, overwritten */
function errorOf(
  { itemVectors, encoder, items }: ModelArtefact,
  vector: Float32Array,
  scores: Float32Array,
  placeOf: Int32Array,
  history: SparseMatrix,
  { known, asked }: Task,
): number {
  let counted = scores.length;
  for (const entry of known) {
    const place = placeOf[history.columns[entry] as number] as number;
    if (place < 0) continue;
    scores[place] = Number.NEGATIVE_INFINITY;
    counted -= 1;
  }
  const logits = scores.map((score) => score / encoder.temperature);
  const share = Math.log((items.length - known.length) / Math.max(1, counted));
  const total = logSumExp(logits) + share;
  let sum = 0;
  for (const entry of asked) {
    const at = (history.columns[entry] as number) * vector.length;
    let score = 0;
    for (let c = 0; c < vector.length; c++) score += (vector[c] as number) * (itemVectors[at + c] as number);
    sum += total - score / encoder.temperature;
  }
  return sum;
}

function logSumExp(values: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > largest) largest = value;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}

function candidateItems(itemCount: number, seed: number): Uint32Array {
  if (itemCount <= ALL_ITEMS) return Uint32Array.from({ length: itemCount }, (_, item) => item);
  return new Random(seed, 'candidate items').sample(itemCount, SAMPLED_ITEMS).sort();
}

function rowsOf(table: Float32Array, width: number, rows: Uint32Array): Float32Array {
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, at) => {
    out.set(table.subarray(row * width, (row + 1) * width), at * width);
  });
  return out;
}
