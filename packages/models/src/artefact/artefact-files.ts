import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { KindredError, type SparseMatrix } from '@kindred/domain';
import {
  type AugmentationDescription,
  augmentationTensors,
  describeAugmentation,
  GENERATOR_FOLDER,
  generatorOf,
  readAugmentation,
} from './augmentation-files.js';
import { floats, sparsePattern, type TensorFile } from './checked-tensors.js';
import { describeEncoder, type EncoderDescription, encoderTensors, readEncoder } from './encoder-files.js';
import type { ItemUnion, ModelArtefact, OwnItemsFirst, Segments } from './model-artefact.js';
import { replaceFile } from './replace-file.js';
import { decodeSafetensors, encodeSafetensors, type StoredTensors } from './safetensors.js';

const FORMAT = 1;
const DESCRIPTION = 'artefact.json';
const VECTORS = 'vectors.safetensors';
const ITEMS = 'items.json';
const USERS = 'users.json';
const USER_BASES = 'user-bases.json';
const GENERATOR = `${GENERATOR_FOLDER}/${DESCRIPTION}`;
const SEGMENTS = 'segmentVectors';

/** What artefact.json holds: the scalars, and a checksum of every other file. Written last. */
interface Description {
  readonly format: number;
  readonly method: string;
  readonly settings: Record<string, number | string>;
  readonly dimensions: number;
  readonly encoder: EncoderDescription;
  readonly union?: { readonly name: string; readonly share: number; readonly vectorShare: number };
  readonly ownItemsFirst?: OwnItemsFirst;
  readonly augmentation?: AugmentationDescription;
  /** Absent in models without segments, and in those made when methods alone found some. */
  readonly segments?: Omit<Segments, 'vectors'> | undefined;
  /** Absent where the method reads no texts, and in models made before any did. */
  readonly textEncoder?: { readonly buckets: number; readonly prior: number } | undefined;
  readonly files: Record<string, { readonly bytes: number; readonly sha256: string }>;
}

/**
 * Writes an artefact as vectors.safetensors, items.json, users.json (where the method keeps users), generator/ (the files
 * of a generator, where one augments) and, last, artefact.json with their checksums. Each file appears whole or not at all.
 */
export async function saveArtefact(dir: string, artefact: ModelArtefact): Promise<void> {
  await mkdir(dir, { recursive: true });
  const files: Record<string, { bytes: number; sha256: string }> = {};
  const put = async (name: string, pieces: Uint8Array[]) => {
    files[name] = fingerprint(pieces);
    await replaceFile(path.join(dir, name), pieces);
  };
  await put(VECTORS, encodeSafetensors(tensorsOf(artefact)));
  await put(ITEMS, [Buffer.from(JSON.stringify(artefact.items))]);
  if (artefact.users !== undefined) await put(USERS, [Buffer.from(JSON.stringify(artefact.users.ids))]);
  if (artefact.userBases !== undefined) await put(USER_BASES, [Buffer.from(JSON.stringify(artefact.userBases.ids))]);
  const generator = generatorOf(artefact);
  if (generator !== undefined) {
    await saveArtefact(path.join(dir, GENERATOR_FOLDER), generator);
    files[GENERATOR] = fingerprint([await readFile(path.join(dir, GENERATOR))]);
  }
  const description: Description = {
    format: FORMAT,
    method: artefact.method,
    settings: artefact.settings,
    dimensions: artefact.dimensions,
    encoder: describeEncoder(artefact.encoder),
    ...(artefact.union && { union: scalarsOfUnion(artefact.union) }),
    ...(artefact.ownItemsFirst && { ownItemsFirst: artefact.ownItemsFirst }),
    ...(artefact.augmentation && { augmentation: describeAugmentation(artefact.augmentation) }),
    segments: artefact.segments && { foundBy: artefact.segments.foundBy, stability: artefact.segments.stability },
    textEncoder: artefact.textEncoder && {
      buckets: artefact.textEncoder.bucketWeights.length,
      prior: artefact.textEncoder.prior,
    },
    files,
  };
  await replaceFile(path.join(dir, DESCRIPTION), [Buffer.from(`${JSON.stringify(description, null, 2)}\n`)]);
}

/**
 * Reads an artefact back, every byte checked against its checksum.
 * @throws KindredError NOT_FOUND when there is none, MODEL_CORRUPT when a file is missing, damaged or of another format
 */
