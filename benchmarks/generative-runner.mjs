// One generator trained for some epochs in a process of its own: the child of generative.mjs.
import { loadEngine } from '@kindred/compute';
import { readBenchmarkTable } from '@kindred/datasets';
import { emptyMatrix, matrixFromTriples, Random } from '@kindred/domain';
import { fitCycleGan, getMethod, readCycleGanSettings, resolveSettings } from '@kindred/models';
import { readMethodSpec } from './method-spec.mjs';
import { answerJob } from './run-in-child.mjs';
import { withSet } from './sets.mjs';

const MEBIBYTE = 2 ** 20;
const CYCLEGAN_WIDTH = 64;

await answerJob(async ({ set, share, method: spec, engine: engineName, epochs, seed }) => {
  const data = await withSet(set, { seed, share, isWhole: true }, ({ source }) =>
    readPositives(source.data ?? source.train),
  );
  const engine = await loadEngine(engineName);
  const { method: name, settings } = readMethodSpec(spec);
  const started = performance.now();
  const run = await (name === 'cyclegan' ? cycleGanRun : methodRun)({ name, data, settings, engine, seed });
  const startSeconds = (performance.now() - started) / 1000;
  const taken = [];
  let [tensors, resident] = [0, 0];
  for (let epoch = 0; epoch <= epochs; epoch++) {
    const [start, processor] = [performance.now(), process.cpuUsage()];
    await run.epoch();
    const { user, system } = process.cpuUsage(processor);
    // The first one warms up.
    if (epoch > 0) taken.push({ seconds: (performance.now() - start) / 1000, processor: (user + system) / 1e6 });
    else [tensors, resident] = [engine.tensorCount(), process.memoryUsage.rss()];
  }
  return {
    engine: engine.description,
    dataset: {
      users: data.positives.rowCount,
      items: data.positives.columnCount,
      pairs: data.positives.columns.length,
    },
    stepsPerEpoch: run.stepsPerEpoch,
    plannedEpochs: run.plannedEpochs,
    startSeconds,
    epochs: taken,
    grown: {
      tensors: engine.tensorCount() - tensors,
      residentMiB: Math.round((process.memoryUsage.rss() - resident) / MEBIBYTE),
    },
  };
});

async function methodRun({ name, data, settings, engine, seed }) {
  const method = getMethod(name);
  const run = await method.prepare({ data, settings: resolveSettings(method.settings, settings), engine, seed });
  const { stepsPerEpoch, plannedEpochs } = run;
  const epoch = async () => {
    for (let step = 0; step < stepsPerEpoch; step++) await run.step();
  };
  return { stepsPerEpoch, plannedEpochs, epoch };
}

/** As many vectors as there are users in each of two domains; what they are makes no difference to the time. */
function cycleGanRun({ data, settings, engine, seed }) {
  const { steps, starts, batchSize } = readCycleGanSettings(settings);
  const users = data.positives.rowCount;
  const [source, target] = ['source', 'target'].map((name) => {
    const random = new Random(seed, name);
    return {
      vectors: Float32Array.from({ length: users * CYCLEGAN_WIDTH }, () => random.normal()),
      width: CYCLEGAN_WIDTH,
    };
  });
  const stepsPerEpoch = Math.ceil(users / batchSize);
  const asked = { ...settings, starts: 1, steps: stepsPerEpoch };
  const epoch = () => fitCycleGan({ engine, source, target, seed, settings: asked });
  return { stepsPerEpoch, plannedEpochs: Math.ceil((steps * starts) / stepsPerEpoch), epoch };
}

/** Every pair of the table once, each with a strength of 1. */
async function readPositives(file) {
  const { users, items, userCodes, itemCodes } = await readBenchmarkTable(file);
  const seen = new Map();
  userCodes.forEach((user, row) => {
    seen.set(user * items.names.length + itemCodes[row], [user, itemCodes[row]]);
  });
  const pairs = [...seen.values()];
  const [rows, columns] = [users.names.length, items.names.length];
  const positives = matrixFromTriples(
    rows,
    columns,
    Uint32Array.from(pairs, ([user]) => user),
    Uint32Array.from(pairs, ([, item]) => item),
    new Float32Array(pairs.length).fill(1),
  );
  return {
    positives,
    weights: positives.values,
    times: undefined,
    negatives: emptyMatrix(rows, columns),
    endTimeMs: undefined,
  };
}
