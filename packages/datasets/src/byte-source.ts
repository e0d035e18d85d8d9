import { createReadStream } from 'node:fs';
import { addAbortSignal, pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { KindredError } from '@kindred/domain';

/** Where a log comes from: a file, or a stream that can be read once (standard input). */
export type LogSource = { readonly path: string } | { readonly stream: Readable; readonly name?: string };

function sourceName(source: LogSource): string {
  return 'path' in source ? source.path : (source.name ?? 'standard input');
}

const CHUNK_BYTES = 256 * 1024;

/** Uncompressed bytes of a source, with a look at its beginning before anything is consumed. */
export class ByteSource {
  readonly name: string;
  readonly #source: LogSource;
  #opened: OpenedBytes | undefined;
  #spent = false;

  /** @param signal ends a reading that waits for bytes: reads then throw INTERRUPTED */
  constructor(
    source: LogSource,
    private readonly signal?: AbortSignal,
  ) {
    this.#source = source;
    this.name = sourceName(source);
  }

  /**
   * The first bytes after decompression: at least `minimumBytes`, or all there are.
   * @throws KindredError FILE_NOT_FOUND, FILE_CORRUPT, INTERRUPTED
   */
  async peek(minimumBytes: number): Promise<{ head: Buffer; ended: boolean; compressed: boolean }> {
    this.#opened ??= await OpenedBytes.open(this.#readable(), this.name);
    const { head, ended } = await this.#opened.peek(minimumBytes);
    return { head, ended, compressed: this.#opened.compressed };
  }

  /** All bytes from the beginning. A file may be read again and again, a stream once. */
  async *bytes(): AsyncGenerator<Buffer> {
    const opened = this.#opened ?? (await OpenedBytes.open(this.#readable(), this.name));
    this.#opened = undefined;
    this.#spent = true;
    try {
      yield* opened.rest();
    } finally {
      opened.close();
    }
  }

  /** Lets go of the file when it was looked at but is not going to be read. */
  close(): void {
    this.#opened?.close();
    this.#opened = undefined;
  }

  /** The path, when the bytes of the file are the data itself (not compressed). */
  get path(): string | undefined {
    return 'path' in this.#source ? this.#source.path : undefined;
  }

  #readable(): Readable {
    const readable = this.#unread();
    return this.signal === undefined ? readable : addAbortSignal(this.signal, readable);
  }

  #unread(): Readable {
    if ('path' in this.#source) return createReadStream(this.#source.path, { highWaterMark: CHUNK_BYTES });
    if (this.#spent) throw new KindredError('USAGE', `${this.name} is a stream and was read already`);
    return this.#source.stream;
  }
}

class OpenedBytes {
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #ended = false;
  readonly #chunks: AsyncIterator<Buffer>;

  private constructor(
    private readonly readable: Readable,
    private readonly name: string,
    readonly compressed: boolean,
    chunks: AsyncIterator<Buffer>,
  ) {
    this.#chunks = chunks;
  }

  /** Gzip is known by its first two bytes, whatever the name says. */
  static async open(readable: Readable, name: string): Promise<OpenedBytes> {
    const raw = asBuffers(readable)[Symbol.asyncIterator]();
    const plain = new OpenedBytes(readable, name, false, raw);
    const { head } = await plain.peek(2);
    if (head[0] !== 0x1f || head[1] !== 0x8b) return plain;
    const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
    pipeline(Readable.from(plain.rest()), gunzip, () => {}); // a fault surfaces where gunzip is read
    return new OpenedBytes(readable, name, true, gunzip[Symbol.asyncIterator]());
  }

  async peek(minimumBytes: number): Promise<{ head: Buffer; ended: boolean }> {
    while (this.#keptBytes < minimumBytes && !this.#ended) {
      const chunk = await this.#next();
      if (chunk !== undefined) this.#kept.push(chunk);
      this.#keptBytes += chunk?.length ?? 0;
    }
    const head = Buffer.concat(this.#kept);
    this.#kept = [head];
    return { head, ended: this.#ended };
  }

  async *rest(): AsyncGenerator<Buffer> {
    for (const chunk of this.#kept.splice(0)) if (chunk.length > 0) yield chunk;
    while (!this.#ended) {
      const chunk = await this.#next();
      if (chunk !== undefined) yield chunk;
    }
  }

  close(): void {
    this.readable.destroy();
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      const step = await this.#chunks.next();
      if (step.done !== true) return step.value;
      this.#ended = true;
      return undefined;
    } catch (cause) {
      this.#ended = true;
      throw readFault(cause, this.name);
    }
  }
}

async function* asBuffers(readable: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of readable) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as string | Uint8Array);
}

/** Turns a fault of the file system or of zlib into one of the table. */
function readFault(cause: unknown, name: string): KindredError {
  if (cause instanceof KindredError) return cause;
  if (cause instanceof Error && cause.name === 'AbortError') {
    return new KindredError('INTERRUPTED', `the reading of ${name} was interrupted`, { cause });
  }
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  const because = cause instanceof Error ? cause.message : String(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new KindredError('FILE_NOT_FOUND', `${name} does not exist`, { cause });
  if (code === 'EISDIR') return new KindredError('FILE_NOT_FOUND', `${name} is a folder, not a file`, { cause });
  if (code === 'EACCES' || code === 'EPERM') {
    return new KindredError('FILE_NOT_FOUND', `${name} may not be read by this user`, { cause });
  }
  if (code.startsWith('Z_'))
    return new KindredError('FILE_CORRUPT', `${name}: the gzip data is broken (${because})`, { cause });
  return new KindredError('FILE_CORRUPT', `${name} could not be read to its end (${because})`, { cause });
}
