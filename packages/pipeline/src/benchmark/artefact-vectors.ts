import { withEmptyRows } from '@kindred/domain';
import { measureRepresentation, type Representation } from '@kindred/evaluation';
import { type ModelArtefact, userVectors } from '@kindred/models/artefact';
import type { SnapshotPart } from '@kindred/pairs';
import type { Embeddings } from './benchmark-files.js';
import type { Everyone } from './everyone.js';

/** Vectors of every user (new ones from their empty history) and item. */
export function embeddingsOf(artefact: ModelArtefact, part: SnapshotPart, everyone: Everyone): Embeddings {
  const history = withEmptyRows(part.data.positives, everyone.ids.length);
  const known = Uint32Array.from(everyone.ids.keys());
  return {
    users: userVectors(artefact, { history, times: part.data.times, users: known }),
    items: artefact.itemVectors,
    dimensions: artefact.dimensions,
  };
}

/** How the directions of the users of train and of the items lie; the prior's dimension is left out. */
export async function representationOf(
  { users, items, dimensions }: Embeddings,
  part: SnapshotPart,
  categories: ReadonlyMap<string, string> | undefined,
  seed: number,
): Promise<Representation> {
  const width = dimensions - 1;
  const trained = users.subarray(0, part.users.length * dimensions);
  return measureRepresentation({
    users: { values: withoutPrior(trained, dimensions), width },
    items: { values: withoutPrior(items, dimensions), width },
    positives: part.data.positives,
    categories: categories && part.items.map((id) => categories.get(id)),
    seed,
  });
}

/** [R, dimensions - 1] of [R, dimensions] */
function withoutPrior(vectors: Float32Array, dimensions: number): Float32Array {
  const width = dimensions - 1;
  const rows = vectors.length / dimensions;
  const out = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    out.set(vectors.subarray(row * dimensions, row * dimensions + width), row * width);
  }
  return out;
}
