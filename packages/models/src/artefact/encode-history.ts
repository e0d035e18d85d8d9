import { KindredError } from '@kindred/domain';
import { encodeLayers } from './encode-layers.js';
import { encodeSequenceInto } from './encode-sequence.js';
import type { HistoryEncoder, ModelArtefact, SumEncoder } from './model-artefact.js';
import { type PseudoItems, withPseudoItems } from './pseudo-history.js';
import { pseudoWeight } from './pseudo-weight.js';

/**
 * The one way from what somebody did to their vector, for evaluation and serving alike:
 *   vector = [trust * p / |p| ; priorWeight]
 * A sum encoder has p = x + sum_i h_i / sqrt(sum_j h_j) * scale_i * C_i and the trust of `historyTrust`; of a sequence
 * encoder p is the output of its transformer for the newest items, and the trust 1. Layers give their last activations as
 * they are. An empty history gives the prior alone, so that everybody gets an answer. Where the artefact augments by
 * popularity, the prior counts 1 + w(n) times for a short history of n items (`pseudoWeight`).
 *
 * @param items [n] item indexes; an item given twice counts twice
 * @param strengths [n] h, in the same order; entries that are not positive (a return, a dislike) say nothing about
 *   what to look for and are left out
 * @param times [n] when each happened, in any unit; undefined: the order given is the order in time
 * @param base [D - 1] x, what is known of this user beside their history (`baseOf`); undefined: nothing
 * @param pseudo what joins the history (`pseudoItemsOf`): entries of the sum, older than all others where the order
 *   counts, and none of the trust; nothing in a sequence
 * @returns [D]
 * @throws KindredError REQUEST_INVALID when an index is outside of the catalogue or a strength is not finite
 */
export function encodeHistory(
  artefact: ModelArtefact,
  items: Uint32Array,
  strengths: Float32Array,
  times?: Float64Array,
  base?: Float32Array,
  pseudo?: PseudoItems,
): Float32Array {
  checkHistory(artefact, items, strengths);
  const vector = vectorOf(artefact, items, strengths, times, base, pseudo);
  const prior = vector.length - 1;
  vector[prior] = (vector[prior] as number) * (1 + addedPrior(artefact, strengths));
  return vector;
}

/** w(n) of the prior; 0 where the artefact does not augment by it, and for long or empty histories. */
function addedPrior({ augmentation }: ModelArtefact, strengths: Float32Array): number {
  return augmentation?.source.kind === 'popularity' ? pseudoWeight(augmentation.weight, tellingCount(strengths)) : 0;
}

function vectorOf(
  { encoder, dimensions }: ModelArtefact,
  items: Uint32Array,
  strengths: Float32Array,
  times: Float64Array | undefined,
  base: Float32Array | undefined,
  pseudo: PseudoItems | undefined,
): Float32Array {
  const told = withPseudoItems(items, strengths, times, pseudo);
  if (encoder.kind === 'layers') return encodeLayers(encoder, told.items, told.strengths, told.times, dimensions);
  const vector = new Float32Array(dimensions);
  if (encoder.kind === 'sequence') encodeSequenceInto(encoder, items, strengths, times, vector);
  else sumHistoryInto(encoder, told.items, told.strengths, base, vector);
  const trust = historyTrust(encoder, strengths);
  const width = dimensions - 1;
  const length = lengthOf(vector, width);
  const factor = length > 0 ? trust / length : 0;
  for (let c = 0; c < width; c++) vector[c] = (vector[c] as number) * factor;
  vector[width] = length > 0 ? encoder.priorWeight : 1;
  return vector;
}

/** What is added to the history of the user at a position of the training data; undefined: nothing. [D - 1] */
export function baseOf({ userBases, dimensions }: ModelArtefact, user: number | undefined): Float32Array | undefined {
  if (userBases === undefined || user === undefined || user >= userBases.ids.length) return undefined;
  return userBases.vectors.subarray(user * (dimensions - 1), (user + 1) * (dimensions - 1));
}

/**
 * How far a history is trusted against the prior: sqrt(n / (n + k)), n its entries of positive strength; 1 where the
 * encoder is no sum. A sum of n noisy votes has the reliability n / (n + k) (Spearman, 1910; Brown, 1910), and the root of
 * it is its correlation with what it estimates; p / |p| keeps the direction only, so that is what it is scaled by.
 */
export function historyTrust(encoder: HistoryEncoder, strengths: Float32Array): number {
  return encoder.kind === 'sum' ? trustOf(tellingCount(strengths), encoder.shrinkage) : 1;
}

/** Entries of positive strength. */
function tellingCount(strengths: Float32Array): number {
  return strengths.reduce((count, strength) => count + (strength > 0 ? 1 : 0), 0);
}

/** sqrt(n / (n + k)); 0 for nothing. */
export function trustOf(count: number, shrinkage: number): number {
  return count > 0 ? Math.sqrt(count / (count + shrinkage)) : 0;
}

/** The sum p; without a base it lacks its factor 1 / sqrt(sum of strengths), which cancels in p / |p|. */
function sumHistoryInto(
  { contextVectors, itemScale }: SumEncoder,
  items: Uint32Array,
  strengths: Float32Array,
  base: Float32Array | undefined,
  vector: Float32Array,
): void {
  const width = vector.length - 1;
  let total = 0;
  for (let k = 0; k < items.length; k++) {
    const item = items[k] as number;
    const strength = strengths[k] as number;
    if (strength <= 0) continue;
    total += strength;
    const weight = strength * (itemScale[item] as number);
    const row = item * width;
    for (let c = 0; c < width; c++) {
      vector[c] = (vector[c] as number) + weight * (contextVectors[row + c] as number);
    }
  }
  if (base !== undefined && total > 0) {
    const factor = 1 / Math.sqrt(total);
    for (let c = 0; c < width; c++) vector[c] = (base[c] as number) + factor * (vector[c] as number);
  }
}

/** @throws KindredError REQUEST_INVALID when an index is outside of the catalogue or a strength is not finite */
export function checkHistory({ items: catalogue }: ModelArtefact, items: Uint32Array, strengths: Float32Array): void {
  for (let k = 0; k < items.length; k++) {
    checkEntry(items[k] as number, strengths[k] as number, catalogue.length);
  }
}

function checkEntry(item: number, strength: number, itemCount: number): void {
  if (!(item < itemCount)) {
    throw new KindredError('REQUEST_INVALID', `history names item ${item}, the model has ${itemCount} items`, {
      field: 'history',
    });
  }
  if (!Number.isFinite(strength)) {
    throw new KindredError('REQUEST_INVALID', `the strength of history item ${item} is ${strength}`, {
      field: 'history',
    });
  }
}

function lengthOf(vector: Float32Array, width: number): number {
  let squared = 0;
  for (let c = 0; c < width; c++) squared += (vector[c] as number) ** 2;
  return Math.sqrt(squared);
}
