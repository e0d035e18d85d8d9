import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { KindredError } from '@kindred/domain';
import { type Entry, openPromise, type ZipFile } from 'yauzl';

/** An archive on disk, read by entry. Nothing is ever written under a name that the archive chose. */
export class ZipArchive {
  private constructor(
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
    private readonly name: string,
  ) {}

  /** @throws KindredError DOWNLOAD_CORRUPT when the file is no whole zip */
  static async open(path: string, name: string): Promise<ZipArchive> {
    try {
      const zip = await openPromise(path, { autoClose: false, lazyEntries: true });
      const entries = new Map<string, Entry>();
      for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
      return new ZipArchive(zip, entries, name);
    } catch (cause) {
      throw corrupt(name, cause);
    }
  }

  /** The bytes of one entry, by the end of its name (`u.data` finds `ml-100k/u.data`). */
  async *chunks(suffix: string): AsyncGenerator<Buffer> {
    const found = [...this.entries.values()].find(
      ({ fileName }) => fileName === suffix || fileName.endsWith(`/${suffix}`),
    );
    if (found === undefined) throw new KindredError('DOWNLOAD_CORRUPT', `${this.name} holds no ${suffix}`);
    try {
      yield* (await this.zip.openReadStreamPromise(found)) as AsyncIterable<Buffer>;
    } catch (cause) {
      throw corrupt(`${this.name}, ${suffix}`, cause);
    }
  }

  async text(suffix: string, encoding: 'utf8' | 'latin1'): Promise<string> {
    const parts: Buffer[] = [];
    for await (const chunk of this.chunks(suffix)) parts.push(chunk);
    return Buffer.concat(parts).toString(encoding);
  }

  /** Writes one entry to a file and tells its digest on the way. */
  async extract(suffix: string, path: string, algorithm: 'md5' | 'sha256'): Promise<string> {
    const digest = createHash(algorithm);
    const tap = new Transform({
      transform(chunk: Buffer, _, done) {
        digest.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(this.chunks(suffix), tap, createWriteStream(path));
    return digest.digest('hex');
  }

  close(): void {
    this.zip.close();
  }
}

function corrupt(name: string, cause: unknown): KindredError {
  if (cause instanceof KindredError) return cause;
  const because = cause instanceof Error ? cause.message : String(cause);
  return new KindredError('DOWNLOAD_CORRUPT', `${name} is not a whole zip archive (${because})`, { cause });
}
