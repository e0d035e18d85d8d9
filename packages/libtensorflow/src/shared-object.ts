import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { TensorflowSetupError } from './errors.js';

/** The two files that make up libtensorflow in every present-day archive, by the sonames that they carry. */
export const LIBRARY_FILES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;

const ELF_HEADER_BYTES = 64;
const ELF_SHARED_OBJECT = 3;
const ELF_X86_64 = 62;

/**
 * Throws LIBRARY_INVALID unless this is a whole 64-bit x86 ELF shared object. Section headers stand at the end of the
 * file, so a file cut short is told apart here: the dynamic loader would end the whole process on it (SIGBUS).
 */
export async function checkSharedObject(path: string): Promise<void> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new TensorflowSetupError('FILE_NOT_FOUND', `${path} can not be opened`, { cause });
  });
  try {
    const header = Buffer.alloc(ELF_HEADER_BYTES);
    const { bytesRead } = await file.read(header, 0, ELF_HEADER_BYTES, 0);
    const { size } = await file.stat();
    const isElf64 =
      bytesRead === ELF_HEADER_BYTES && header.readUInt32BE(0) === 0x7f454c46 && header[4] === 2 && header[5] === 1;
    if (!isElf64 || header.readUInt16LE(16) !== ELF_SHARED_OBJECT || header.readUInt16LE(18) !== ELF_X86_64) {
      throw new TensorflowSetupError('LIBRARY_INVALID', `${path} is no x86-64 Linux shared library`);
    }
    const end = Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60);
    if (end > size)
      throw new TensorflowSetupError(
        'LIBRARY_INVALID',
        `${path} is cut short: ${size} bytes, at least ${end} expected`,
      );
  } finally {
    await file.close();
  }
}

/** The sha256 of a file in hexadecimal, streamed. */
export async function sha256File(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
