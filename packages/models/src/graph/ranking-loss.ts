import type { NodeRows } from './interaction-graph.js';

/**
 * What brings users near to their items: the loss of a batch of users with all of their positives, on what the graph
 * reads out for them.
 * @param gradient receives the readout's gradient; zero before
 * @returns the loss
 */
export type RankingLoss = (users: Uint32Array, readout: NodeRows, gradient: NodeRows) => Promise<number>;
