import { join } from 'node:path';
import { KindredError } from '@kindred/domain';
import { learnedWidth, loadArtefact, type ModelArtefact, prepareAugmentation } from '@kindred/models/artefact';
import { ExactScan, openIndex, type VectorIndex } from '@kindred/vector-index';
import type { SegmentProfile } from './describe-segments.js';
import { openSegments } from './segment-file.js';
import { openUserDirectory, type UserDirectory } from './user-directory.js';

/** A model as it stands in memory while it serves. Never changed: a new model is a new object. */
export interface ServingModel {
  readonly modelId: string;
  readonly artefact: ModelArtefact;
  /** How much of an item's vector says what it is like. */
  readonly learnedWidth: number;
  /** Over the served item vectors; scores are inner products. */
  readonly itemIndex: VectorIndex;
  /** Position of each item id. */
  readonly positions: ReadonlyMap<string, number>;
  /** Position of each user of whom the model knows more than their history; empty for most models. */
  readonly userPositions: ReadonlyMap<string, number>;
  /** Item positions by popularity, best first: the answer when nothing is known of a user. */
  readonly popular: Uint32Array;
  /** The users that the model was trained on, for neighbours among users; undefined for a model without them. */
  readonly users: UserDirectory | undefined;
  /** What the artefact's segments are, by id; undefined for a model without them, or indexed before they were described. */
  readonly segments: readonly SegmentProfile[] | undefined;
}

/** Folder of the item index inside a model's folder. */
export const ITEM_INDEX_FOLDER = 'item-index';

/**
 * Loads a model with its indexes. When the graph's library can not be loaded on this machine, the items are
 * scanned exactly instead and `fault` says so.
 * @throws KindredError MODEL_CORRUPT, INDEX_CORRUPT
 */
export async function loadServingModel(
  folder: string,
  modelId: string,
): Promise<{ model: ServingModel; fault: string | undefined }> {
  const artefact = await loadArtefact(folder);
  const { index, fault } = await openItemIndex(folder, artefact);
  if (index.size !== artefact.items.length || index.dimensions !== artefact.dimensions) {
    throw new KindredError('INDEX_CORRUPT', `the item index of ${folder} does not belong to the model beside it`);
  }
  const users = await openUserDirectory(folder);
  const segments = await openSegments(folder, artefact);
  return { model: assemble(modelId, artefact, index, users, segments), fault };
}

/** Puts a model together from parts in memory; what requests would wait for is made here. */
export function assemble(
  modelId: string,
  artefact: ModelArtefact,
  itemIndex: VectorIndex,
  users: UserDirectory | undefined,
  segments?: readonly SegmentProfile[],
): ServingModel {
  prepareAugmentation(artefact);
  const positions = new Map(artefact.items.map((item, position) => [item, position]));
  const userPositions = new Map(artefact.userBases?.ids.map((id, position) => [id, position]));
  const { fallbackScores } = artefact;
  const popular = Uint32Array.from(fallbackScores.keys()).sort(
    (a, b) => (fallbackScores[b] as number) - (fallbackScores[a] as number) || a - b,
  );
  const width = learnedWidth(artefact);
  return { modelId, artefact, learnedWidth: width, itemIndex, positions, userPositions, popular, users, segments };
}

async function openItemIndex(
  folder: string,
  artefact: ModelArtefact,
): Promise<{ index: VectorIndex; fault: string | undefined }> {
  try {
    return { index: (await openIndex(join(folder, ITEM_INDEX_FOLDER))).index, fault: undefined };
  } catch (error) {
    if (error instanceof KindredError && error.code === 'INDEX_DRIVER_UNAVAILABLE') {
      return { index: new ExactScan(artefact.itemVectors, artefact.dimensions), fault: error.message };
    }
    throw error;
  }
}
