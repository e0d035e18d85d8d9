import { KindredError, nearestName, type SparseMatrix, type TrainingData } from '@kindred/domain';
import type { BaselineParts, GivenSettings } from './baseline.js';
import { ease } from './ease.js';
import type { ItemModel } from './item-model.js';
import { prunedItemWeights } from './item-weights.js';
import { itemKnn } from './itemknn.js';
import { rp3beta } from './rp3beta.js';
import { slim } from './slim.js';

const ITEM_MODELS: Readonly<Record<string, ItemModel>> = {
  [itemKnn.name]: itemKnn,
  [rp3beta.name]: rp3beta,
  [slim.name]: slim,
  [ease.name]: ease,
};

/** Weights kept of each history item where a model has one for every pair. */
const KEPT = 200;

export interface ItemWeightsParts extends BaselineParts {
  /** How many weights of each history item are kept where a model has one for every pair. Default 200. */
  readonly keep?: number | undefined;
}

/**
 * What an item-to-item model (itemknn, rp3beta, slim, ease) learns, in a form that can be kept and served: scores = h W for
 * a history h.
 * @returns [I, I]: rows are items of a history, columns the items that are scored
 * @throws KindredError METHOD_UNKNOWN, SETTING_UNKNOWN, CONFIG_INVALID, DATA_EMPTY, CATALOGUE_TOO_LARGE
 */
export async function fitItemWeights(
  name: string,
  settings: GivenSettings,
  data: TrainingData,
  { keep = KEPT, ...parts }: ItemWeightsParts = {},
): Promise<SparseMatrix> {
  const weights = await getItemModel(name).fitWeights(settings, data, parts);
  return 'dense' in weights ? prunedItemWeights(weights, keep) : weights;
}

function getItemModel(name: string): ItemModel {
  const model = Object.hasOwn(ITEM_MODELS, name) ? ITEM_MODELS[name] : undefined;
  if (model !== undefined) return model;
  const known = Object.keys(ITEM_MODELS);
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean ${nearest}?`;
  throw new KindredError('METHOD_UNKNOWN', `there is no item-to-item model ${name}; ${hint}`, { field: 'method' });
}
