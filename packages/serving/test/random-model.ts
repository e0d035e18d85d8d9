import { Random } from '@kindred/domain';
import type { ModelArtefact } from '@kindred/models/artefact';
import { ExactScan, type VectorIndex } from '@kindred/vector-index';
import { assemble, type ServingModel, type UserDirectory } from '../src/index.js';

export interface RandomModelOptions {
  readonly items: number;
  readonly dimensions: number;
  readonly seed: number;
  readonly users?: number;
  /** Small whole numbers as vectors: scores that tie. */
  readonly ties?: boolean;
  readonly index?: VectorIndex;
}

/** An artefact with random vectors: items `i0`, `i1`, …; unit directions and a prior, as training leaves them. */
export function randomArtefact(options: RandomModelOptions): ModelArtefact {
  const { items, dimensions, seed, ties = false } = options;
  const random = new Random(seed, 'artefact');
  const draw = () => (ties ? random.below(3) - 1 : random.normal());
  const width = dimensions - 1;
  const itemVectors = new Float32Array(items * dimensions);
  for (let item = 0; item < items; item++) {
    const direction = Array.from({ length: width }, draw);
    const length = ties ? 1 : Math.hypot(...direction) || 1;
    direction.forEach((value, d) => {
      itemVectors[item * dimensions + d] = value / length;
    });
    itemVectors[item * dimensions + width] = 0.2 * draw();
  }
  return {
    method: 'random',
    settings: {},
    items: Array.from({ length: items }, (_, k) => `i${k}`),
    dimensions,
    itemVectors,
    encoder: {
      kind: 'sum',
      contextVectors: Float32Array.from({ length: items * width }, draw),
      itemScale: Float32Array.from({ length: items }, () => 0.5 + random.next()),
      shrinkage: random.below(3),
      temperature: 0.1,
      priorWeight: random.below(2),
    },
    fallbackScores: Float32Array.from({ length: items }, () => (ties ? 1 + random.below(2) : 1 + random.next())),
  };
}

export function randomModel(options: RandomModelOptions): ServingModel {
  const artefact = randomArtefact(options);
  const index = options.index ?? new ExactScan(artefact.itemVectors, artefact.dimensions);
  return assemble(`random-${options.seed}`, artefact, index, randomUsers(options));
}

function randomUsers({ users = 0, dimensions, seed }: RandomModelOptions): UserDirectory | undefined {
  if (users === 0) return undefined;
  const random = new Random(seed, 'users');
  const width = dimensions - 1;
  const vectors = new Float32Array(users * width);
  for (let user = 0; user < users; user++) {
    const direction = Array.from({ length: width }, () => random.normal());
    const length = Math.hypot(...direction);
    direction.forEach((value, d) => {
      vectors[user * width + d] = value / length;
    });
  }
  return { ids: Array.from({ length: users }, (_, k) => `u${k}`), index: new ExactScan(vectors, width) };
}
