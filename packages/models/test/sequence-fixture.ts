import { emptyMatrix, matrixFromTriples, Random, type TrainingData } from '@kindred/domain';
import { type SequenceShape, weightCount } from '../src/index.js';

/** Training data of the sequences given, an event a second; nobody has an item twice. */
export function dataOf(sequences: readonly (readonly number[])[], itemCount: number): TrainingData {
  const rows = sequences.flatMap((items, user) => items.map(() => user));
  const order = new Uint32Array(rows.length);
  const ones = new Float32Array(rows.length).fill(1);
  const columns = Uint32Array.from(sequences.flat());
  const positives = matrixFromTriples(sequences.length, itemCount, Uint32Array.from(rows), columns, ones, order);
  const seconds = sequences.flatMap((items) => items.map((_, place) => 1000 * place));
  return {
    positives,
    weights: ones,
    times: Float64Array.from(order, (entry) => seconds[entry] as number),
    negatives: emptyMatrix(sequences.length, itemCount),
    endTimeMs: 1_000_000,
  };
}

/** Everybody walks around a ring of items, one step at a time but for a few that lead anywhere. */
export function ringWalks(users: number, itemCount: number): { walks: number[][]; next: number[] } {
  const random = new Random(3, 'ring');
  const next: number[] = [];
  const walks = Array.from({ length: users }, () => {
    const walk = [random.below(itemCount)];
    const length = 3 + random.below(4);
    while (walk.length < length) {
      const leap = random.next() < 0.05;
      const item = leap ? random.below(itemCount) : ((walk.at(-1) as number) + 1) % itemCount;
      if (!walk.includes(item)) walk.push(item);
      else if (!leap) break;
    }
    next.push(((walk.at(-1) as number) + 1) % itemCount);
    return walk;
  });
  return { walks, next };
}

/** Weights of every kind at random, gains and shifts too. */
export function randomWeights(shape: SequenceShape, label: string): Float32Array {
  const random = new Random(11, label);
  return Float32Array.from({ length: weightCount(shape) }, () => 0.6 * random.normal());
}
