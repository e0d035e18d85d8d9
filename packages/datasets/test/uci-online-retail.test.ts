import { hash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Event } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { openLog, readItems } from '../src/index.js';
import { NOW_MS, verdictsOf, written } from './written.js';

const ROOT = process.env.KINDRED_DATASETS ?? resolve(import.meta.dirname, '../../../../shared/datasets');
const FOLDER = resolve(ROOT, 'uci-online-retail');
const here = existsSync(resolve(FOLDER, 'transactions.tsv.gz'));
if (!here) console.log(`skipped: the raw UCI log is not at ${FOLDER}`);

const HEADER = 'invoice\titem_id\tdescription\tquantity\ttimestamp\tunit_price\tuser_id\tcountry';

describe('the rules of the preset uci-online-retail', () => {
  it.each([
    ['1\t85123a\tHEART\t6\t1291191960\t2.55\t17850\tUK', 'purchase 85123A 6'],
    ['C1\t85123A\tHEART\t-6\t1291191960\t2.55\t17850\tUK', 'return 85123A 6'],
    ['1\t85123A\tHEART\t6\t1291191960\t2.55\t\tUK', 'USER_MISSING'],
    ['1\tPOST\tPOSTAGE\t1\t1291191960\t18\t17850\tUK', 'EVENT_IGNORED_KIND'],
    ['C1\tD\tDiscount\t-1\t1291191960\t18\t17850\tUK', 'EVENT_IGNORED_KIND'],
    ['1\tBANK CHARGES\t\t1\t1291191960\t0\t17850\tUK', 'EVENT_IGNORED_KIND'],
    ['1\t22423\tSTAND\t1\t1291191960\t0\t17850\tUK', 'PRICE_NOT_POSITIVE'],
    ['1\t22423\tSTAND\t1\t1291191960\t-1\t17850\tUK', 'PRICE_NOT_POSITIVE'],
    ['1\t22423\tSTAND\t-1\t1291191960\t1\t17850\tUK', 'QUANTITY_INVALID'],
    ['C1\t22423\tSTAND\t1\t1291191960\t1\t17850\tUK', 'QUANTITY_INVALID'],
    ['1\t22423\tSTAND\t0\t1291191960\t1\t17850\tUK', 'QUANTITY_INVALID'],
    ['1\t22423\tSTAND\tsix\t1291191960\t1\t17850\tUK', 'VALUE_INVALID'],
    ['1\t22423\tSTAND\t1\tyesterday\t1\t17850\tUK', 'TIME_INVALID'],
    ['1\t22423\tSTAND\t1\t1291191960\t1\t17850.0\tUK', 'purchase 22423 1'],
    ['1\t22423\tSTAND\t1\t12/1/2010 8:26\t1\t17850\tUK', 'purchase 22423 1'],
  ])('%s → %s', async (line, expected) => {
    const [verdict] = await verdictsOf(written('t.tsv', `${HEADER}\n${line}\n`));
    if (verdict?.kind === 'rejected') expect(verdict.code).toBe(expected);
    else expect(`${verdict?.event.type} ${verdict?.event.itemId} ${verdict?.event.value}`).toBe(expected);
    if (verdict?.kind === 'event') expect(verdict.event).toMatchObject({ userId: '17850', timeMs: 1291191960000 });
  });
});

describe.skipIf(!here)('the raw UCI log', () => {
  it('gives every line a verdict, and exactly the purchases of interactions.tsv.gz', async () => {
    const log = await openLog({ path: resolve(FOLDER, 'transactions.tsv.gz') }, { nowMs: NOW_MS });
    expect(log.plan).toMatchObject({ preset: 'uci-online-retail', format: 'tsv', compressed: true });
    const counts: Record<string, number> = {};
    const ids = new Set<string>();
    const purchases: string[] = [];
    let lines = 0;
    for await (const batch of log.verdicts()) {
      for (const verdict of batch) {
        lines++;
        const kind = verdict.kind === 'event' ? verdict.event.type : verdict.code;
        counts[kind] = (counts[kind] ?? 0) + 1;
        if (verdict.kind !== 'event') continue;
        ids.add(verdict.event.id);
        if (verdict.event.type === 'purchase') purchases.push(rowOf(verdict.event));
      }
    }
    expect(lines).toBe(541_909);
    expect(counts).toEqual({
      purchase: 396_337,
      return: 8_539,
      USER_MISSING: 135_080,
      EVENT_IGNORED_KIND: 1_920,
      PRICE_NOT_POSITIVE: 33,
    });
    expect(ids.size).toBe(396_337 + 8_539);

    const text = gunzipSync(readFileSync(resolve(FOLDER, 'interactions.tsv.gz'))).toString('utf8');
    const expected = text
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t').slice(0, 5).join('\t'));
    expect(purchases.length).toBe(expected.length);
    expect(digest(purchases.sort())).toBe(digest(expected.sort()));
    expect(expected.length - new Set(expected).size).toBe(5_192); // equal lines that are kept

    const items = new Map(log.items().map((item) => [item.itemId, item.title]));
    const published = await readItems(resolve(FOLDER, 'items.tsv.gz'));
    expect([...items.keys()].sort()).toEqual(published.map((item) => item.itemId).sort());
    const differing = published.filter((item) => items.get(item.itemId) !== item.title);
    expect(differing.length).toBeLessThanOrEqual(4); // spellings that are equally frequent
  });
});

/** One short value to compare: a difference of 400,000 rows is not for reading. */
function digest(rows: readonly string[]): string {
  return hash('sha256', rows.join('\n'), 'hex');
}

function rowOf({ userId, itemId, value, timeMs, properties }: Event): string {
  return [userId, itemId, value, (timeMs ?? 0) / 1000, properties?.invoice].join('\t');
}
