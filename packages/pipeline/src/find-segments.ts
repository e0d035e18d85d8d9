import { type ModelArtefact, type Segments, userDirections } from '@kindred/models/artefact';
import type { SnapshotPart } from '@kindred/pairs';
import { type ChosenSegments, chooseSegments } from '@kindred/training';
import type { RunSettings } from './run-settings.js';
import { batchOf } from './trained-history.js';

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
 * @throws KindredError INTERRUPTED at the signal
 */
export async function findSegments(
  { segments: own, ...artefact }: ModelArtefact,
  part: SnapshotPart,
  { segments: asked, seed }: Pick<RunSettings, 'segments' | 'seed'>,
  signal?: AbortSignal,
): Promise<{ readonly artefact: ModelArtefact; readonly found: FoundSegments | undefined }> {
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
  const directionsOf = (users: Uint32Array) => userDirections(artefact, batchOf(part, users));
  const chosen = await chooseSegments({ users: part.users.length, directionsOf, width, count: asked, seed, signal });
  if (chosen === undefined) return { artefact, found: undefined };
  const { segments, candidates, because } = chosen;
  const { vectors, ...scalars } = segments;
  const found = { count: vectors.length / width, ...scalars, candidates, because };
  return { artefact: { ...artefact, segments }, found };
}
