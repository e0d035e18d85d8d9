import { StringDecoder } from 'node:string_decoder';
import type { ZipArchive } from './zip-archive.js';

/**
 * The cells of the first sheet of an Excel workbook, row by row, streaming; only the shared strings are held.
 * Reads what spreadsheets write for plain tables: shared, inline and formula strings, numbers. Dates come as serial numbers.
 */
export async function* xlsxRows(workbook: ZipArchive): AsyncGenerator<string[]> {
  const shared = sharedStrings(await workbook.text('xl/sharedStrings.xml', 'utf8'));
  const decoder = new StringDecoder('utf8');
  let pending = '';
  for await (const chunk of workbook.chunks('xl/worksheets/sheet1.xml')) {
    const parts = (pending + decoder.write(chunk)).split('</row>');
    pending = parts.pop() ?? '';
    for (const part of parts) yield rowCells(part, shared);
  }
}

/** Unix seconds of a serial date (days since 1899-12-30, the wall clock taken as UTC), to the second. */
export function serialDateSeconds(serial: number): number {
  return Math.round((serial - 25_569) * 86_400);
}

function sharedStrings(xml: string): string[] {
  return Array.from(xml.matchAll(/<si\b[^>]*?(?:\/>|>([\s\S]*?)<\/si>)/g), ([, body]) => textOf(body ?? ''));
}

function rowCells(xml: string, shared: readonly string[]): string[] {
  const cells: string[] = [];
  for (const [, attributes = '', body = ''] of xml.matchAll(/<c\b([^>]*?)(?:\/>|>([\s\S]*?)<\/c>)/g)) {
    const reference = /\br="([A-Z]+)\d*"/.exec(attributes)?.[1];
    const type = /\bt="(\w+)"/.exec(attributes)?.[1];
    const value = /<v\b[^>]*>([\s\S]*?)<\/v>/.exec(body)?.[1] ?? '';
    const position = reference === undefined ? cells.length : columnPosition(reference);
    while (cells.length < position) cells.push('');
    if (type === 's') cells[position] = shared[Number(value)] ?? '';
    else cells[position] = type === 'inlineStr' ? textOf(body) : decodeEntities(value);
  }
  return cells;
}

/** A → 0, Z → 25, AA → 26. */
function columnPosition(letters: string): number {
  let position = 0;
  for (const letter of letters) position = position * 26 + letter.charCodeAt(0) - 64;
  return position - 1;
}

/** The text of a string item, whose runs may be formatted piece by piece; phonetic hints (rPh) are left out. */
function textOf(xml: string): string {
  const runs = xml.replace(/<rPh\b[\s\S]*?<\/rPh>/g, '').matchAll(/<t\b[^>]*?(?:\/>|>([\s\S]*?)<\/t>)/g);
  return Array.from(runs, ([, text]) => decodeEntities(text ?? '')).join('');
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (whole, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name] ?? whole;
  });
}
