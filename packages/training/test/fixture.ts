import { type Engine, loadEngine } from '@kindred/compute';
import { emptyMatrix, type HeldOut, matrixFromTriples, Random, type TrainingData } from '@kindred/domain';
import type { Vocabulary } from '@kindred/models';
import type { TrainingRequest } from '../src/index.js';

let engine: Engine | undefined;

/** The reference engine, loaded once. */
export async function referenceEngine(): Promise<Engine> {
  engine ??= await loadEngine('cpu');
  return engine;
}

export interface Log {
  readonly data: TrainingData;
  readonly heldOut: HeldOut;
  readonly vocabulary: Vocabulary;
}

/** Train and held-out pairs as [user, item], in matrices. */
export function logOf(users: number, items: number, train: [number, number][], test: [number, number][]): Log {
  const matrix = (pairs: [number, number][]) =>
    matrixFromTriples(
      users,
      items,
      Uint32Array.from(pairs, ([user]) => user),
      Uint32Array.from(pairs, ([, item]) => item),
      new Float32Array(pairs.length).fill(1),
    );
  const positives = matrix(train);
  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, k) => `${prefix}${k}`);
  return {
    data: {
      positives,
      weights: positives.values,
      times: undefined,
      negatives: emptyMatrix(users, items),
      endTimeMs: undefined,
    },
    heldOut: { items: matrix(test), unknownItems: new Uint32Array(users) },
    vocabulary: { users: names('u', users), items: names('i', items) },
  };
}

/**
 * A checkerboard: user u likes the items of their own colour, all but the one on the diagonal, which is held out.
 * The right answer for every user is that one item.
 */
export function checkerboard(size: number): Log {
  const train: [number, number][] = [];
  const test: [number, number][] = [];
  for (let user = 0; user < size; user++) {
    for (let item = user % 2; item < size; item += 2) (item === user ? test : train).push([user, item]);
  }
  return logOf(size, size, train, test);
}

/** Users of some clusters, each with items of their own cluster; a fifth of each user's items is held out. */
export function clusters(options: { users: number; items: number; clusters: number; shuffled?: boolean }): Log {
  const random = new Random(11, 'clusters');
  const perCluster = options.items / options.clusters;
  const chosen: [number, number][] = [];
  for (let user = 0; user < options.users; user++) {
    const first = (user % options.clusters) * perCluster;
    for (const place of random.sample(perCluster, Math.ceil(perCluster / 2))) chosen.push([user, first + place]);
  }
  const held = new Set(random.sample(chosen.length, Math.floor(chosen.length / 5)));
  const test = chosen.filter((_, k) => held.has(k));
  const train = chosen.filter((_, k) => !held.has(k));
  if (!options.shuffled) return logOf(options.users, options.items, train, test);
  // The same numbers of pairs for every user and item, but nothing of the clusters is left.
  const items = random.shuffle(train.map(([, item]) => item));
  const distinct = new Map(train.map(([user], k) => [`${user} ${items[k]}`, [user, items[k]] as [number, number]]));
  return logOf(options.users, options.items, [...distinct.values()], test);
}

/** A small training on the reference engine, in a second or less. */
export async function requestFor(log: Log, changes: Partial<TrainingRequest> = {}): Promise<TrainingRequest> {
  return {
    method: 'inductive',
    settings: { dimensions: 8, epochs: 8, batchSize: 16, startIterations: 2 },
    data: log.data,
    vocabulary: log.vocabulary,
    validation: log.heldOut,
    engine: await referenceEngine(),
    seed: 3,
    ...changes,
  };
}

/** Each user has two of the four most popular items and some others at random; what they should find are the other two. */
export function popularAnswers(users: number, items: number): Log {
  const random = new Random(12, 'popular answers');
  const train: [number, number][] = [];
  const test: [number, number][] = [];
  for (let user = 0; user < users; user++) {
    const popular = random.shuffle(Uint32Array.of(0, 1, 2, 3));
    popular.forEach((item, k) => {
      (k < 2 ? train : test).push([user, item]);
    });
    for (const place of random.sample(items - 4, 4)) train.push([user, 4 + place]);
  }
  return logOf(users, items, train, test);
}
