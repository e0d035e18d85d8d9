import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KindredError } from '@kindred/domain';
import { type ModelArtefact, replaceFile, type Segments } from '@kindred/models/artefact';
import type { SegmentProfile } from './describe-segments.js';

const FILE = 'segments.json';

type Category = NonNullable<SegmentProfile['category']>;

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

/** What a file holds may be anything: nothing of it is believed. */
type Unchecked<T> = { readonly [K in keyof T]?: unknown } | null;

function isProfile(profile: Unchecked<SegmentProfile>, position: number): boolean {
  return (
    profile?.id === position &&
    isCount(profile.size) &&
    Number.isFinite(profile.share) &&
    (profile.category === undefined || isCategory(profile.category as Unchecked<Category>)) &&
    Array.isArray(profile.items) &&
    profile.items.every(isItem)
  );
}

function isCategory(category: Unchecked<Category>): boolean {
  return typeof category?.name === 'string' && Number.isFinite(category.lift);
}

function isItem(item: Unchecked<SegmentProfile['items'][number]>): boolean {
  return typeof item?.itemId === 'string' && isCount(item.users) && Number.isFinite(item.lift);
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}
