import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KindredError } from '@kindred/domain';
import { type ModelArtefact, replaceFile, type Segments } from '@kindred/models/artefact';
import type { SegmentProfile } from './describe-segments.js';

const FILE = 'segments.json';

/** What segments.json holds. */
interface SegmentFile extends Omit<Segments, 'vectors'> {
  readonly formatVersion: 1;
  readonly segments: readonly SegmentProfile[];
}

/** Keeps what the segments of a model are, and how they were found, beside the model. */
export function writeSegments(
  folder: string,
  { foundBy, stability }: Segments,
  segments: readonly SegmentProfile[],
): Promise<void> {
  const content: SegmentFile = { formatVersion: 1, foundBy, stability, segments };
  return replaceFile(join(folder, FILE), [Buffer.from(`${JSON.stringify(content, null, 2)}\n`)]);
}

/**
 * Undefined for a model without segments, or one that was indexed before they were described.
 * @throws KindredError INDEX_CORRUPT when the file is damaged or of another model
 */
export async function openSegments(folder: string, artefact: ModelArtefact): Promise<SegmentProfile[] | undefined> {
  if (artefact.segments === undefined) return undefined;
  const file = join(folder, FILE);
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw cause;
  });
  if (text === undefined) return undefined;
  const segments = parseSegments(text);
  const count = artefact.segments.vectors.length / (artefact.dimensions - 1);
  if (segments?.length === count) return segments;
  throw new KindredError('INDEX_CORRUPT', `${file} does not describe the ${count} segments of the model beside it`);
}

function parseSegments(text: string): SegmentProfile[] | undefined {
  try {
    const { formatVersion, segments } = JSON.parse(text) as Partial<SegmentFile>;
    const isWhole = formatVersion === 1 && Array.isArray(segments) && segments.every(isProfile);
    return isWhole ? [...segments] : undefined;
  } catch {
    return undefined;
  }
}

function isProfile(profile: Partial<SegmentProfile>, position: number): boolean {
  const { id, size, share, items } = profile;
  return id === position && Number.isInteger(size) && Number.isFinite(share) && Array.isArray(items);
}
