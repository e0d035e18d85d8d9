// One generator trained for some epochs in a process of its own: the child of generative.mjs.
import { loadEngine } from '@kindred/compute';
import { readBenchmarkTable } from '@kindred/datasets';
import { emptyMatrix, matrixFromTriples } from '@kindred/domain';
import { getMethod, resolveSettings } from '@kindred/models';
import { answerJob } from './run-in-child.mjs';
import { withSet } from './sets.mjs';

const MEBIBYTE = 2 ** 20;

await answerJob(async ({ set, share, method: name, engine: engineName, epochs, seed }) => {
  const data = await withSet(set, { seed, share, isWhole: true }, ({ source }) =>
    readPositives(source.data ?? source.train),
  );
  const engine = await loadEngine(engineName);
  const method = getMethod(name);
  const started = performance.now();
  const run = await method.prepare({ data, settings: resolveSettings(method.settings, {}), engine, seed });
  const startSeconds = (performance.now() - started) / 1000;
  const taken = [];
  let [tensors, resident] = [0, 0];
  for (let epoch = 0; epoch <= epochs; epoch++) {
    const [start, processor] = [performance.now(), process.cpuUsage()];
    for (let step = 0; step < run.stepsPerEpoch; step++) await run.step();
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
