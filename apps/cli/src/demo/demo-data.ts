import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type LogItem, readItems, syntheticShop } from '@kindred/datasets';
import { type Event, KindredError } from '@kindred/domain';
import { type IngestReport, ingestLog } from '@kindred/pipeline';
import { addFoundItems } from '@kindred/storage';
import type { StorageSession } from '../session.js';

/** What the demo learned from. */
export interface DemoDataset {
  readonly name: string;
  readonly description: string;
  readonly synthetic: boolean;
}

interface DemoLog extends DemoDataset {
  /** Files below the folder of data sets. */
  readonly log: string;
  readonly items?: string;
  readonly preset: string;
  /** Settings of the run. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Logs that the demo can run on, the preferred one first. */
const LOGS: readonly DemoLog[] = [
  {
    name: 'uci-online-retail',
    description:
      'every invoice line of a UK gift shop, December 2010 to December 2011 (UCI Online Retail; Chen et al., 2012)',
    synthetic: false,
    log: 'uci-online-retail/transactions.tsv.gz',
    preset: 'uci-online-retail',
    settings: { pair: { split: { kind: 'time', test: { days: 28 }, validation: { days: 28 } } } },
  },
  {
    name: 'movielens-100k',
    description: '100,000 film ratings, 1997 to 1998 (MovieLens; Harper and Konstan, 2015)',
    synthetic: false,
    log: 'movielens-100k/interactions.tsv.gz',
    items: 'movielens-100k/items.tsv.gz',
    preset: 'movielens',
    settings: {},
  },
];
const SYNTHETIC = 'synthetic';
const SHOP = { users: 800, items: 400, events: 24_000 };

/** Ingests the log asked for, or the first that is here, or a made shop when there is none. */
export async function ingestDemoData(
  session: StorageSession,
  asked: string | undefined,
): Promise<{ dataset: DemoDataset; ingest: IngestReport; settings: Readonly<Record<string, unknown>> }> {
  const log = chooseLog(session, asked);
  if (log === undefined) return ingestSyntheticShop(session);
  const folder = session.config.datasetsDir as string;
  const { name, description, synthetic } = log;
  session.progress.say(`ingest: ${join(folder, log.log)}`);
  const ingest = await ingestLog(
    session.storage.database,
    { path: join(folder, log.log) },
    { ...session, preset: log.preset },
  );
  if (log.items !== undefined)
    await addFoundItems(session.storage.database.db, await readItems(join(folder, log.items)));
  return { dataset: { name, description, synthetic }, ingest, settings: log.settings };
}

function chooseLog({ config, progress }: StorageSession, asked: string | undefined): DemoLog | undefined {
  if (asked === SYNTHETIC) return undefined;
  const isHere = ({ log }: DemoLog) => config.datasetsDir !== undefined && existsSync(join(config.datasetsDir, log));
  if (asked === undefined) {
    const found = LOGS.find(isHere);
    if (found === undefined) {
      progress.say(
        'no real log is here: `kindred datasets pull movielens-100k --to DIR` with KINDRED_DATASETS=DIR brings one',
      );
      progress.say('this demo goes on with a SYNTHETIC shop: its figures say nothing about real data');
    }
    return found;
  }
  const known = LOGS.find(({ name }) => name === asked);
  if (known === undefined) {
    const names = [...LOGS.map(({ name }) => name), SYNTHETIC].join(', ');
    throw new KindredError('USAGE', `--dataset is one of ${names}, not ${asked}`, { field: '--dataset' });
  }
  if (isHere(known)) return known;
  throw new KindredError(
    'DATASET_ABSENT',
    `${known.log} is not in ${config.datasetsDir ?? 'KINDRED_DATASETS (not set)'}`,
  );
}

async function ingestSyntheticShop(session: StorageSession) {
  const { events, items } = syntheticShop({ ...SHOP, seed: session.flags.seed ?? 1 });
  const source = { stream: Readable.from(jsonLines(events)), name: 'synthetic shop' };
  const { database } = session.storage;
  const ingest = await ingestLog(database, source, { ...session, format: 'jsonl', preset: 'events' });
  await addFoundItems(database.db, items as LogItem[]);
  const description = 'a SYNTHETIC shop with planted tastes; its figures say nothing about real data';
  return { dataset: { name: SYNTHETIC, description, synthetic: true }, ingest, settings: {} };
}

function* jsonLines(events: readonly Event[]): Generator<string> {
  for (const { timeMs, ...event } of events) {
    yield `${JSON.stringify({ ...event, time: timeMs === undefined ? undefined : new Date(timeMs).toISOString() })}\n`;
  }
}
