import { isUtf8 } from 'node:buffer';
import type { ErrorCode } from '@kindred/domain';
import { cutLineText, deadLetterText } from './dead-letter-text.js';

/** A line may have this many bytes; longer ones are refused without being held in memory. */
export const MAX_LINE_BYTES = 1024 * 1024;

/** A line that is not text: `raw` is what is kept of it (see deadLetterText). */
export interface UnreadableLine {
  readonly code: ErrorCode;
  readonly message: string;
  readonly raw: string;
}

/** Consecutive physical lines, without their line ends. */
export interface LineBlock {
  /** Number of the first one; the first line of a file is 1. */
  readonly firstLine: number;
  readonly lines: readonly (string | UnreadableLine)[];
}

/**
 * Cuts bytes into lines (LF or CRLF). A byte order mark at the beginning is dropped. A line that is not UTF-8, or
 * longer than `MAX_LINE_BYTES`, becomes an UnreadableLine and the next line is read as usual. Holds one chunk and
 * one unfinished line, whatever the size of the file.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<LineBlock> {
  const cutter = new LineCutter();
  for await (const chunk of chunks) {
    const block = cutter.push(chunk);
    if (block !== undefined) yield block;
  }
  const last = cutter.end();
  if (last !== undefined) yield last;
}

class LineCutter {
  #unfinished: Buffer[] = [];
  #unfinishedBytes = 0;
  #skippedBytes = 0; // bytes of an overlong line that were let go
  #nextLine = 1;

  push(chunk: Buffer): LineBlock | undefined {
    const lastBreak = chunk.lastIndexOf(0x0a);
    if (lastBreak < 0) {
      this.#hold(chunk);
      return undefined;
    }
    const block = this.#block(chunk.subarray(0, lastBreak));
    this.#hold(chunk.subarray(lastBreak + 1));
    return block;
  }

  end(): LineBlock | undefined {
    return this.#unfinishedBytes + this.#skippedBytes > 0 ? this.#block(Buffer.alloc(0)) : undefined;
  }

  /** Keeps the beginning of a line; past the limit only its first bytes and its length stay. */
  #hold(part: Buffer): void {
    if (part.length === 0) return;
    if (this.#skippedBytes > 0) {
      this.#skippedBytes += part.length;
      return;
    }
    this.#unfinished.push(part);
    this.#unfinishedBytes += part.length;
    if (this.#unfinishedBytes <= MAX_LINE_BYTES + 1) return;
    const head = Buffer.from(Buffer.concat(this.#unfinished).subarray(0, 1024));
    this.#skippedBytes = this.#unfinishedBytes - head.length;
    this.#unfinished = [head];
    this.#unfinishedBytes = head.length;
  }

  /** @param part the rest of the unfinished line, then whole lines; the last one without its line end */
  #block(part: Buffer): LineBlock {
    const lines: (string | UnreadableLine)[] = [];
    if (this.#skippedBytes > 0) {
      const rest = part.indexOf(0x0a);
      const restBytes = rest < 0 ? part.length : rest;
      lines.push(tooLong(Buffer.concat(this.#unfinished), this.#unfinishedBytes + this.#skippedBytes + restBytes));
      if (rest >= 0) this.#appendLines(lines, part.subarray(rest + 1));
    } else {
      this.#appendLines(lines, this.#unfinished.length === 0 ? part : Buffer.concat([...this.#unfinished, part]));
    }
    this.#unfinished = [];
    this.#unfinishedBytes = 0;
    this.#skippedBytes = 0;
    const firstLine = this.#nextLine;
    this.#nextLine += lines.length;
    return { firstLine, lines };
  }

  #appendLines(lines: (string | UnreadableLine)[], bytes: Buffer): void {
    if (this.#nextLine === 1 && lines.length === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
      bytes = bytes.subarray(3);
    }
    const firstBreak = bytes.indexOf(0x0a);
    const firstBytes = firstBreak < 0 ? bytes.length : firstBreak;
    // Only the first line of a block can outgrow a chunk, and chunks of a caller may be of any size.
    if (isUtf8(bytes) && (bytes.length <= MAX_LINE_BYTES || (firstBytes <= MAX_LINE_BYTES && noneTooLong(bytes)))) {
      for (const line of bytes.toString('utf8').split('\n')) lines.push(line.endsWith('\r') ? line.slice(0, -1) : line);
      return;
    }
    for (let start = 0; start <= bytes.length; ) {
      const found = bytes.indexOf(0x0a, start);
      const end = found < 0 ? bytes.length : found;
      lines.push(decodeLine(bytes.subarray(start, bytes[end - 1] === 0x0d && end > start ? end - 1 : end)));
      start = end + 1;
    }
  }
}

function noneTooLong(bytes: Buffer): boolean {
  for (let start = 0; start <= bytes.length; ) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found;
    if (end - start > MAX_LINE_BYTES + 1) return false;
    start = end + 1;
  }
  return true;
}

function decodeLine(line: Buffer): string | UnreadableLine {
  if (line.length > MAX_LINE_BYTES) return tooLong(line, line.length);
  if (isUtf8(line)) return line.toString('utf8');
  return { code: 'FILE_ENCODING', message: 'the line is not UTF-8 text', raw: deadLetterText(line) };
}

function tooLong(head: Buffer, lengthBytes: number): UnreadableLine {
  const message = `the line has ${lengthBytes.toLocaleString('en')} bytes, the limit is ${MAX_LINE_BYTES.toLocaleString('en')}`;
  return { code: 'LINE_TOO_LONG', message, raw: cutLineText(head, lengthBytes) };
}
