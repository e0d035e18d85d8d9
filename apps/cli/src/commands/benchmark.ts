import { resolve } from 'node:path';
import { KindredError } from '@kindred/domain';
import { type BenchmarkReport, type BenchmarkSource, benchmark, METHOD_NAMES, parseSearch } from '@kindred/pipeline';
import { Command } from 'commander';
import { AUGMENT_HELP, augmentationTable } from '../augmentation-table.js';
import { engineOf } from '../engine-flag.js';
import { gather, parseKeyValues } from '../key-values.js';
import { formatMetric, renderTable } from '../output.js';
import { addSearchFlags, type SearchFlags, searchOf, searchTable } from '../search-flags.js';
import { type CommonFlags, common, openSession, wholeNumber } from '../session.js';

interface BenchmarkFlags extends CommonFlags, SearchFlags {
  readonly train?: string;
  readonly test?: string;
  readonly valid?: string;
  readonly data?: string;
  readonly items?: string;
  readonly split?: string;
  readonly testDays?: string;
  readonly testShare?: string;
  readonly includeSeen?: boolean;
  readonly method?: string[];
  readonly set?: string[];
  readonly pairSet?: string[];
  readonly engine?: string;
  readonly augment?: string;
  readonly seeds: number;
  readonly out: string;
}

export function benchmarkCommand(): Command {
  const command = new Command('benchmark')
    .description('train and measure on files, all offline: metrics, recommendations, vectors and a report')
    .option('--train <file>', 'TSV or CSV (.gz too): user_id, item_id and optionally timestamp, weight, behavior')
    .option('--test <file>', 'the held-out part of the same kind')
    .option('--valid <file>', 'the validation part; carved out of train when it is not given')
    .option('--data <file>', 'one file to be split here')
    .option(
      '--items <file>',
      'the catalogue: item_id and columns of text (title, category, genres, …); for clip and probes',
    )
    .option('--split <kind>', 'time, random or last; for --data')
    .option('--test-days <days>', 'time split: the last days are the test (and as many before them validation)')
    .option('--test-share <share>', 'time or random split: share of the test, and of validation (default .1)')
    .option('--include-seen', 'recommend what the user already has, too')
    .option(
      '--method <name>',
      `a method or baseline (repeatable; default: the first method and four baselines). Methods: ${METHOD_NAMES.learned.join(', ')}. Baselines: ${METHOD_NAMES.baselines.join(', ')}`,
      gather,
    )
    .option(
      '--set <key=value>',
      'a setting of the methods that have it, or METHOD.key=value (repeatable); docs/methods describes them',
      gather,
    )
    .option('--pair-set <key=value>', 'a setting of the pair stage, e.g. halfLifeDays=30 (repeatable)', gather)
    .option('--augment <name>', AUGMENT_HELP)
    .option('--engine <name>', 'auto, tensorflow, wasm, webgpu or cpu')
    .option('--seeds <n>', 'train learned methods with so many seeds', wholeNumber, 1)
    .requiredOption('--out <dir>', 'where metrics.json, report.html and the rest are written');
  return common(addSearchFlags(command), [
    'benchmark --train train.tsv.gz --test test.tsv.gz --out results/mine',
    'benchmark --data ratings.csv --split time --test-share 0.1 --out results/mine',
    'benchmark --data orders.tsv --split time --test-days 28 --include-seen --method inductive --method ease --out out',
    'benchmark --data ratings.csv --split time --method inductive --search 20 --out results/searched',
    'benchmark --data ratings.csv --split time --method inductive --method ease --search 20 --out results/searched',
  ]).action(runBenchmark);
}

