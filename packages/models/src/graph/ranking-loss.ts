import type { MethodContext } from '../learned-method.js';
import type { RunState } from '../run-state.js';
import { createBprRanking } from './bpr-ranking.js';
import type { GraphSettings } from './graph-settings.js';
import type { NodeRows } from './interaction-graph.js';
import { createSoftmaxRanking } from './softmax-ranking.js';

/**
 * What brings users near to their items: the loss of a batch of users with all of their positives, on what the graph
 * reads out for them.
 * @param gradient receives the readout's gradient; zero before
 * @returns the loss
 */
export type RankingLoss = (users: Uint32Array, readout: NodeRows, gradient: NodeRows) => Promise<number>;

/** The ranking loss that the setting `objective` names. */
export function createRankingLoss(context: MethodContext, settings: GraphSettings, state: RunState): RankingLoss {
  const create = settings.objective === 'bpr' ? createBprRanking : createSoftmaxRanking;
  return create(context, settings, state);
}
