import { type Engine, loadEngine } from '@kindred/compute';
import { emptyMatrix, matrixFromTriples, Random, type TrainingData } from '@kindred/domain';
import type { MethodRun, SavedRun, Vocabulary } from '../src/index.js';
import { getMethod, resolveSettings } from '../src/index.js';

let engine: Engine | undefined;

/** The reference engine, loaded once. */
export async function referenceEngine(): Promise<Engine> {
  engine ??= await loadEngine('cpu');
  return engine;
}

/** A small log at random: strengths and weights of all sizes, the last item and the last user without any pair. */
export function randomData(users: number, items: number, label: string, timed = false): TrainingData {
  const random = new Random(5, label);
  const rows: number[] = [];
  const columns: number[] = [];
  for (let user = 0; user < users - 1; user++) {
    for (const item of random.sample(items - 1, 1 + random.below(Math.min(5, items - 1)))) {
      rows.push(user);
      columns.push(item);
    }
  }
  const values = Float32Array.from(rows, () => 0.5 + random.next());
  const positives = matrixFromTriples(users, items, Uint32Array.from(rows), Uint32Array.from(columns), values);
  const endTimeMs = 1_700_000_000_000;
  return {
    positives,
    weights: Float32Array.from(rows, () => 0.2 + random.next()),
    times: timed ? Float64Array.from(rows, () => endTimeMs - random.below(100) * 86_400_000) : undefined,
    negatives: emptyMatrix(users, items),
    endTimeMs: timed ? endTimeMs : undefined,
  };
}

export function vocabularyOf({ positives }: TrainingData): Vocabulary {
  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, k) => `${prefix}${k}`);
  return { users: names('u', positives.rowCount), items: names('i', positives.columnCount) };
}

export async function prepare(
  name: string,
  data: TrainingData,
  settings: Record<string, unknown> = {},
  seed = 1,
): Promise<MethodRun> {
  const method = getMethod(name);
  const resolved = resolveSettings(method.settings, settings);
  return method.prepare({ data, settings: resolved, engine: await referenceEngine(), seed });
}

/** The state as a checkpoint would keep it: `save` gives live arrays, and `structuredClone` takes none of an arena. */
export function copyOfState({ tensors, counters }: SavedRun): SavedRun {
  const copied = Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]);
  return { tensors: Object.fromEntries(copied), counters: structuredClone(counters) };
}

/**
 * Saves a run after some steps, and lets it and one that goes on from what was saved take as many more.
 * @param start a run of the same data and settings; another seed: all must come out of the saved state
 */
export async function resumeHalfway(start: (seed: number) => Promise<MethodRun>, before: number, after: number) {
  const run = await start(1);
  for (let k = 0; k < before; k++) await run.step();
  const saved = copyOfState(run.save());
  for (let k = 0; k < after; k++) await run.step();
  const resumed = await start(99);
  resumed.restore(saved);
  for (let k = 0; k < after; k++) await resumed.step();
  return { run, resumed, saved };
}
