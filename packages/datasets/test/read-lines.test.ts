import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deadLetterText } from '../src/dead-letter-text.js';
import { originalLine } from '../src/index.js';
import { MAX_LINE_BYTES, readLines, type UnreadableLine } from '../src/read-lines.js';

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function linesOf(chunks: AsyncIterable<Buffer>): Promise<[number, string | UnreadableLine][]> {
  const all: [number, string | UnreadableLine][] = [];
  for await (const block of readLines(chunks)) {
    for (const [offset, line] of block.lines.entries()) all.push([block.firstLine + offset, line]);
  }
  return all;
}

describe('readLines', () => {
  it('cuts any bytes at any chunk size as a plain split does', async () => {
    const text = fc.array(
      fc.oneof(fc.constantFrom('\n', '\r\n', 'ä', '😀', '"', '\t', '\0'), fc.string({ maxLength: 5 })),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (parts, size) => {
        const whole = parts.join('');
        const plain = whole
          .replace(/^\ufeff/, '')
          .split('\n')
          .map((line) => line.replace(/\r$/, ''));
        if (whole.endsWith('\n') || whole === '') plain.pop();
        const lines = await linesOf(chunksOf(Buffer.from(whole), size));
        expect(lines.map(([, line]) => line)).toEqual(plain);
        expect(lines.map(([number]) => number)).toEqual(plain.map((_, index) => index + 1));
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  it('drops the byte order mark', async () => {
    expect(await linesOf(chunksOf(Buffer.from('\ufeffa\nb'), 2))).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });

  it('refuses a line that is not UTF-8 and keeps its bytes, the lines around it are read', async () => {
    const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.from('caf\xe9\\', 'latin1'), Buffer.from('\nb\n')]);
    const [first, second, third] = await linesOf(chunksOf(bytes, 100));
    expect([first, third]).toEqual([
      [1, 'a'],
      [3, 'b'],
    ]);
    const refused = second?.[1] as UnreadableLine;
    expect(refused.code).toBe('FILE_ENCODING');
    expect(refused.raw).toBe('bytes:caf\\xe9\\x5c');
    expect(originalLine(refused.raw)).toEqual(Buffer.from('caf\xe9\\', 'latin1'));
  });

  it.each([7, 65_536, 30_000_000])('lets go of a 10 MB line and carries on (chunks of %i bytes)', async (size) => {
    const long = size === 7 ? MAX_LINE_BYTES + 2 : 10_000_000;
    const bytes = Buffer.concat([Buffer.from('before\n'), Buffer.alloc(long, 'x'), Buffer.from('\nafter')]);
    const lines = await linesOf(chunksOf(bytes, size));
    expect(lines.map(([number, line]) => [number, typeof line === 'string' ? line : line.code])).toEqual([
      [1, 'before'],
      [2, 'LINE_TOO_LONG'],
      [3, 'after'],
    ]);
    const refused = lines[1]?.[1] as UnreadableLine;
    expect(refused.raw).toBe(`cut:${long}:${'x'.repeat(512)}`);
    expect(originalLine(refused.raw)).toBeUndefined();
  });

  it('takes a line of exactly the limit', async () => {
    const bytes = Buffer.concat([Buffer.alloc(MAX_LINE_BYTES, 'x'), Buffer.from('\r\nb\n')]);
    expect(
      (await linesOf(chunksOf(bytes, 65_536))).map(([, line]) => (typeof line === 'string' ? line.length : line.code)),
    ).toEqual([MAX_LINE_BYTES, 1]);
  });

  it('holds no overlong line in memory', async () => {
    let peakBytes = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (let k = 0; k < 384; k++) {
        peakBytes = Math.max(peakBytes, process.memoryUsage().arrayBuffers);
        yield Buffer.alloc(1 << 20, 'x'); // a new one each time: 384 MiB if they were kept
      }
    }
    const beforeBytes = process.memoryUsage().arrayBuffers;
    expect(await linesOf(endless())).toHaveLength(1);
    expect(peakBytes - beforeBytes).toBeLessThan(192 << 20);
  });
});

describe('deadLetterText', () => {
  it('keeps any line so that it comes back, and never with a NUL', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom('', 'bytes:', 'cut:', '\0', 'plain'),
        (bytes, start) => {
          const line = Buffer.concat([Buffer.from(start), bytes]);
          const kept = deadLetterText(line);
          expect(kept).not.toContain('\0');
          const back = originalLine(kept) as string | Buffer;
          expect(Buffer.compare(Buffer.from(back as string), line)).toBe(0);
        },
      ),
      { seed: 2, numRuns: 500 },
    );
  });
});