export async function loadArtefact(dir: string): Promise<ModelArtefact> {
  const description = await readDescription(dir);
  const read = (name: string) => readChecked(dir, name, description);
  const items = parseStrings(await read(ITEMS), path.join(dir, ITEMS));
  const file = { tensors: decodeSafetensors(await read(VECTORS), path.join(dir, VECTORS)), dir };
  const width = description.dimensions - 1;
  const tensor = (name: string, shape: readonly number[]) => floats(file, name, shape);
  const text = description.textEncoder;
  const idsOf = async (name: string) =>
    name in description.files ? parseStrings(await read(name), path.join(dir, name)) : undefined;
  const ids = await idsOf(USERS);
  const baseIds = await idsOf(USER_BASES);
  const generator = await loadGenerator(dir, description);
  return {
    method: description.method,
    settings: description.settings,
    items,
    dimensions: description.dimensions,
    itemVectors: tensor('itemVectors', [items.length, description.dimensions]),
    encoder: readEncoder(description.encoder, file, items.length, width),
    fallbackScores: tensor('fallbackScores', [items.length]),
    users: ids && { ids, vectors: tensor('userVectors', [ids.length, description.dimensions]) },
    userBases: baseIds && { ids: baseIds, vectors: tensor('userBases', [baseIds.length, width]) },
    union: description.union && { ...description.union, weights: readWeights(file, items.length) },
    ownItemsFirst: description.ownItemsFirst,
    ...(description.augmentation && {
      augmentation: readAugmentation(description.augmentation, file, items, generator),
    }),
    segments: readSegments(description, file),
    textEncoder: text && {
      bucketWeights: tensor('bucketWeights', [text.buckets]),
      bucketVectors: tensor('bucketVectors', [text.buckets, width]),
      bucketPriors: tensor('bucketPriors', [text.buckets]),
      prior: text.prior,
    },
  };
}

function scalarsOfUnion({ name, share, vectorShare }: ItemUnion) {
  return { name, share, vectorShare };
}

/** The whole artefact of the generator, whose description has a checksum here and names those of its files. */
async function loadGenerator(dir: string, description: Description): Promise<ModelArtefact | undefined> {
  if (!(GENERATOR in description.files)) return undefined;
  await readChecked(dir, GENERATOR, description);
  return loadArtefact(path.join(dir, GENERATOR_FOLDER));
}

function readWeights(file: TensorFile, itemCount: number): SparseMatrix {
  const pattern = sparsePattern(file, 'union', itemCount, 'the item-to-item weights');
  if (pattern.rowCount !== itemCount) {
    throw new KindredError('MODEL_CORRUPT', `${file.dir}: the item-to-item weights do not fit ${itemCount} items`);
  }
  return { ...pattern, values: floats(file, 'unionValues', [pattern.columns.length]) };
}

/** Undefined for models without, and in files of versions that knew none. */
function readSegments({ segments, dimensions }: Description, file: TensorFile): Segments | undefined {
  const count = file.tensors[SEGMENTS]?.shape[0];
  if (count === undefined) return undefined;
  const vectors = floats(file, SEGMENTS, [count, dimensions - 1]);
  return { vectors, ...(segments ?? { foundBy: 'prototypes' }) };
}

function tensorsOf(artefact: ModelArtefact): StoredTensors {
  const { itemVectors, encoder, fallbackScores, dimensions, users, userBases, segments, union, textEncoder } = artefact;
  const width = dimensions - 1;
  const count = artefact.items.length;
  return {
    itemVectors: { shape: [count, dimensions], data: itemVectors },
    ...encoderTensors(encoder, count, width),
    fallbackScores: { shape: [count], data: fallbackScores },
    ...(userBases && { userBases: { shape: [userBases.ids.length, width], data: userBases.vectors } }),
    ...(users && { userVectors: { shape: [users.ids.length, dimensions], data: users.vectors } }),
    ...(union && {
      unionOffsets: { shape: [union.weights.offsets.length], data: union.weights.offsets },
      unionColumns: { shape: [union.weights.columns.length], data: union.weights.columns },
      unionValues: { shape: [union.weights.values.length], data: union.weights.values },
    }),
    ...augmentationTensors(artefact.augmentation),
    ...(segments && { [SEGMENTS]: { shape: [segments.vectors.length / width, width], data: segments.vectors } }),
    ...(textEncoder && {
      bucketWeights: { shape: [textEncoder.bucketWeights.length], data: textEncoder.bucketWeights },
      bucketVectors: { shape: [textEncoder.bucketWeights.length, dimensions - 1], data: textEncoder.bucketVectors },
      bucketPriors: { shape: [textEncoder.bucketPriors.length], data: textEncoder.bucketPriors },
    }),
  };
}

async function readDescription(dir: string): Promise<Description> {
  const file = path.join(dir, DESCRIPTION);
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw new KindredError('NOT_FOUND', `there is no model in ${dir}`, { cause });
    throw cause;
  });
  try {
    const description = JSON.parse(text) as Description;
    if (description.format !== FORMAT) throw new Error(`format ${description.format}, this version reads ${FORMAT}`);
    if (!(description.dimensions >= 2) || typeof description.files !== 'object') throw new Error('fields are missing');
    return description;
  } catch (cause) {
    throw new KindredError('MODEL_CORRUPT', `${file}: ${(cause as Error).message}`, { cause });
  }
}

async function readChecked(dir: string, name: string, description: Description): Promise<Buffer> {
  const file = path.join(dir, name);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new KindredError('MODEL_CORRUPT', `${file} can not be read`, { cause });
  });
  const expected = description.files[name];
  if (expected === undefined || fingerprint([bytes]).sha256 !== expected.sha256) {
    throw new KindredError('MODEL_CORRUPT', `${file} does not have the checksum that ${DESCRIPTION} names`);
  }
  return bytes;
}

function parseStrings(bytes: Buffer, file: string): string[] {
  const value: unknown = JSON.parse(bytes.toString('utf8'));
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
  throw new KindredError('MODEL_CORRUPT', `${file} is not a list of ids`);
}

function fingerprint(pieces: readonly Uint8Array[]): { bytes: number; sha256: string } {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const piece of pieces) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
