// One size of memory.mjs in a process of its own.
import { once } from 'node:events';
import { loadEngine } from '@kindred/compute';
import { emptyMatrix, Random } from '@kindred/domain';
import { getMethod, resolveSettings } from '@kindred/models';

const { users, items, dimensions, engine: engineName, seed } = JSON.parse(process.argv[2]);
const PAIRS_PER_USER = 10;
const CLUSTERS = 20;
const OWN_CLUSTER = 0.8;

/**
 * Users and items in clusters; four pairs of five within the own, towards popular items; straight into CSR.
 * @returns {import('@kindred/domain').TrainingData}
 */
function clusteredLog() {
  const random = new Random(seed, 'memory benchmark');
  const offsets = Uint32Array.from({ length: users + 1 }, (_, user) => user * PAIRS_PER_USER);
  const columns = new Uint32Array(users * PAIRS_PER_USER);
  const perCluster = items / CLUSTERS;
  for (let user = 0; user < users; user++) {
    const row = columns.subarray(offsets[user], offsets[user + 1]);
    for (let filled = 0; filled < PAIRS_PER_USER; ) {
      const cluster = random.next() < OWN_CLUSTER ? user % CLUSTERS : random.below(CLUSTERS);
      const item = cluster * perCluster + Math.floor(perCluster * random.next() ** 2);
      if (!row.subarray(0, filled).includes(item)) row[filled++] = item;
    }
    row.sort();
  }
  const ones = new Float32Array(columns.length).fill(1);
  return {
    positives: { rowCount: users, columnCount: items, offsets, columns, values: ones },
    weights: ones,
    times: undefined,
    negatives: emptyMatrix(users, items),
    endTimeMs: undefined,
  };
}

const timed = async (body) => {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const value = await body();
  const { user, system } = process.cpuUsage(cpu);
  return { value, wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
};
const peakMiB = () => Math.round(process.resourceUsage().maxRSS / 1024);

const data = clusteredLog();
const engine = await loadEngine(engineName);
const dataMiB = peakMiB();
const method = getMethod('inductive');
const settings = resolveSettings(method.settings, { dimensions });
const start = await timed(() => method.prepare({ data, settings, engine, seed }));
const startMiB = peakMiB();
const run = start.value;
const losses = [];
const epoch = await timed(async () => {
  for (let step = 0; step < run.stepsPerEpoch; step++) losses.push(await run.step());
});
process.send({
  engine: engine.description,
  steps: run.stepsPerEpoch,
  lossFirst: losses[0],
  lossLast: losses.at(-1),
  peakMiB: peakMiB(),
  peakBeforeMiB: { training: startMiB, start: dataMiB },
  seconds: { start: start.wall, startCpu: start.cpu, epoch: epoch.wall, epochCpu: epoch.cpu },
});
await once(process, 'disconnect');
process.exit(0);
