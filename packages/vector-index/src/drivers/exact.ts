import { open, writeFile } from 'node:fs/promises';
import { KindredError } from '@kindred/domain';
import { ExactScan } from '../exact-scan.js';
import type { VectorIndexDriver } from '../vector-index.js';

/** Read at once: a single read may not exceed 2 GiB. */
const PIECE_BYTES = 2 ** 26;

/** Exact scan: the file is the matrix itself, little-endian float32. */
export const exactDriver: VectorIndexDriver = {
  name: 'exact',

  async findFault() {
    return undefined;
  },

  async build(vectors, _dimensions, _settings, file) {
    await writeFile(file, new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength));
  },

  async open(file, size, dimensions) {
    const vectors = new Float32Array(size * dimensions);
    const target = new Uint8Array(vectors.buffer);
    const handle = await open(file);
    try {
      const { size: bytes } = await handle.stat();
      if (bytes !== target.length) {
        throw new KindredError(
          'INDEX_CORRUPT',
          `${file} holds ${bytes} bytes, ${size} x ${dimensions} vectors need ${target.length}`,
        );
      }
      for (let at = 0; at < bytes; ) {
        const { bytesRead } = await handle.read(target, at, Math.min(PIECE_BYTES, bytes - at), at);
        if (bytesRead === 0) throw new KindredError('INDEX_CORRUPT', `${file} ended while it was read`);
        at += bytesRead;
      }
    } finally {
      await handle.close();
    }
    return new ExactScan(vectors, dimensions);
  },
};
