import { KindredError } from '@kindred/domain';
import { loadArtefact, userVectors } from '@kindred/models/artefact';
import { type Database, findNewestModel, getModel } from '@kindred/storage';
import { makeOutputFolder, writeEmbeddings, writeVocabularies } from './benchmark/benchmark-files.js';
import { openSnapshot } from './chosen.js';
import { folders } from './folders.js';

export interface ExportedModel {
  readonly modelId: string;
  readonly users: number;
  readonly items: number;
  readonly dimensions: number;
}

/**
 * Writes the served vectors of a model: `embeddings.METHOD.safetensors` with users [U, D] and items [I, D], and the ids
 * of their rows in users.tsv and items.tsv. A score is an inner product.
 * @param modelId or `latest`
 * @throws KindredError NOT_FOUND, MODEL_CORRUPT; USAGE when nothing can be written to `out`
 */
export async function exportModel(database: Database, modelId: string, out: string): Promise<ExportedModel> {
  const model = modelId === 'latest' ? await findNewestModel(database.db) : await getModel(database.db, modelId);
  if (model === undefined) throw new KindredError('NOT_FOUND', 'there is no model yet; run `kindred train` first');
  const artefact = await loadArtefact(folders.served(model.path));
  const part = await (await openSnapshot(database, model.snapshotId)).part('serve');
  await makeOutputFolder(out);
  const users = userVectors(artefact, {
    history: part.data.positives,
    times: part.data.times,
    users: Uint32Array.from(part.users.keys()),
  });
  const { dimensions, itemVectors } = artefact;
  await writeEmbeddings(out, model.method, { users, items: itemVectors, dimensions });
  await writeVocabularies(out, part.users, artefact.items);
  return { modelId: model.id, users: part.users.length, items: artefact.items.length, dimensions };
}
