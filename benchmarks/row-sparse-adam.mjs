// Adam by rows beside Adam over the whole table: processor milliseconds of a step, and whether the ranking is the same.
//   node benchmarks/row-sparse-adam.mjs [--rounds 5] [--sets lastfm] [--seeds 3] [--out results/row-sparse-adam.json]
// By rows a step catches up what it names before it moves it, and a 256th of bringing the whole table up belongs to it.
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createArena, loadEngine } from '@kindred/compute';
import { columnDegrees, Random } from '@kindred/domain';
import { evaluate, trainedCohort } from '@kindred/evaluation';
import { Adam, getMethod, resolveSettings } from '@kindred/models';
import { artefactRecommender } from '@kindred/models/artefact';
import { commandLine, fiveDecimals, machine, spread, writeReport } from './measurements.mjs';
import { snapshotOfSet } from './set-snapshot.mjs';

const WIDTH = 64;
const TABLES = [10_000, 100_000, 1_000_000];
const TOUCHED = [1000, 10_000];
const RATE = 0.003;
/** Steps after which all rows are brought up, as `Adam` has it. */
const SETTLED_EVERY = 256;
/** So few users and negatives a step that the rule moves both tables of the default method by rows. */
const SETTINGS = {
  ...{ dimensions: WIDTH, epochs: 10, batchSize: 16, negatives: 64, userTable: 'off' },
  ...{ temperature: 0.2, offsetStrength: 0.5, negativeWeight: 1, priorStrength: 0.5 },
};

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    sets: { type: 'string', default: 'lastfm' },
    seeds: { type: 'string', default: '3' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/row-sparse-adam.json') },
  },
});
const loadBefore = os.loadavg();
const steps = TABLES.flatMap(measureTable);
console.table(steps.map(({ whole, byRows, ...of }) => ({ ...of, whole: whole.median, byRows: byRows.median })));
const ranking = [];
for (const set of flags.sets.split(',')) ranking.push(...(await rankings(set)));
console.table(ranking);
writeReport(flags.out, {
  benchmark: 'row-sparse-adam',
  command: commandLine(),
  date: new Date().toISOString(),
  node: process.version,
  machine: machine(loadBefore),
  width: WIDTH,
  steps,
  settings: SETTINGS,
  ranking,
});

function measureTable(rows) {
  const arena = createArena();
  const random = new Random(1, `rows ${rows}`);
  const create = () => {
    const start = arena.floats(rows * WIDTH);
    for (let k = 0; k < start.length; k++) start[k] = random.next() - 0.5;
    return new Adam(start, WIDTH, arena);
  };
  const [whole, byRows] = [create(), create()];
  const gradient = arena.floats(rows * WIDTH);
  const count = Math.max(3, Math.min(50, Math.round(2_000_000 / rows)));
  return [...TOUCHED.filter((touched) => touched < rows), rows].map((touched) => {
    const ms = { whole: [], byRows: [] };
    // The first round warms up.
    for (let round = 0; round <= Number(flags.rounds); round++) {
      const measured = { whole: 0, byRows: 0 };
      for (let step = 0; step <= count; step++) {
        const named = random.sample(rows, touched).sort();
        fill(gradient, named, random);
        const wholeMs = clocked(() => whole.stepAll(gradient, RATE));
        fill(gradient, named, random);
        const byRowsMs = clocked(() => {
          byRows.catchUp(named);
          byRows.stepTouched(named, gradient, RATE);
        });
        // The first step after all rows were brought up prepares for the others.
        if (step === 0) continue;
        measured.whole += wholeMs;
        measured.byRows += byRowsMs;
      }
      const settled = clocked(() => byRows.settle()) / SETTLED_EVERY;
      if (round === 0) continue;
      ms.whole.push(measured.whole / count);
      ms.byRows.push(measured.byRows / count + settled);
    }
    const [dense, sparse] = [spread(ms.whole), spread(ms.byRows)];
    const ratio = Math.round((100 * sparse.median) / dense.median) / 100;
    return { rows, touched, share: touched / rows, whole: dense, byRows: sparse, ratio };
  });
}

function fill(gradient, named, random) {
  for (const row of named) {
    const value = random.next() - 0.5;
    for (let c = 0; c < WIDTH; c++) gradient[row * WIDTH + c] = value;
  }
}

function clocked(work) {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

/** Validation of the default method, its tables moved by rows, as the rule has it here, and the same training moved whole. */
async function rankings(set) {
  const part = await (await snapshotOfSet(set, { seed: 1 })).part('select');
  const engine = await loadEngine('wasm');
  const rows = [];
  for (let seed = 1; seed <= Number(flags.seeds); seed++) {
    const [byRows, whole] = [await trained(part, engine, seed), await wholeTables(() => trained(part, engine, seed))];
    if (byRows.steps === 0) throw new Error(`the rule moves the tables of ${set} as a whole`);
    rows.push({ set, seed, metric: 'ndcg@20', byRows: byRows.ndcg, whole: whole.ndcg });
  }
  await engine.dispose();
  return rows;
}

/** @returns what `train` gives where each step by rows moves all rows instead */
async function wholeTables(train) {
  const { stepTouched } = Adam.prototype;
  Adam.prototype.stepTouched = function stepWhole(_, gradient, rate) {
    this.stepAll(gradient, rate);
  };
  try {
    return await train();
  } finally {
    Adam.prototype.stepTouched = stepTouched;
  }
}

async function trained({ data, heldOut, users, items }, engine, seed) {
  const method = getMethod('inductive');
  const run = await method.prepare({ data, settings: resolveSettings(method.settings, SETTINGS), engine, seed });
  let steps = 0;
  const { stepTouched } = Adam.prototype;
  Adam.prototype.stepTouched = function counted(...given) {
    steps++;
    return stepTouched.apply(this, given);
  };
  try {
    for (let step = 0; step < run.plannedEpochs * run.stepsPerEpoch; step++) await run.step();
  } finally {
    Adam.prototype.stepTouched = stepTouched;
  }
  const recommender = artefactRecommender(run.artefact({ users, items }), { matmul: engine.matmul.bind(engine) });
  const { metrics } = await evaluate(recommender, trainedCohort(data, heldOut, { mask: 'seen' }), {
    ...{ mask: 'seen', cutoffs: [20], keepTop: 0, itemPopularity: columnDegrees(data.positives) },
  });
  return { ndcg: fiveDecimals(metrics['ndcg@20']), steps };
}
