import { isUtf8 } from 'node:buffer';

const BYTES_PREFIX = 'bytes:';
const CUT_PREFIX = 'cut:';
const CUT_KEEPS_BYTES = 512;

/**
 * How a refused line is kept, so that any store of text can hold it and the line can be read again:
 * - as it is, when it is valid UTF-8 without NUL;
 * - otherwise `bytes:` and the line with each byte that is not printable ASCII, and each backslash, as `\xHH`;
 * - a line over the limit is not kept whole: `cut:`, its length in bytes, `:`, its first 512 bytes. It can't be replayed.
 */
export function deadLetterText(line: string | Buffer): string {
  if (typeof line === 'string') return needsEscape(line) ? escapeBytes(Buffer.from(line, 'utf8')) : line;
  return isUtf8(line) ? deadLetterText(line.toString('utf8')) : escapeBytes(line);
}

/** The kept text of a line that was too long. @param head its first bytes */
export function cutLineText(head: Buffer, lengthBytes: number): string {
  return `${CUT_PREFIX}${lengthBytes}:${deadLetterText(head.subarray(0, CUT_KEEPS_BYTES))}`;
}

/** The line behind a dead letter: its text, its bytes when they are not UTF-8, or undefined when it was cut. */
export function originalLine(kept: string): string | Buffer | undefined {
  if (kept.startsWith(CUT_PREFIX)) return undefined;
  if (!kept.startsWith(BYTES_PREFIX)) return kept;
  const bytes: number[] = [];
  for (let k = BYTES_PREFIX.length; k < kept.length; k++) {
    if (kept[k] !== '\\') bytes.push(kept.charCodeAt(k));
    else {
      bytes.push(Number.parseInt(kept.slice(k + 2, k + 4), 16));
      k += 3;
    }
  }
  const buffer = Buffer.from(bytes);
  return isUtf8(buffer) ? buffer.toString('utf8') : buffer;
}

function needsEscape(line: string): boolean {
  return line.includes('\0') || line.startsWith(BYTES_PREFIX) || line.startsWith(CUT_PREFIX);
}

function escapeBytes(bytes: Buffer): string {
  let text = BYTES_PREFIX;
  for (const byte of bytes) {
    const printable = byte >= 0x20 && byte < 0x7f && byte !== 0x5c;
    text += printable ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}
