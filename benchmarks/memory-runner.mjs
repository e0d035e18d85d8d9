// One size of memory.mjs in a process of its own.
import { once } from 'node:events';
import { loadEngine } from '@kindred/compute';
import { getMethod, resolveSettings } from '@kindred/models';
import { clusteredLog } from './clustered-log.mjs';

const { users, items, pairsPerUser, dimensions, engine: engineName, seed } = JSON.parse(process.argv[2]);

const timed = async (body) => {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const value = await body();
  const { user, system } = process.cpuUsage(cpu);
  return { value, wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
};
const peakMiB = () => Math.round(process.resourceUsage().maxRSS / 1024);

const { data } = clusteredLog({ users, items, pairsPerUser, seed });
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
