import { addScaled } from '../scaled-sum.js';
import type { InteractionGraph, NodeRows } from './interaction-graph.js';

/** c_0 .. c_K: how much of each layer a readout takes. */
export type LayerWeights = readonly number[];

/** The rows of each readout, in the same order. */
export type Readouts<R extends readonly LayerWeights[]> = { [K in keyof R]: NodeRows };

/** LightGCN's readout: the mean of the start and of K layers. */
export function meanOfAllLayers(layers: number): LayerWeights {
  return new Array<number>(layers + 1).fill(1 / (layers + 1));
}

/** SimGCL's readout: the mean of the K layers, without the start. */
export function meanWithoutStart(layers: number): LayerWeights {
  return [0, ...new Array<number>(layers).fill(1 / layers)];
}

/** One layer alone, counted from 0, the start. */
export function onlyLayer(layer: number): LayerWeights {
  return [...new Array<number>(layer).fill(0), 1];
}

/**
 * E^{k+1} = A E^k (+ what `perturb` adds), each readout r = sum_k c_rk E^k. One pass for all readouts.
 * @param perturb changes a layer in place before it is used; its change has no gradient
 * @returns a fresh sum for each of the readouts
 */
export function propagate<const R extends readonly LayerWeights[]>(
  graph: InteractionGraph,
  start: NodeRows,
  readouts: R,
  perturb?: (layer: NodeRows) => void,
): Readouts<R> {
  const sums = readouts.map(() => graph.rows());
  const hops = Math.max(...readouts.map((weights) => weights.length)) - 1;
  const spare = [graph.rows(), graph.rows()] as const;
  let layer = start;
  for (let k = 0; k <= hops; k++) {
    if (k > 0) {
      const next = spare[k % 2] as NodeRows;
      graph.hop(layer, next);
      perturb?.(next);
      layer = next;
    }
    readouts.forEach((weights, r) => {
      addNodes(layer, weights[k] ?? 0, sums[r] as NodeRows);
    });
  }
  return sums as Readouts<R>;
}

/**
 * The gradient of the start from those of the readouts: sum_rk c_rk A^k dR_r, by Horner's rule in K hops. Exact, for A
 * is symmetric and the rest is linear.
 * @param gradients one for each readout, in the same order
 */
export function propagateBack(
  graph: InteractionGraph,
  readouts: readonly LayerWeights[],
  gradients: readonly NodeRows[],
): NodeRows {
  const hops = Math.max(...readouts.map((weights) => weights.length)) - 1;
  const spare = [graph.rows(), graph.rows()] as const;
  let sum = spare[0];
  for (let k = hops; k >= 0; k--) {
    if (k < hops) {
      const next = sum === spare[0] ? spare[1] : spare[0];
      graph.hop(sum, next);
      sum = next;
    }
    readouts.forEach((weights, r) => {
      addNodes(gradients[r] as NodeRows, weights[k] ?? 0, sum);
    });
  }
  return sum;
}

/** into += factor * from. */
function addNodes(from: NodeRows, factor: number, into: NodeRows): void {
  if (factor === 0) return;
  addScaled(from.users, factor, into.users);
  addScaled(from.items, factor, into.items);
}
