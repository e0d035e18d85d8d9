import { createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { TensorflowSetupError } from './errors.js';

/** One file in a zip archive, as the central directory describes it. */
export interface ZipMember {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly headerOffset: number;
}

const END_RECORD = 0x06054b50;
const END_RECORD_BYTES = 22;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_LOCATOR_BYTES = 20;
const ZIP64_END_RECORD = 0x06064b50;
const CENTRAL_HEADER = 0x02014b50;
const CENTRAL_HEADER_BYTES = 46;
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const ZIP64_EXTRA = 0x0001;
const ELSEWHERE_32 = 0xffffffff;
const LARGEST_COMMENT_BYTES = 0xffff;
const LARGEST_DIRECTORY_BYTES = 1 << 28;
const STORED = 0;
const DEFLATED = 8;

function invalid(path: string, what: string): TensorflowSetupError {
  return new TensorflowSetupError('ARCHIVE_INVALID', `${path}: ${what}`);
}

/**
 * Reads a zip archive (jar, wheel; zip64 too) without holding it in memory: the central directory first, then the
 * members that are asked for, streamed, each checked for size and CRC-32. Reads stored and deflated members only.
 */
export class ZipArchive {
  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    readonly members: readonly ZipMember[],
  ) {}

  /** Throws ARCHIVE_INVALID when this is no whole zip file, FILE_NOT_FOUND when there is none. */
  static async open(path: string): Promise<ZipArchive> {
    const file = await open(path, 'r').catch((cause: unknown) => {
      throw new TensorflowSetupError('FILE_NOT_FOUND', `${path} can not be opened`, { cause });
    });
    try {
      return new ZipArchive(path, file, await readDirectory(path, file));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  /** The one member whose base name this is. Throws ARCHIVE_INVALID for none and for several. */
  getMember(fileName: string): ZipMember {
    const found = this.members.filter((member) => basename(member.name) === fileName);
    const [member] = found;
    if (member === undefined) throw invalid(this.path, `holds no ${fileName}`);
    if (found.length > 1) throw invalid(this.path, `holds ${fileName} ${found.length} times`);
    return member;
  }

  /** Unpacks a member into a new file. What it wrote before a failure is the caller's to remove. */
  async extract(member: ZipMember, target: string, signal?: AbortSignal): Promise<void> {
    if (member.encrypted) throw invalid(this.path, `${member.name} is encrypted`);
    if (member.method !== STORED && member.method !== DEFLATED) {
      throw invalid(this.path, `${member.name} is packed by method ${member.method}, which is not read`);
    }
    if (member.compressedBytes === 0) throw invalid(this.path, `${member.name} is empty`);
    const start = await this.dataOffset(member);
    const source = this.file.createReadStream({
      start,
      end: start + member.compressedBytes - 1,
      autoClose: false,
      highWaterMark: 1 << 20,
    });
    const check = new MemberCheck(this.path, member);
    const sink = createWriteStream(target, { flags: 'wx', mode: 0o755 });
    const options = signal === undefined ? {} : { signal };
    try {
      if (member.method === STORED) await pipeline(source, check, sink, options);
      else await pipeline(source, createInflateRaw({ chunkSize: 1 << 20 }), check, sink, options);
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('Z_')) {
        throw new TensorflowSetupError(
          'ARCHIVE_INVALID',
          `${this.path}: ${member.name} can not be unpacked (${cause.message})`,
          { cause },
        );
      }
      throw cause;
    }
  }

  // The lengths of name and extra field in the local header differ from the central ones; only the local ones count here.
  private async dataOffset(member: ZipMember): Promise<number> {
    const header = await readAt(this.path, this.file, member.headerOffset, LOCAL_HEADER_BYTES);
    if (header.readUInt32LE(0) !== LOCAL_HEADER)
      throw invalid(this.path, `${member.name} has no header where the directory says`);
    const start = member.headerOffset + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
    const { size } = await this.file.stat();
    if (start + member.compressedBytes > size) throw invalid(this.path, `${member.name} is cut short`);
    return start;
  }
}

/** Passes a member's bytes on; fails at the first byte too many, or at the end when size or CRC-32 differ. */
class MemberCheck extends Transform {
  private crc = 0;
  private seen = 0;

  constructor(
    private readonly archive: string,
    private readonly member: ZipMember,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error: Error | null, chunk?: Buffer) => void): void {
    this.seen += chunk.length;
    if (this.seen > this.member.bytes) {
      done(
        invalid(
          this.archive,
          `${this.member.name} is larger than the ${this.member.bytes} bytes that the directory says`,
        ),
      );
      return;
    }
    this.crc = crc32(chunk, this.crc);
    done(null, chunk);
  }

  override _flush(done: (error?: Error | null) => void): void {
    const { name, bytes, crc32: expected } = this.member;
    if (this.seen !== bytes)
      done(invalid(this.archive, `${name} has ${this.seen} bytes where the directory says ${bytes}`));
    else if (this.crc !== expected) done(invalid(this.archive, `${name} fails its CRC-32 check`));
    else done();
  }
}

