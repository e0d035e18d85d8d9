import { Readable } from 'node:stream';
import { type LogItem, readItems, syntheticShop } from '@kindred/datasets';
import { type Event, KindredError } from '@kindred/domain';
import { type IngestReport, ingestLog } from '@kindred/pipeline';
import { addFoundItems, hasEventsBeside } from '@kindred/storage';
import { findDataset } from '../dataset-folders.js';
import type { Session, StorageSession } from '../session.js';
import { offerDataset } from './offer-dataset.js';

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
/** What is offered where none is here. */
const OFFERED = 'uci-online-retail';
const SHOP_NAME = 'synthetic shop';
const SHOP = { users: 800, items: 400, events: 24_000 };

interface FoundLog {
  readonly log: DemoLog;
  readonly path: string;
  /** Of its catalogue, where the log has none in itself. */
  readonly itemsPath: string | undefined;
}

/** The data that the demo runs on, before anything is read. */
export interface DemoChoice {
  readonly name: string;
  /** Undefined: the made shop. */
  readonly found: FoundLog | undefined;
}

/**
 * The log asked for, or the first that is here, or one that is fetched now, or a made shop.
 * @throws KindredError USAGE, DATASET_ABSENT, INTERRUPTED
 */
export async function chooseDemoData(session: Session, asked: string | undefined): Promise<DemoChoice> {
  if (asked === SYNTHETIC) return { name: SYNTHETIC, found: undefined };
  if (asked !== undefined) return choiceOf(askedLog(session, asked));
  const here = firstHere(session) ?? ((await offerDataset(session, OFFERED)) ? firstHere(session) : undefined);
  if (here === undefined) {
    session.progress.say('this demo goes on with a SYNTHETIC shop: its figures say nothing about real data');
  }
  return choiceOf(here);
}

function choiceOf(found: FoundLog | undefined): DemoChoice {
  return { name: found?.log.name ?? SYNTHETIC, found };
}

function firstHere({ config }: Session): FoundLog | undefined {
  return LOGS.map((log) => findLog(config, log)).find((found) => found !== undefined);
}

function findLog(config: Session['config'], log: DemoLog): FoundLog | undefined {
  const path = findDataset(config, log.log);
  const itemsPath = log.items === undefined ? undefined : findDataset(config, log.items);
  return path === undefined ? undefined : { log, path, itemsPath };
}

function askedLog({ config }: Session, asked: string): FoundLog {
  const log = LOGS.find(({ name }) => name === asked);
  if (log === undefined) {
    const names = [...LOGS.map(({ name }) => name), SYNTHETIC].join(', ');
    throw new KindredError('USAGE', `--dataset is one of ${names}, not ${asked}`, { field: '--dataset' });
  }
  const found = findLog(config, log);
  if (found !== undefined) return found;
  const looked = config.datasetsDir ?? 'KINDRED_DATASETS, which is not set';
  throw new KindredError('DATASET_ABSENT', `${log.log} is not in ${looked}; kindred datasets pull ${log.name}`);
}

/**
 * Ingests what was chosen.
 * @throws KindredError CONFLICT when the database that was given holds other events: they are not to be mixed
 */
export async function ingestDemoData(
  session: StorageSession,
  { found }: DemoChoice,
): Promise<{ dataset: DemoDataset; ingest: IngestReport; settings: Readonly<Record<string, unknown>> }> {
  const { database, embedded } = session.storage;
  if (!embedded && (await hasEventsBeside(database.db, found?.path ?? SHOP_NAME))) {
    throw new KindredError(
      'CONFLICT',
      'the database that is configured holds events of its own, and the demo would mix its own with them; unset KINDRED_DATABASE_URL, or give --database-url of an empty one',
      { field: '--database-url' },
    );
  }
  if (found === undefined) return ingestSyntheticShop(session);
  const { log, path, itemsPath } = found;
  const { name, description, synthetic } = log;
  session.progress.say(`ingest: ${path}`);
  const ingest = await ingestLog(database, { path }, { ...session, preset: log.preset });
  if (itemsPath !== undefined) await addFoundItems(database.db, await readItems(itemsPath));
  return { dataset: { name, description, synthetic }, ingest, settings: log.settings };
}

async function ingestSyntheticShop(session: StorageSession) {
  const { events, items } = syntheticShop({ ...SHOP, seed: session.flags.seed ?? 1 });
  const source = { stream: Readable.from(jsonLines(events)), name: SHOP_NAME };
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
