import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { syntheticShop } from '@kindred/datasets';

export type Row = readonly (string | number)[];

/** A folder for the files of one test file. */
export function scratchFolder(): { path: (name: string) => string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-pipeline-test-'));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Writes a TSV, packed when its name ends in .gz. */
export function writeTsv(path: string, header: Row, rows: readonly Row[]): string {
  const text = [header, ...rows].map((row) => `${row.join('\t')}\n`).join('');
  writeFileSync(path, path.endsWith('.gz') ? gzipSync(text) : text);
  return path;
}

/** The rows of a TSV below its header, as cells. */
export function readTsv(path: string): string[][] {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));
}

/** Who did something with what, each pair once at its first time (Unix seconds), in the order of time. */
export function shopPairs(seed: number, size = { users: 70, items: 90, events: 2600 }): [string, string, number][] {
  const first = new Map<string, [string, string, number]>();
  for (const { userId, itemId, timeMs } of syntheticShop({ ...size, seed }).events) {
    const key = `${userId}\t${itemId}`;
    if (!first.has(key)) first.set(key, [userId, itemId, Math.floor((timeMs ?? 0) / 1000)]);
  }
  return [...first.values()];
}
