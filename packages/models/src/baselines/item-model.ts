import type { TrainingData } from '@kindred/domain';
import { resolveSettings, type Settings } from '../settings.js';
import {
  type Baseline,
  type BaselineDefinition,
  type BaselineParts,
  checkData,
  defineBaseline,
  type GivenSettings,
} from './baseline.js';
import { HALF_LIFE, historyWeights, STRENGTHS } from './history-weights.js';
import { popularityScores } from './item-popularity.js';
import { type ItemWeights, itemWeightRecommender } from './item-weights.js';
import { type Matmul, plainMatmul } from './matmul.js';

interface WeightsContext {
  readonly data: TrainingData;
  readonly settings: Settings;
  readonly matmul: Matmul;
}

/** A baseline that is a matrix of weights between items: what it learns can be had without its recommender. */
export interface ItemModel extends Baseline {
  /** @throws KindredError SETTING_UNKNOWN, CONFIG_INVALID, DATA_EMPTY, CATALOGUE_TOO_LARGE */
  fitWeights(given: GivenSettings, data: TrainingData, parts?: BaselineParts): Promise<ItemWeights>;
}

export interface ItemModelDefinition extends Omit<BaselineDefinition, 'fit'> {
  fitWeights(context: WeightsContext): Promise<ItemWeights>;
}

/**
 * What all item-to-item models share: the settings of how a history counts (`strengths`, for the fit too, and
 * `halfLifeDays`), and scores = h W.
 */
export function defineItemModel({ fitWeights, ...model }: ItemModelDefinition): ItemModel {
  const settings = [...model.settings, STRENGTHS, HALF_LIFE];
  const baseline = defineBaseline({
    ...model,
    settings,
    async fit(context) {
      const weightsOf = historyWeights(context.settings, context.data.endTimeMs);
      return itemWeightRecommender(model.name, await fitWeights(context), popularityScores(context.data), weightsOf);
    },
  });
  return {
    ...baseline,
    async fitWeights(given, data, { matmul = plainMatmul } = {}) {
      const resolved = resolveSettings(settings, given);
      checkData(baseline, data);
      return fitWeights({ data, settings: resolved, matmul });
    },
  };
}
