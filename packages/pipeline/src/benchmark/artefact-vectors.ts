import { withEmptyRows } from '@kindred/domain';
import { measureRepresentation, type Representation } from '@kindred/evaluation';
import { learnedWidth, type ModelArtefact, userVectors } from '@kindred/models/artefact';
import type { SnapshotPart } from '@kindred/pairs';
import type { Embeddings } from './benchmark-files.js';
import type { Everyone } from './everyone.js';

/** What a benchmark writes of a model's vectors, and how much of each was learned. */
export interface ModelVectors extends Embeddings {
  readonly learnedWidth: number;
}

/** Vectors of every user (new ones from their empty history) and item. */
export function embeddingsOf(artefact: ModelArtefact, part: SnapshotPart, everyone: Everyone): ModelVectors {
  const history = withEmptyRows(part.data.positives, everyone.ids.length);
  const known = Uint32Array.from(everyone.ids.keys());
  return {
    users: userVectors(artefact, { history, times: part.data.times, users: known }),
    items: artefact.itemVectors,
    dimensions: artefact.dimensions,
    learnedWidth: learnedWidth(artefact),
  };
}

/** How the directions of the users of train and of the items lie, by what was learned of each vector. */
export async function representationOf(
  { users, items, dimensions, learnedWidth: width }: ModelVectors,
  part: SnapshotPart,
  categories: ReadonlyMap<string, string> | undefined,
  seed: number,
): Promise<Representation> {
  const trained = users.subarray(0, part.users.length * dimensions);
  return measureRepresentation({
    users: { values: firstColumns(trained, dimensions, width), width },
    items: { values: firstColumns(items, dimensions, width), width },
    positives: part.data.positives,
    categories: categories && part.items.map((id) => categories.get(id)),
    seed,
  });
}

/** [R, width] of [R, dimensions] */
function firstColumns(vectors: Float32Array, dimensions: number, width: number): Float32Array {
  const rows = vectors.length / dimensions;
  const out = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    out.set(vectors.subarray(row * dimensions, row * dimensions + width), row * width);
  }
  return out;
}
