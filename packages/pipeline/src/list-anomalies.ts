import { loadEngine } from '@kindred/compute';
import { LEAST_USERS } from '@kindred/insights';
import type { Database } from '@kindred/storage';
import { namedSnapshot } from './chosen.js';
import type { RunSettings } from './run-settings.js';
import { anomaliesOf, type UserAnomaly } from './user-anomalies.js';

/** With fewer users nobody can say what is usual. */
export const FEWEST_JUDGED_USERS = LEAST_USERS;

export interface ListedAnomalies {
  readonly snapshotId: string;
  /** Of the snapshot, all of whom were looked at. */
  readonly users: number;
  readonly anomalies: readonly Omit<UserAnomaly, 'row'>[];
}

/** In the words of a run's settings, checked by the caller. */
export interface AnomalyChoice extends Pick<RunSettings, 'engine' | 'seed' | 'snapshotId'> {
  readonly threads?: number | undefined;
  /** Whether a discriminator is asked as well: see `AnomalyRequest`. */
  readonly critic?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Users of a snapshot whom nothing explains, the strangest first: those that a training with `excludeAnomalies`, seed and
 * engine the same, leaves out of the model that serves, where no critic is asked.
 * @throws KindredError NOT_FOUND, DATA_EMPTY where there is no snapshot yet, ENGINE_UNAVAILABLE
 */
export async function listAnomalies(
  database: Database,
  { snapshotId, engine: engineName, seed, threads, critic, signal }: AnomalyChoice,
): Promise<ListedAnomalies> {
  const snapshot = await namedSnapshot(database, snapshotId);
  const part = await snapshot.part('serve');
  const engine = await loadEngine(engineName, threads === undefined ? {} : { threads });
  try {
    const found = await anomaliesOf(snapshot, part, { engine, seed, critic, signal });
    const anomalies = found.map(({ row: _, ...anomaly }) => anomaly);
    return { snapshotId: snapshot.manifest.snapshotId, users: part.users.length, anomalies };
  } finally {
    await engine.dispose();
  }
}
