import type { MethodContext } from '../learned-method.js';
import type { RunState } from '../run-state.js';
import { createBprRanking } from './bpr-ranking.js';
import type { GraphSettings } from './graph-settings.js';
import type { RankingLoss } from './ranking-loss.js';
import { createSoftmaxRanking } from './softmax-ranking.js';

/** The ranking loss that the setting `objective` names. */
export function createRankingLoss(context: MethodContext, settings: GraphSettings, state: RunState): RankingLoss {
  const create = settings.objective === 'bpr' ? createBprRanking : createSoftmaxRanking;
  return create(context, settings, state);
}
