// The public sets that benchmarks measure on: where each lies, how it is divided, what is masked. The one home of them.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { splitRows, takeUsers } from './table-files.mjs';

/** Where the files of the sets lie. */
export const datasetRoot = process.env.KINDRED_DATASETS ?? path.join(import.meta.dirname, '../../shared/datasets');
const file = (name) => path.join(datasetRoot, name);
const given = (prefix) => ({ train: file(`${prefix}train.tsv.gz`), test: file(`${prefix}test.tsv.gz`) });
const last28Days = { split: { kind: 'time', test: { days: 28 }, validation: { days: 28 } } };
const uci = {
  source: { data: file('uci-online-retail/interactions.tsv.gz') },
  items: file('uci-online-retail/items.tsv.gz'),
  pair: () => last28Days,
};

/**
 * @typedef {object} BenchmarkSet
 * @property {string} title what stands above its figures
 * @property {{train: string, test: string, valid?: string} | {data: string}} source
 * @property {'seen' | 'none'} [mask] default `seen`: what a user already has is not ranked
 * @property {string} [items] a catalogue with titles, by the ids of the source
 * @property {boolean} [seeded] the run's seed decides what is held out, so that three seeds are three splits
 * @property {(seed: number) => object} [pair] settings of the pair stage
 * @property {number} [testShare] of the rows of `data`, drawn by the seed, to be written to files of their own
 */

/** @type {Readonly<Record<string, BenchmarkSet>>} */
export const SETS = {
  cfgan: { title: "MovieLens-100K, CFGAN's split", source: given('movielens-100k/splits/cfgan.') },
  lastfm: { title: "Last.fm, LightGCN's split", source: given('lastfm-lightgcn/') },
  gowalla: { title: "Gowalla, LightGCN's split", source: given('gowalla-lightgcn/') },
  'movielens-time': {
    title: 'MovieLens-100K, newest tenth of the ratings',
    source: { data: file('movielens-100k/interactions.tsv.gz') },
    items: file('movielens-100k/items.tsv.gz'),
    pair: () => ({ split: { kind: 'time' } }),
  },
  uci: { title: 'UCI Online Retail, last 28 days, new items', ...uci },
  'uci-repurchase': { title: 'UCI Online Retail, last 28 days, bought items allowed again', ...uci, mask: 'none' },
  retailrocket: { title: 'RetailRocket, last purchase', source: given('retailrocket-sslrec/') },
  'movielens-1m-random': {
    title: 'MovieLens-1M, a random fifth of the pairs',
    source: { data: file('movielens-1m/interactions.tsv.gz') },
    items: file('movielens-1m/items.tsv.gz'),
    seeded: true,
    testShare: 0.2,
  },
  'movielens-1m-loo': {
    title: "MovieLens-1M, each user's last rating",
    source: { ...given('movielens-1m/loo/'), valid: file('movielens-1m/loo/valid.tsv.gz') },
    items: file('movielens-1m/items.tsv.gz'),
  },
  'gowalla-random': {
    title: "Gowalla, a random tenth of each user's train items",
    source: { data: file('gowalla-lightgcn/train.tsv.gz') },
    seeded: true,
    pair: (seed) => ({ seed, split: { kind: 'random', test: { fraction: 0.1 }, validation: { fraction: 0.1 } } }),
  },
};

/** @returns {BenchmarkSet} */
export function getSet(name) {
  const set = Object.hasOwn(SETS, name) ? SETS[name] : undefined;
  if (set === undefined) throw new Error(`there is no set ${name}; there are ${Object.keys(SETS).join(', ')}`);
  return set;
}

/** Those of the sets whose files are there; the others are named. */
export function presentSets(names) {
  return names.filter((name) => {
    const isThere = Object.values(getSet(name).source).every(existsSync);
    if (!isThere) console.log(`${name} is left out: it is not in ${datasetRoot}`);
    return isThere;
  });
}

/**
 * Calls with what `benchmark` of @kindred/pipeline asks for: source, pair, mask, items. Files that have to be made lie in
 * a temporary folder until the call is over.
 * @param {{seed: number, share?: number, isWhole?: boolean}} choice share: of the users, the same ones whatever the seed,
 *   default all; isWhole: `data` is left in one file, whatever the set's `testShare`
 */
export async function withSet(name, { seed, share = 1, isWhole = false }, use) {
  const set = getSet(name);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'kindred-set-'));
  try {
    const taken = share === 1 ? set.source : takeUsers(set.source, share, folder);
    const isDivided = set.testShare !== undefined && !isWhole;
    const source = isDivided ? splitRows(taken.data, set.testShare, seed, folder) : taken;
    return await use({ source, pair: set.pair?.(seed) ?? {}, mask: set.mask ?? 'seen', items: set.items });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