async function runBenchmark(flags: BenchmarkFlags): Promise<void> {
  const session = openSession(flags);
  const seed = flags.seed ?? 1;
  const search = searchOf(flags);
  const report = await benchmark({
    source: sourceOf(flags),
    items: flags.items,
    pair: { ...parseKeyValues(flags.pairSet ?? [], '--pair-set'), ...splitOf(flags) },
    methods: flags.method ?? [],
    settings: parseKeyValues(flags.set ?? []),
    engine: engineOf(flags.engine ?? session.config.engine),
    threads: session.config.threads,
    seed,
    seeds: seedsOf(flags),
    augment: flags.augment,
    search: search === undefined ? undefined : parseSearch(search, seed),
    mask: flags.includeSeen === true ? 'none' : 'seen',
    out: resolve(flags.out),
    progress: session.progress,
    signal: session.signal,
  });
  session.print(
    report,
    () =>
      `${searchesOf(report)}${augmentationsOf(report)}${tableOf(report)}\n\nwritten to ${flags.out}: metrics.json, report.html, test.tsv.gz, recommendations, embeddings`,
  );
}

function seedsOf({ seeds }: BenchmarkFlags): number {
  if (seeds >= 1) return seeds;
  throw usage(`--seeds takes a whole number from 1, not ${seeds}`, '--seeds');
}

function sourceOf({ train, test, valid, data, split, testDays, testShare }: BenchmarkFlags): BenchmarkSource {
  if (data !== undefined) {
    if (train !== undefined || test !== undefined || valid !== undefined) {
      throw usage('give either --data with --split, or --train and --test', '--data');
    }
    if (split === undefined) throw usage('--data needs --split time, random or last', '--split');
    return { data };
  }
  if (train === undefined || test === undefined)
    throw usage('give --train and --test, or --data and --split', '--train');
  for (const [flag, value] of Object.entries({ '--split': split, '--test-days': testDays, '--test-share': testShare }))
    if (value !== undefined) throw usage(`${flag} goes with --data; --train and --test are split already`, flag);
  return { train, test, valid };
}

function splitOf({ data, split, testDays, testShare }: BenchmarkFlags): { split?: object } {
  if (data === undefined) return {};
  if (testDays !== undefined && testShare !== undefined)
    throw usage('give --test-days or --test-share, not both', '--test-share');
  const extent =
    testDays !== undefined
      ? { days: positive(testDays, '--test-days') }
      : testShare !== undefined
        ? { fraction: shareOf(testShare) }
        : undefined;
  return { split: extent === undefined ? { kind: split } : { kind: split, test: extent, validation: extent } };
}

function positive(text: string, flag: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw usage(`${flag} takes a number above 0, not ${text}`, flag);
}

/** Validation takes as much again, and train needs the rest. */
function shareOf(text: string): number {
  const share = positive(text, '--test-share');
  if (share < 0.5) return share;
  throw usage(`--test-share is taken twice, for test and validation: it is below .5, not ${text}`, '--test-share');
}

function usage(message: string, field: string): KindredError {
  return new KindredError('USAGE', message, { field });
}

/** What helps short histories, of each method that was asked. */
function augmentationsOf({ methods }: BenchmarkReport): string {
  return methods
    .map(({ name, augmentation }) =>
      augmentation === undefined ? '' : `${name}\n${augmentationTable(augmentation)}\n\n`,
    )
    .join('');
}

/** The trials of each method that was searched. */
function searchesOf({ methods }: BenchmarkReport): string {
  const bySearch = new Map(methods.flatMap(({ name, search }) => (search === undefined ? [] : [[name, search]])));
  return [...bySearch].map(([name, search]) => `${name}\n${searchTable(search)}\n\n`).join('');
}

function tableOf({ methods, dataset }: BenchmarkReport): string {
  const shown = ['precision@10', 'recall@20', 'ndcg@20', 'coverage@10'];
  const rows = methods.map(({ name, seed, metrics, seconds }) => [
    name,
    seed,
    ...shown.map((metric) => formatMetric(metrics[metric])),
    seconds.train.toFixed(1),
  ]);
  return `${renderTable(['method', 'seed', ...shown, 'train s'], rows)}\n${dataset.testUsers} test users, ${dataset.newUsers} of them new; ${dataset.split} split, mask ${dataset.mask}`;
}
