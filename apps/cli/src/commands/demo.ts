import { join } from 'node:path';
import type { EvaluateResult, IngestReport, StageResults } from '@kindred/pipeline';
import { Command } from 'commander';
import { chooseDemoData, type DemoChoice, type DemoDataset, ingestDemoData } from '../demo/demo-data.js';
import { type SampleRecommendation, sampleRecommendations } from '../demo/sample-recommendations.js';
import { metricsTable } from '../metrics-table.js';
import { printable, shortened } from '../output.js';
import {
  type CommonFlags,
  common,
  demoDataDir,
  openSession,
  portNumber,
  type StorageSession,
  withStorage,
} from '../session.js';

interface DemoFlags extends CommonFlags {
  readonly exit?: boolean;
  readonly dataset?: string;
  readonly port?: number;
}

interface DemoResult {
  readonly dataset: DemoDataset;
  readonly ingest: IngestReport;
  readonly pair: StageResults['pair'];
  readonly train: StageResults['train'];
  readonly evaluate: EvaluateResult;
  readonly index: StageResults['index'];
  readonly recommendations: readonly SampleRecommendation[];
  readonly seconds: number;
}

export function demoCommand(): Command {
  const command = new Command('demo')
    .description('the whole way on a real log: ingest, pair, train, evaluate, index, serve')
    .option('--exit', 'stop after printing instead of serving on')
    .option('--dataset <name>', 'uci-online-retail, movielens-100k or synthetic (default: the first that is here)')
    .option('--port <n>', 'port of the API (default: a free one)', portNumber, 0);
  return common(command, ['demo', 'demo --exit --json', 'demo --dataset movielens-100k']).action(
    async (flags: DemoFlags) => {
      const before = openSession(flags);
      const choice = await chooseDemoData(before, flags.dataset);
      // Each data set has a folder of its own: events of two shops together would make no sense.
      const dataDir = join(demoDataDir(before.config), choice.name);
      await withStorage({ ...flags, dataDir }, (session) => runDemo(session, flags, choice));
    },
  );
}

async function runDemo(session: StorageSession, flags: DemoFlags, choice: DemoChoice): Promise<void> {
  const started = performance.now();
  const { startPlatform, untilInterrupted } = await import('../platform.js');
  const { followRun, startWholeRun } = await import('../demo/demo-run.js');
  const platform = await startPlatform(session, { workers: true, port: flags.port ?? 0, logLevel: 'error' });
  try {
    session.progress.say(
      `PostgreSQL and the queue are up (${session.config.dataDir}); the API listens on ${platform.url}`,
    );
    const { dataset, ingest, settings } = await ingestDemoData(session, choice);
    session.progress.say(
      `${ingest.read.toLocaleString('en')} lines: ${ingest.stored.toLocaleString('en')} stored, ${ingest.duplicates.toLocaleString('en')} duplicates, ${ingest.rejected.total.toLocaleString('en')} rejected, in ${ingest.seconds.toFixed(1)} s`,
    );
    const runId = await startWholeRun(session, platform.queues, { ...settings, seed: flags.seed ?? 1 });
    const results = await followRun(session, runId);
    const recommendations = await sampleRecommendations(platform.url, results.train.snapshotId, session);
    const { pair, train, evaluate, index } = results;
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
    const result: DemoResult = { dataset, ingest, pair, train, evaluate, index, recommendations, seconds };
    session.print(result, () => textOf(result, platform.url, flags.exit === true));
    if (flags.exit !== true) await untilInterrupted(session.signal);
  } finally {
    await platform.close();
  }
}

function textOf({ dataset, evaluate, recommendations, seconds }: DemoResult, url: string, exits: boolean): string {
  const people = recommendations.map(({ userId, items }) => {
    const lines = items.map(
      ({ title, itemId, score }, rank) =>
        `  ${rank + 1}. ${printable(shortened(title ?? itemId, 80))}  (${score.toFixed(2)})`,
    );
    return `For user ${printable(userId)}:\n${lines.join('\n')}`;
  });
  const [someone] = recommendations;
  const places = [
    `API        ${url}`,
    `docs       ${url}/docs`,
    `try        curl ${url}/v1/users/${encodeURIComponent(someone?.userId ?? '1')}/recommendations?limit=5`,
    `report     ${evaluate.report}`,
  ];
  return [
    '',
    ...people,
    '',
    `${dataset.name}: ${dataset.description}`,
    metricsTable(evaluate),
    '',
    ...(exits ? places.slice(3) : [...places, 'Ctrl-C stops everything.']),
    `done in ${seconds} s`,
  ].join('\n');
}