async function readAt(path: string, file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) throw invalid(path, 'is cut short');
    filled += bytesRead;
  }
  return buffer;
}

function safeNumber(path: string, value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid(path, 'has an impossible size');
  return Number(value);
}

interface DirectoryPlace {
  readonly offset: number;
  readonly bytes: number;
  readonly count: number;
}

async function readDirectory(path: string, file: FileHandle): Promise<ZipMember[]> {
  const place = await findDirectory(path, file);
  if (place.bytes > LARGEST_DIRECTORY_BYTES) throw invalid(path, 'has a directory of impossible size');
  const directory = await readAt(path, file, place.offset, place.bytes);
  const members: ZipMember[] = [];
  let position = 0;
  for (let index = 0; index < place.count; index++) {
    if (position + CENTRAL_HEADER_BYTES > directory.length || directory.readUInt32LE(position) !== CENTRAL_HEADER) {
      throw invalid(path, `has a damaged directory at entry ${index}`);
    }
    const { member, next } = readCentralHeader(path, directory, position);
    members.push(member);
    position = next;
  }
  return members;
}

// The end record stands at the end of the file, before a comment of up to 64 KiB: searched backwards.
async function findDirectory(path: string, file: FileHandle): Promise<DirectoryPlace> {
  const { size } = await file.stat();
  const tailBytes = Math.min(size, END_RECORD_BYTES + LARGEST_COMMENT_BYTES + ZIP64_LOCATOR_BYTES);
  const tailStart = size - tailBytes;
  const tail = await readAt(path, file, tailStart, tailBytes);
  for (let at = tail.length - END_RECORD_BYTES; at >= 0; at--) {
    const commentBytes = tail.readUInt32LE(at) === END_RECORD ? tail.readUInt16LE(at + 20) : -1;
    if (at + END_RECORD_BYTES + commentBytes !== tail.length) continue;
    const zip64 = await findZip64Directory(path, file, tail, at);
    const place = zip64 ?? {
      count: tail.readUInt16LE(at + 10),
      bytes: tail.readUInt32LE(at + 12),
      offset: tail.readUInt32LE(at + 16),
    };
    if (place.offset + place.bytes > tailStart + at) throw invalid(path, 'is cut short');
    return place;
  }
  throw invalid(path, 'is no zip file, or is cut short');
}

async function findZip64Directory(
  path: string,
  file: FileHandle,
  tail: Buffer,
  endAt: number,
): Promise<DirectoryPlace | undefined> {
  const at = endAt - ZIP64_LOCATOR_BYTES;
  if (at < 0 || tail.readUInt32LE(at) !== ZIP64_LOCATOR) return undefined;
  const record = await readAt(path, file, safeNumber(path, tail.readBigUInt64LE(at + 8)), 56);
  if (record.readUInt32LE(0) !== ZIP64_END_RECORD) throw invalid(path, 'has a damaged zip64 end record');
  return {
    count: safeNumber(path, record.readBigUInt64LE(32)),
    bytes: safeNumber(path, record.readBigUInt64LE(40)),
    offset: safeNumber(path, record.readBigUInt64LE(48)),
  };
}

function readCentralHeader(path: string, directory: Buffer, at: number): { member: ZipMember; next: number } {
  const nameBytes = directory.readUInt16LE(at + 28);
  const extraBytes = directory.readUInt16LE(at + 30);
  const nameAt = at + CENTRAL_HEADER_BYTES;
  const next = nameAt + nameBytes + extraBytes + directory.readUInt16LE(at + 32);
  if (next > directory.length) throw invalid(path, 'has a damaged directory');
  const name = directory.toString('utf8', nameAt, nameAt + nameBytes);
  const extra = directory.subarray(nameAt + nameBytes, nameAt + nameBytes + extraBytes);
  // In this order the zip64 extra field holds those values that did not fit into 32 bits.
  const [bytes, compressedBytes, headerOffset] = widen(path, name, extra, [
    directory.readUInt32LE(at + 24),
    directory.readUInt32LE(at + 20),
    directory.readUInt32LE(at + 42),
  ]);
  const encrypted = (directory.readUInt16LE(at + 8) & 1) === 1;
  const method = directory.readUInt16LE(at + 10);
  return {
    member: { name, method, encrypted, crc32: directory.readUInt32LE(at + 16), compressedBytes, bytes, headerOffset },
    next,
  };
}

function widen(path: string, name: string, extra: Buffer, narrow: [number, number, number]): [number, number, number] {
  const field = findExtraField(extra, ZIP64_EXTRA);
  let position = 0;
  const wide = (value: number): number => {
    if (value !== ELSEWHERE_32) return value;
    if (field === undefined || position + 8 > field.length) throw invalid(path, `${name} lacks its zip64 sizes`);
    position += 8;
    return safeNumber(path, field.readBigUInt64LE(position - 8));
  };
  return [wide(narrow[0]), wide(narrow[1]), wide(narrow[2])];
}

function findExtraField(extra: Buffer, id: number): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  return undefined;
}
