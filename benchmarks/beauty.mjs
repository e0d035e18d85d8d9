// Sequential recommendation on Amazon Beauty (S3-Rec's preprocessing): the last item of each user is the test, the last
// but one validation, the whole catalogue is ranked, and at test time the history holds the validation item.
//   node benchmarks/beauty.mjs [--methods next-item,itemknn] [--set epochs=25,dropout=0.4] [--seeds 1] [--engine auto]
//        [--out results/beauty.json]
// The set has positions instead of times; a copy in the temporary folder gets a day for each position. Epochs are chosen
// on validation; the test part is read for the figures only.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { benchmark } from '@kindred/pipeline';
import { commandLine, machine, rounded, writeReport } from './measurements.mjs';

const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(2000, 0, 1);
const SHOWN = ['hitRate@5', 'hitRate@10', 'hitRate@20', 'ndcg@5', 'ndcg@10', 'ndcg@20'];

const { values: flags } = parseArgs({
  options: {
    methods: { type: 'string', default: 'next-item,itemknn,popularity' },
    set: { type: 'string', default: '' },
    seeds: { type: 'string', default: '1' },
    engine: { type: 'string', default: 'auto' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/beauty.json') },
  },
});
const root = process.env.KINDRED_DATASETS ?? path.join(import.meta.dirname, '../../shared/datasets');
const source = path.join(root, 'amazon-beauty-s3rec/interactions.tsv.gz');
const loadBefore = os.loadavg();
const folder = await mkdtemp(path.join(os.tmpdir(), 'kindred-beauty-'));
try {
  const { dataset, methods } = await benchmark({
    source: { data: await timed(source, path.join(folder, 'beauty.tsv')) },
    pair: { split: { kind: 'last' } },
    methods: flags.methods.split(','),
    settings: Object.fromEntries(flags.set === '' ? [] : flags.set.split(',').map((pair) => pair.split('='))),
    engine: flags.engine,
    seed: 1,
    seeds: Number(flags.seeds),
    mask: 'seen',
    out: path.join(folder, 'out'),
    progress: { say: (message) => process.stderr.write(`${message}\n`), advance: showEpoch },
  });
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  writeReport(flags.out, {
    benchmark: 'beauty',
    command: commandLine(),
    date: new Date().toISOString(),
    node: process.version,
    machine: machine(loadBefore),
    cpuSeconds: rounded((userCPUTime + systemCPUTime) / 1e6),
    dataset,
    methods: methods.map(({ metrics, intervals, buckets: _, ...method }) => ({
      ...method,
      metrics: pick(metrics),
      intervals: pick(intervals),
    })),
  });
  console.table(methods.map(({ name, seed, seconds, metrics }) => ({ name, seed, ...pick(metrics), ...seconds })));
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The set with a day for each position. */
async function timed(from, to) {
  const [, ...lines] = gunzipSync(await readFile(from))
    .toString('utf8')
    .trimEnd()
    .split('\n');
  const rows = lines.map((line) => {
    const [user, item, position] = line.split('\t');
    return `${user}\t${item}\t${new Date(FIRST_DAY_MS + Number(position) * DAY_MS).toISOString()}`;
  });
  await writeFile(to, `user_id\titem_id\ttimestamp\n${rows.join('\n')}\n`);
  return to;
}

function showEpoch(label, epoch, epochs) {
  process.stderr.write(`${label}: epoch ${epoch} of ${epochs}\n`);
}

function pick(record) {
  return Object.fromEntries(
    SHOWN.map((metric) => [metric, [record[metric]].flat().map((value) => Number(value.toFixed(4)))]).map(
      ([metric, values]) => [metric, values.length === 1 ? values[0] : values],
    ),
  );
}
