import { readFile, writeFile } from 'node:fs/promises';
import { KindredError } from '@kindred/domain';
import { ExactScan } from '../exact-scan.js';
import type { VectorIndexDriver } from '../vector-index.js';

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
    const bytes = await readFile(file);
    if (bytes.byteLength !== size * dimensions * Float32Array.BYTES_PER_ELEMENT) {
      throw new KindredError(
        'INDEX_CORRUPT',
        `${file} holds ${bytes.byteLength} bytes, ${size} x ${dimensions} vectors need ${size * dimensions * 4}`,
      );
    }
    const vectors = new Float32Array(size * dimensions);
    new Uint8Array(vectors.buffer).set(bytes);
    return new ExactScan(vectors, dimensions);
  },
};
