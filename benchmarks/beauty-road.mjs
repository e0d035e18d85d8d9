// The road on Amazon Beauty: a sequence method with one setting changed at a time, on validation alone (the last but one
// item of each user, the whole catalogue ranked, the last one seen by nothing). Each run writes the curve over its epochs.
//   node benchmarks/beauty-road.mjs [--methods next-item,next-item:dropout=0.3,masked] [--seeds 1] [--engine auto]
//        [--every 5] [--limit 3600] [--again] [--out results/beauty-road.json]
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readMethodSpec } from './method-spec.mjs';
import { writePicture } from './pictures/write-picture.mjs';
import { RESUMABLE_FLAGS, runPlan } from './resumable-runs.mjs';

const runner = path.join(import.meta.dirname, 'beauty-road-runner.mjs');
const { sets: _, share: __, ...ofRuns } = RESUMABLE_FLAGS;
const { values: flags } = parseArgs({
  options: {
    ...ofRuns,
    methods: { type: 'string', default: 'next-item' },
    every: { type: 'string', default: '5' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/beauty-road.json') },
  },
});
const every = Number(flags.every);
await runPlan({
  file: flags.out,
  benchmark: 'beauty-road',
  plan: plan(),
  limitSeconds: Number(flags.limit),
  again: flags.again,
  piecesFlags: (done) => ({
    methods: [...new Set(done.map(({ method }) => method))].join(),
    seeds: String(Math.max(...done.map(({ seed }) => seed))),
  }),
});
writePicture('beauty-road', flags.out);

function* plan() {
  for (const method of flags.methods.split(',')) {
    const { method: name, settings: given } = readMethodSpec(method);
    for (let seed = 1; seed <= Number(flags.seeds ?? 1); seed++) {
      const settings = { engine: flags.engine, every, given };
      yield {
        set: 'beauty',
        method,
        seed,
        settings,
        command: [process.execPath, runner],
        job: { name, seed, ...settings },
      };
    }
  }
}
