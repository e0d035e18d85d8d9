// NDCG@20 of single users, from the lists and the pairs to find that `kindred benchmark` leaves beside its metrics.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { mean } from '../measurements.mjs';

const CUTOFF = 20;
/** The records are rounded to five digits. */
const TOLERANCE = 1e-5;
const [LISTS, PAIRS] = ['recommendations.tsv.gz', 'test.tsv.gz'];

/** The child's side: a copy of what the figures are made of, so that the work on it is no part of the run's memory. */
export function leaveLists(benchmarkOut, folder) {
  mkdirSync(folder, { recursive: true });
  const lists = readdirSync(benchmarkOut).find((name) => /^recommendations\..+\.tsv\.gz$/.test(name));
  copyFileSync(path.join(benchmarkOut, lists), path.join(folder, LISTS));
  copyFileSync(path.join(benchmarkOut, PAIRS), path.join(folder, PAIRS));
}

/**
 * Makes the figures of a new run out of its lists, which go.
 * @param {{date: string, metrics: Record<string, number>}} record
 * @throws Error where their mean is not the figure of the record
 */
export function keepUserFigures(record, folder) {
  const figures = ndcgOfUsers(read(folder, LISTS), read(folder, PAIRS));
  const ndcg = mean([...figures.values()]);
  if (!(Math.abs(ndcg - record.metrics['ndcg@20']) <= TOLERANCE)) {
    throw new Error(`${folder}: the lists give NDCG@20 ${ndcg}, the record has ${record.metrics['ndcg@20']}`);
  }
  rmSync(folder, { recursive: true });
  writeFileSync(`${folder}.json`, JSON.stringify({ date: record.date, ndcg: Object.fromEntries(figures) }));
}

/** @returns {Map<string, number> | undefined} by user; undefined where they are gone, or are of an older run */
export function userFiguresOf(record, folder) {
  if (!existsSync(`${folder}.json`)) return undefined;
  const { date, ndcg } = JSON.parse(readFileSync(`${folder}.json`, 'utf8'));
  return date === record.date ? new Map(Object.entries(ndcg)) : undefined;
}

/**
 * @param {Iterable<string[]>} lists user, rank from 1, item, score
 * @param {Iterable<string[]>} pairs user, item; every pair once
 * @returns {Map<string, number>} of every user who has something to find
 */
export function ndcgOfUsers(lists, pairs) {
  const wanted = new Map();
  for (const [user, item] of pairs) wanted.set(user, (wanted.get(user) ?? new Set()).add(item));
  const gains = new Map();
  for (const [user, rank, item] of lists) {
    if (rank > CUTOFF || wanted.get(user)?.has(item) !== true) continue;
    gains.set(user, (gains.get(user) ?? 0) + gainAt(Number(rank)));
  }
  return new Map([...wanted].map(([user, items]) => [user, (gains.get(user) ?? 0) / idealGain(items.size)]));
}

function gainAt(rank) {
  return 1 / Math.log2(rank + 1);
}

function idealGain(count) {
  let sum = 0;
  for (let rank = 1; rank <= Math.min(count, CUTOFF); rank++) sum += gainAt(rank);
  return sum;
}

function* read(folder, name) {
  const [, ...lines] = gunzipSync(readFileSync(path.join(folder, name)))
    .toString('utf8')
    .trimEnd()
    .split('\n');
  for (const line of lines) yield line.split('\t');
}
