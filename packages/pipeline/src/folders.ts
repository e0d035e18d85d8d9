import { join } from 'node:path';

/** Of a model's training, in its folder: what it found, a learning curve, and that of what generates for it, where something does. */
export const [MANIFEST, CURVE, GENERATOR_CURVE] = ['manifest.json', 'curve.json', 'generator-curve.json'];

/** Where things lie under the data directory. */
export const folders = {
  snapshots: (dataDir: string) => join(dataDir, 'snapshots'),
  snapshot: (dataDir: string, snapshotId: string) => join(dataDir, 'snapshots', snapshotId),
  models: (dataDir: string) => join(dataDir, 'models'),
  model: (dataDir: string, modelId: string) => join(dataDir, 'models', modelId),
  /** The twin that was trained without the test events: what the reported metrics are about. */
  evaluated: (modelFolder: string) => join(modelFolder, 'evaluated'),
  /** Trained on everything: what serves, with its indexes. */
  served: (modelFolder: string) => join(modelFolder, 'served'),
  /** What searches have measured, so that none of it is trained again; may be deleted at any time. */
  searchLog: (dataDir: string, snapshotId: string, method: string) =>
    join(dataDir, 'searches', snapshotId, `${method}.jsonl`),
  runs: (dataDir: string) => join(dataDir, 'runs'),
  /** What a run keeps to go on from; gone when it has ended. */
  run: (dataDir: string, runId: string) => join(dataDir, 'runs', runId),
  checkpoints: (dataDir: string, runId: string) => join(dataDir, 'runs', runId, 'checkpoints'),
};

/** An id that sorts by time: 20261122T074400123-4f9a1c. */
export function timedId(nowMs: number, entropy: string): string {
  const stamp = new Date(nowMs).toISOString().replaceAll(/[-:.Z]/g, '');
  return `${stamp}-${entropy.slice(0, 6)}`;
}
