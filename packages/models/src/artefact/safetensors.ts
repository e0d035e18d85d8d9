import { KindredError } from '@kindred/domain';

/** The element types that Kindred keeps: 32-bit floats, 32- and 8-bit unsigned numbers. */
export type TensorData = Float32Array | Uint32Array | Uint8Array;

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type StoredTensors = Readonly<Record<string, StoredTensor>>;

const TYPES = {
  F32: { create: (buffer: ArrayBuffer) => new Float32Array(buffer), bytes: 4 },
  U32: { create: (buffer: ArrayBuffer) => new Uint32Array(buffer), bytes: 4 },
  U8: { create: (buffer: ArrayBuffer) => new Uint8Array(buffer), bytes: 1 },
} as const;
type TypeName = keyof typeof TYPES;

interface HeaderEntry {
  readonly dtype: TypeName;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/**
 * The safetensors format (huggingface/safetensors): the length of the header in 8 bytes little-endian, the header as
 * JSON padded with spaces to a multiple of 8, then the data of all tensors without a gap, little-endian, row-major.
 * Returned in pieces, so that large tables are written without a copy.
 */
export function encodeSafetensors(
  tensors: StoredTensors,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  // Widest types first: every tensor then begins at a multiple of its element size.
  const names = Object.keys(tensors).sort((a, b) => widthOf(tensors, b) - widthOf(tensors, a) || (a < b ? -1 : 1));
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const name of names) {
    const { shape, data } = tensors[name] as StoredTensor;
    header[name] = { dtype: typeOf(data), shape, data_offsets: [offset, offset + data.byteLength] };
    pieces.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, 0x20);
  json.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return [length, padded, ...pieces];
}

/**
 * Reads what `encodeSafetensors` or any other writer of the format made, types F32, U32 and U8.
 * @throws KindredError MODEL_CORRUPT when the bytes are not of the format
 */
export function decodeSafetensors(bytes: Uint8Array, name = 'safetensors'): Record<string, StoredTensor> {
  const { header, dataStart } = readHeader(bytes, name);
  const tensors: Record<string, StoredTensor> = {};
  for (const [tensor, value] of Object.entries(header)) {
    if (tensor === '__metadata__') continue;
    tensors[tensor] = readTensor(bytes, dataStart, value, `${name}: tensor ${tensor}`);
  }
  return tensors;
}

function readHeader(bytes: Uint8Array, name: string): { header: Record<string, unknown>; dataStart: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = bytes.length >= 8 ? Number(view.getBigUint64(0, true)) : Number.NaN;
  if (!(headerBytes <= bytes.length - 8)) throw new KindredError('MODEL_CORRUPT', `${name} is cut short`);
  try {
    const header: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + 8, headerBytes).toString('utf8'));
    if (typeof header !== 'object' || header === null) throw new SyntaxError('the header is not an object');
    return { header: header as Record<string, unknown>, dataStart: 8 + headerBytes };
  } catch (cause) {
    throw new KindredError('MODEL_CORRUPT', `${name} has no readable header`, { cause });
  }
}

function readTensor(bytes: Uint8Array, dataStart: number, value: unknown, name: string): StoredTensor {
  const entry = value as Partial<HeaderEntry> | null;
  const { dtype, shape, data_offsets: range } = entry ?? {};
  if (dtype === undefined || !(dtype in TYPES) || !Array.isArray(shape) || !Array.isArray(range)) {
    throw new KindredError('MODEL_CORRUPT', `${name} is of an unknown type or lacks a shape`);
  }
  const type = TYPES[dtype];
  const [start, end] = range as [number, number];
  const expected = shape.reduce((product: number, size: number) => product * size, type.bytes);
  if (end - start !== expected || !(start >= 0) || dataStart + end > bytes.length) {
    throw new KindredError('MODEL_CORRUPT', `${name} has ${end - start} bytes, its shape asks for ${expected}`);
  }
  // A copy of its own, aligned to its element size; `slice` of a Buffer would be a view.
  const copy = new Uint8Array(expected);
  copy.set(bytes.subarray(dataStart + start, dataStart + end));
  return { shape, data: type.create(copy.buffer) };
}

function typeOf(data: TensorData): TypeName {
  if (data instanceof Float32Array) return 'F32';
  return data instanceof Uint32Array ? 'U32' : 'U8';
}

function widthOf(tensors: StoredTensors, name: string): number {
  return (tensors[name] as StoredTensor).data.BYTES_PER_ELEMENT;
}
