import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/**
 * Writes a file so that its path holds either the old bytes or all of the new ones, also after a crash: into a
 * neighbour, flushed to disk, then renamed.
 */
export async function replaceFile(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const neighbour = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(neighbour, 'wx');
    try {
      for (const piece of pieces) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(neighbour, path);
  } catch (error) {
    await rm(neighbour, { force: true });
    throw error;
  }
}
