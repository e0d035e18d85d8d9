import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll } from 'vitest';
import { type LineVerdict, type LogOptions, openLog } from '../src/index.js';

export const NOW_MS = Date.UTC(2026, 5, 1);

const folder = mkdtempSync(join(tmpdir(), 'kindred-datasets-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** Writes a file into a folder that goes away with the test file. */
export function written(name: string, content: string | Uint8Array): string {
  const path = join(folder, `${++count}-${name}`);
  const gzip = name.endsWith('.gz') && !(content instanceof Uint8Array);
  writeFileSync(path, gzip ? gzipSync(content) : content);
  return path;
}

export function emptyFolder(): string {
  return mkdtempSync(join(folder, 'folder-'));
}

export async function verdictsOf(path: string, options: Partial<LogOptions> = {}): Promise<LineVerdict[]> {
  const log = await openLog({ path }, { nowMs: NOW_MS, ...options });
  const all: LineVerdict[] = [];
  for await (const batch of log.verdicts()) all.push(...batch);
  return all;
}

/** `line:code`, or `line:user/item` for events: short to compare. */
export function inShort(verdicts: readonly LineVerdict[]): string[] {
  return verdicts.map((verdict) =>
    verdict.kind === 'rejected'
      ? `${verdict.lineNumber}:${verdict.code}`
      : `${verdict.lineNumber}:${verdict.event.userId}/${verdict.event.itemId}`,
  );
}

export async function codeOf(work: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    return `${(error as { code?: string }).code}`;
  }
  return 'no error';
}
