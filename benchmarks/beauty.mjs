// Sequential recommendation on Amazon Beauty (S3-Rec's preprocessing): the last item of each user is the test, the last
// but one validation, the whole catalogue is ranked, and at test time the history holds the validation item.
//   node benchmarks/beauty.mjs [--methods next-item,itemknn] [--set epochs=25,dropout=0.4] [--seeds 1] [--engine auto]
//        [--out results/beauty.json]
// Epochs are chosen on validation; the test part is read for the figures only.
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { benchmark } from '@kindred/pipeline';
import { BEAUTY_SPLIT, withBeautyLog } from './beauty-log.mjs';
import { commandLine, machine, rounded, writeReport } from './measurements.mjs';

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
const loadBefore = os.loadavg();
await withBeautyLog(async ({ file, folder }) => {
  const { dataset, methods } = await benchmark({
    source: { data: file },
    pair: { split: BEAUTY_SPLIT },
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
});

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
