import { generatedItems } from './item-distribution.js';
import type { HistoryEncoder, ModelArtefact, PseudoItemSource } from './model-artefact.js';
import { NeighbourItems } from './neighbour-items.js';
import type { PseudoItems } from './pseudo-history.js';
import { pseudoWeight } from './pseudo-weight.js';

/** A model's own best items for somebody, best first, without those of their history. */
export type OwnBest = (count: number) => Uint32Array;

/**
 * What joins a short history, where the artefact augments: the k items that its source expects of somebody, each with the
 * weight of `pseudoWeight`. The one way to them, for evaluation and serving alike. They are told to `encodeHistory` and
 * `additionsOf` beside the history, never as a part of it: what is trusted, masked, hidden or put first are real items.
 *
 * @param items [n] of the history @param strengths [n] in the same order
 * @param ownBest for the source `self`: what the artefact ranks best without augmentation
 * @param times [n] as of `encodeHistory`, for generators that read the order
 * @returns undefined where nothing is added
 */
export function pseudoItemsOf(
  artefact: ModelArtefact,
  items: Uint32Array,
  strengths: Float32Array,
  ownBest: OwnBest,
  times?: Float64Array,
): PseudoItems | undefined {
  const { augmentation, encoder } = artefact;
  if (augmentation === undefined || augmentation.source.kind === 'popularity' || !weighsItems(encoder))
    return undefined;
  const told = items.filter((_, k) => (strengths[k] as number) > 0);
  const weight = pseudoWeight(augmentation.weight, told.length);
  if (weight === 0) return undefined;
  const found = proposed(augmentation.source, { items, strengths, times, told, ownBest }, augmentation.count);
  return found.length === 0 ? undefined : { items: found, weight };
}

/** Whether an item can count by half: a sequence only knows which items there are. */
export function weighsItems({ kind }: HistoryEncoder): boolean {
  return kind !== 'sequence';
}

interface Asked {
  readonly items: Uint32Array;
  readonly strengths: Float32Array;
  readonly times: Float64Array | undefined;
  /** Items of positive strength. */
  readonly told: Uint32Array;
  readonly ownBest: OwnBest;
}

function proposed(source: PseudoItemSource, asked: Asked, count: number): Uint32Array {
  const { items, strengths, times, told, ownBest } = asked;
  if (source.kind === 'self') return ownBest(count);
  if (source.kind === 'neighbours') return neighboursOf(source).propose(told, items, count);
  return generatedItems(source.generator, items, strengths, count, times);
}

type NeighbourSource = Extract<PseudoItemSource, { kind: 'neighbours' }>;

const neighboursBySource = new WeakMap<NeighbourSource, NeighbourItems>();

/**
 * Makes what people are found by, where the artefact augments by neighbours: whoever serves asks for it when the model is
 * loaded, so that no request has to wait for it.
 */
export function prepareAugmentation({ augmentation }: ModelArtefact): void {
  if (augmentation?.source.kind === 'neighbours') neighboursOf(augmentation.source);
}

/** What people are found by is made once. */
function neighboursOf(source: NeighbourSource): NeighbourItems {
  const known = neighboursBySource.get(source);
  if (known !== undefined) return known;
  const made = new NeighbourItems(source.histories, source.neighbours);
  neighboursBySource.set(source, made);
  return made;
}
