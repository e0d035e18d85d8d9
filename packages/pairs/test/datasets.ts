import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Event, ItemId, UserId } from '@kindred/domain';
import { it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const DATASETS = process.env.KINDRED_DATASETS ?? join(ROOT, '../shared/datasets');

/** A test on a data set that is left out, with one line, where the set is not here. */
export function itOn(files: readonly string[], title: string, run: () => Promise<void>): void {
  const missing = files.find((file) => !existsSync(join(DATASETS, file)));
  if (missing === undefined) it(title, run);
  else it.skip(`${title} (skipped: ${missing} is not in ${DATASETS})`, run);
}

/** Rows of a gzipped TSV with a header, as events of one type; times are unix seconds. */
export function readEvents(file: string, type: string, valueColumn?: string): Event[] {
  const [header = '', ...lines] = gunzipSync(readFileSync(join(DATASETS, file)))
    .toString()
    .trimEnd()
    .split('\n');
  const names = header.split('\t');
  const [user, item, time] = ['user_id', 'item_id', 'timestamp'].map((name) => names.indexOf(name)) as [
    number,
    number,
    number,
  ];
  const value = valueColumn === undefined ? -1 : names.indexOf(valueColumn);
  return lines.map((line, k) => {
    const cells = line.split('\t');
    return {
      id: `${k}`,
      userId: cells[user] as UserId,
      itemId: cells[item] as ItemId,
      type,
      timeMs: time < 0 ? undefined : Number(cells[time]) * 1000,
      value: value < 0 ? undefined : Number(cells[value]),
      properties: undefined,
    };
  });
}
