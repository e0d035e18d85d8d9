import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

type Cells = readonly (string | number)[];

/** Writes a gzipped TSV with a header. Tabs and line ends inside a cell become spaces: TSV has no quoting. */
export async function writeTable(
  path: string,
  columns: readonly string[],
  rows: Iterable<Cells> | AsyncIterable<Cells>,
): Promise<number> {
  await mkdir(dirname(path), { recursive: true });
  let count = 0;
  async function* blocks(): AsyncGenerator<string> {
    let block = `${columns.join('\t')}\n`;
    for await (const row of rows) {
      count++;
      block += `${row.map((cell) => String(cell).replace(/[\t\r\n]+/g, ' ')).join('\t')}\n`;
      if (block.length < 65_536) continue;
      yield block;
      block = '';
    }
    yield block;
  }
  await pipeline(Readable.from(blocks()), createGzip(), createWriteStream(path));
  return count;
}
