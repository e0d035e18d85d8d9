import { KindredError, type RunStage } from '@kindred/domain';
import { type EvaluateResult, executeRun, METHOD_NAMES, parseRunSettings, type TrainResult } from '@kindred/pipeline';
import { Command } from 'commander';
import { AUGMENT_HELP, augmentationTable } from '../augmentation-table.js';
import { gather, parseKeyValues } from '../key-values.js';
import { metricsTable } from '../metrics-table.js';
import { addSearchFlags, type SearchFlags, searchOf, searchTable } from '../search-flags.js';
import { type CommonFlags, common, type StorageSession, withStorage } from '../session.js';

interface StageFlags extends CommonFlags, SearchFlags {
  readonly set?: string[];
  readonly split?: string;
  readonly testDays?: string;
  readonly method?: string;
  readonly engine?: string;
  readonly augment?: string;
  readonly snapshot?: string;
  readonly excludeAnomalies?: boolean;
  readonly model?: string;
  readonly driver?: string;
  readonly segments?: string;
  readonly force?: boolean;
  readonly against?: string;
}

export function pairCommand(): Command {
  const command = new Command('pair')
    .description('interactions → snapshot: positives, explicit negatives, split')
    .option('--split <kind>', 'auto, time, last or random')
    .option('--test-days <days>', 'hold out the last days (and as many before them for validation)')
    .option('--set <key=value>', 'a setting of the pair stage, e.g. strengths.view=0.5 (repeatable)', gather);
  return common(command, [
    'pair',
    'pair --split time --test-days 28',
    'pair --set halfLifeDays=30 --set rating.rule=user-mean',
  ]).action((flags: StageFlags) =>
    withStorage(flags, async (session) => {
      const pair = { ...parseKeyValues(flags.set ?? []), ...splitOf(flags) };
      const results = await runStages(session, ['pair'], { pair });
      session.print(results.pair, () => `snapshot ${(results.pair as { snapshotId: string }).snapshotId}`);
    }),
  );
}

export function trainCommand(): Command {
  const command = new Command('train')
    .description('snapshot → model')
    .option('--method <name>', `a learned method, by default the first of: ${METHOD_NAMES.learned.join(', ')}`)
    .option('--set <key=value>', 'a setting of the method (repeatable); docs/methods describes them', gather)
    .option('--engine <name>', 'auto, tensorflow, wasm, webgpu or cpu')
    .option('--augment <name>', AUGMENT_HELP)
    .option('--snapshot <id>', 'the snapshot to learn from (default: the newest)')
    .option('--exclude-anomalies', 'leave out users whom nothing explains; kindred anomalies lists them')
    .option('--segments <n>', 'segments of users: auto, so many by k-means, or 0 for none');
  return common(addSearchFlags(command), [
    'train',
    'train --method two-tower --set epochs=20',
    'train --engine wasm --seed 7',
    'train --augment auto',
    'train --exclude-anomalies',
    'train --search 20',
    'train --search 30 --search-kind halving --set dimensions=64',
  ]).action((flags: StageFlags) =>
    withStorage(flags, async (session) => {
      const settings = {
        method: flags.method,
        set: parseKeyValues(flags.set ?? []),
        engine: flags.engine ?? session.config.engine,
        augment: flags.augment,
        snapshotId: flags.snapshot,
        excludeAnomalies: flags.excludeAnomalies,
        segments: segmentsOf(flags),
        search: searchOf(flags),
      };
      const train = (await runStages(session, ['train'], settings)).train as TrainResult;
      const search = train.search === undefined ? '' : `${searchTable(train.search)}\n\n`;
      const augmentation = train.augmentation === undefined ? '' : `${augmentationTable(train.augmentation)}\n\n`;
      session.print(train, () => `${search}${augmentation}model ${train.modelId}${segmentsText(train)}`);
    }),
  );
}

function segmentsText({ segments }: TrainResult): string {
  if (segments === undefined) return '';
  return `\n${segments.count} segments of users: ${segments.because}`;
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('full-ranking metrics with intervals, beside the baselines')
    .option('--model <id>', 'the model, or latest', 'latest')
    .option('--against <id>', 'another model that was evaluated on the same snapshot')
    .option('--engine <name>', 'auto, tensorflow, wasm, webgpu or cpu');
  return common(command, ['evaluate', 'evaluate --model latest --json']).action((flags: StageFlags) =>
    withStorage(flags, async (session) => {
      const settings = {
        modelId: flags.model,
        engine: flags.engine ?? session.config.engine,
        againstModelId: flags.against,
      };
      const { evaluate } = await runStages(session, ['evaluate'], settings);
      const result = evaluate as EvaluateResult;
      session.print(result, () => `${metricsTable(result)}\n\nreport: ${result.report}`);
    }),
  );
}

export function indexCommand(): Command {
  const command = new Command('index')
    .description('model → HNSW index, its recall measured against exact search')
    .option('--model <id>', 'the model, or latest', 'latest')
    .option('--driver <name>', 'auto, hnsw or exact');
  return common(command, ['index', 'index --driver exact']).action((flags: StageFlags) =>
    withStorage(flags, async (session) => {
      const { index } = await runStages(session, ['index'], { modelId: flags.model, index: flags.driver });
      session.print(index, () => JSON.stringify(index, null, 2));
    }),
  );
}

export function promoteCommand(): Command {
  const command = new Command('promote')
    .description('put a model into service')
    .argument('<id>', 'the model, or latest')
    .option('--force', 'even where the quality gate refuses');
  return common(command, ['promote latest', 'promote 20261122T074400123-4f9a1c --force']).action(
    (id: string, flags: StageFlags) =>
      withStorage(flags, async (session) => {
        const { promote } = await runStages(session, ['promote'], { modelId: id, force: flags.force });
        session.print(promote, () => `serving: ${(promote as { modelId: string }).modelId}`);
      }),
  );
}

/** Does stages as a run of their own in this process, and hands back what they came to. */
async function runStages(
  session: StorageSession,
  stages: readonly RunStage[],
  given: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const settings = withoutUndefined({ ...given, seed: session.flags.seed });
  parseRunSettings(settings);
  const { storage, config, progress, signal } = session;
  const surroundings = {
    database: storage.database,
    dataDir: config.dataDir,
    threads: config.threads,
    progress,
    signal,
  };
  return (await executeRun(surroundings, { stages, settings })).results;
}

/** Whatever is no number is for the run's settings to judge. */
function segmentsOf({ segments }: StageFlags): number | string | undefined {
  return segments === undefined || segments.trim() === '' || Number.isNaN(Number(segments))
    ? segments
    : Number(segments);
}

function withoutUndefined(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function splitOf({ split, testDays }: StageFlags): { split?: object } {
  if (split === undefined && testDays === undefined) return {};
  const days = testDays === undefined ? undefined : Number(testDays);
  if (days !== undefined && !(days > 0)) {
    throw new KindredError('USAGE', `--test-days takes a number above 0, not ${testDays}`, { field: '--test-days' });
  }
  const kind = split ?? 'time';
  return { split: days === undefined ? { kind } : { kind, test: { days }, validation: { days } } };
}
