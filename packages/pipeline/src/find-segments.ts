import { type ModelArtefact, type Segments, userDirections } from '@kindred/models/artefact';
import type { SnapshotPart } from '@kindred/pairs';
import { type ChosenSegments, chooseSegments } from '@kindred/training';
import type { RunSettings } from './run-settings.js';
import { everybodyIn } from './trained-history.js';

/** How the segments of a model came about; as its manifest and its report have them. */
export interface FoundSegments extends Omit<Segments, 'vectors'> {
  readonly count: number;
  /** Numbers of segments that were compared. */
  readonly candidates?: ChosenSegments['candidates'] | undefined;
  /** Why so many, a sentence without its full stop. */
  readonly because: string;
}

/**
 * An artefact with the segments that the run asks for: the method's own, or those that k-means finds among the users of
 * the part.
 * @returns the artefact without segments where none are asked for, or nobody says anything
 */
export function findSegments(
  { segments: own, ...artefact }: ModelArtefact,
  part: SnapshotPart,
  { segments: asked, seed }: Pick<RunSettings, 'segments' | 'seed'>,
): { readonly artefact: ModelArtefact; readonly found: FoundSegments | undefined } {
  if (asked === 0) return { artefact, found: undefined };
  const width = artefact.dimensions - 1;
  if (asked === 'auto' && own !== undefined) {
    const found = {
      count: own.vectors.length / width,
      foundBy: own.foundBy,
      because: 'they are the prototypes of the method',
    };
    return { artefact: { ...artefact, segments: own }, found };
  }
  const directions = userDirections(artefact, everybodyIn(part));
  const chosen = chooseSegments({ directions, width, count: asked, seed });
  if (chosen === undefined) return { artefact, found: undefined };
  const { segments, candidates, because } = chosen;
  const { vectors, ...scalars } = segments;
  const found = { count: vectors.length / width, ...scalars, candidates, because };
  return { artefact: { ...artefact, segments }, found };
}
