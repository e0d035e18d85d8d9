import { rowEntries } from '@kindred/domain';
import { historyTrust } from './encode-history.js';
import type { ModelArtefact } from './model-artefact.js';
import type { PseudoItems } from './pseudo-history.js';

/**
 * What the scores of vectors are joined by, where the artefact says so; the same for evaluation and serving:
 *   score_j = v <user, item_j> + trust share e_j / max e,   e = sum of W's rows over the items of the history
 * and for the user's own items, where they come first, LEAD + T weight log h on top of it, h the strength.
 *
 * @param items [n] of the history @param strengths [n] those that are not positive are left out
 * @param sums [I], zeros; left as zeros
 * @param pseudo what joins the history (`pseudoItemsOf`): rows of W by their weight, neither trusted nor put first
 * @returns positions with what each gets beside its vector; a position may stand once for each part
 */
export function additionsOf(
  artefact: ModelArtefact,
  items: Uint32Array,
  strengths: Float32Array,
  sums: Float64Array,
  pseudo?: PseudoItems,
): { positions: number[]; values: number[] } {
  const positions: number[] = [];
  const values: number[] = [];
  const { union, ownItemsFirst, encoder } = artefact;
  if (union !== undefined) {
    const touched: number[] = [];
    const addRow = (item: number, factor: number) => {
      const [columns, weights] = rowEntries(union.weights, item);
      for (let e = 0; e < columns.length; e++) {
        const column = columns[e] as number;
        if (sums[column] === 0) touched.push(column);
        sums[column] = (sums[column] as number) + factor * (weights[e] as number);
      }
    };
    items.forEach((item, k) => {
      if ((strengths[k] as number) > 0) addRow(item, 1);
    });
    for (const item of pseudo?.items ?? []) addRow(item, (pseudo as PseudoItems).weight);
    const share = union.share * historyTrust(encoder, strengths);
    let most = 0;
    for (const column of touched) most = Math.max(most, sums[column] as number);
    for (const column of touched) {
      const sum = sums[column] as number;
      // A column whose sum came back to zero on the way stands twice; the second time it holds nothing.
      if (most > 0 && sum !== 0) {
        positions.push(column);
        values.push((share * sum) / most);
      }
      sums[column] = 0;
    }
  }
  if (ownItemsFirst !== undefined) {
    for (let k = 0; k < items.length; k++) {
      const strength = strengths[k] as number;
      if (!(strength > 0)) continue;
      positions.push(items[k] as number);
      values.push(OWN_ITEMS_LEAD + encoder.temperature * ownItemsFirst.strengthWeight * Math.log(strength));
    }
  }
  return { positions, values };
}

/** Added to the scores of a user's own items where they come first: more than any other score reaches. */
export const OWN_ITEMS_LEAD = 100;

/** How much of the vectors' score counts beside what is added. */
export function vectorShareOf({ union }: ModelArtefact): number {
  return union?.vectorShare ?? 1;
}

/** Whether scores are more than inner products. */
export function isJoined({ union, ownItemsFirst }: ModelArtefact): boolean {
  return union !== undefined || ownItemsFirst !== undefined;
}
