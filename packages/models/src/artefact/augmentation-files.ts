import { KindredError } from '@kindred/domain';
import { sparsePattern, type TensorFile } from './checked-tensors.js';
import type { Augmentation, AugmentationSource, ModelArtefact } from './model-artefact.js';
import type { StoredTensors } from './safetensors.js';

/** Folder of the generator inside an artefact's folder. */
export const GENERATOR_FOLDER = 'generator';
const NEIGHBOURS = 'neighbour';

/** The scalars of an augmentation, as artefact.json has them. */
export interface AugmentationDescription {
  readonly source: AugmentationSource['kind'];
  readonly count: number;
  readonly weight: number;
  /** Of the source `neighbours`. */
  readonly neighbours?: number | undefined;
}

export function describeAugmentation({ count, weight, source }: Augmentation): AugmentationDescription {
  const scalars = { source: source.kind, count, weight };
  return source.kind === 'neighbours' ? { ...scalars, neighbours: source.neighbours } : scalars;
}

export function augmentationTensors(augmentation: Augmentation | undefined): StoredTensors {
  if (augmentation?.source.kind !== 'neighbours') return {};
  const { offsets, columns } = augmentation.source.histories;
  return {
    [`${NEIGHBOURS}Offsets`]: { shape: [offsets.length], data: offsets },
    [`${NEIGHBOURS}Columns`]: { shape: [columns.length], data: columns },
  };
}

export function generatorOf({ augmentation }: ModelArtefact): ModelArtefact | undefined {
  return augmentation?.source.kind === 'generated' ? augmentation.source.generator : undefined;
}

/**
 * @param items of the artefact, in index order
 * @param generator what lies in the folder of the generator, if anything does
 * @throws KindredError MODEL_CORRUPT where something is missing or does not fit
 */
export function readAugmentation(
  description: AugmentationDescription,
  file: TensorFile,
  items: readonly string[],
  generator: ModelArtefact | undefined,
): Augmentation {
  const { source, count, weight } = description;
  const isPossible = source === 'popularity' ? count === 0 : Number.isInteger(count) && count >= 1;
  if (!(isPossible && weight > 0)) {
    throw new KindredError('MODEL_CORRUPT', `${file.dir}: ${count} pseudo-items of weight ${weight} make no sense`);
  }
  return { count, weight, source: readSource(description, file, items, generator) };
}

function readSource(
  { source: kind, neighbours = 0 }: AugmentationDescription,
  file: TensorFile,
  items: readonly string[],
  generator: ModelArtefact | undefined,
): AugmentationSource {
  if (kind === 'self' || kind === 'popularity') return { kind };
  if (kind === 'neighbours' && Number.isInteger(neighbours) && neighbours >= 1) {
    const pattern = sparsePattern(file, NEIGHBOURS, items.length, 'the histories of neighbours');
    return { kind, neighbours, histories: { ...pattern, values: new Float32Array(pattern.columns.length).fill(1) } };
  }
  if (kind === 'generated' && generator !== undefined && isSameList(generator.items, items)) return { kind, generator };
  throw new KindredError('MODEL_CORRUPT', `${file.dir}: the pseudo-items' source ${kind} is incomplete or not known`);
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, position) => id === b[position]);
}
