import type { Engine } from '@kindred/compute';
import { columnDegrees, KindredError, type LogColumns, Random, rowDegrees, type TrainingData } from '@kindred/domain';
import {
  type Anomaly,
  behaviourOf,
  describeAnomaly,
  eventsOf,
  type FoundAnomalies,
  findAnomalies,
  LEAST_USERS,
  leftOutErrors,
  popularityErrors,
} from '@kindred/insights';
import type { ModelArtefact, Vocabulary } from '@kindred/models';
import { dataWithoutUsers, type EventLog, type SnapshotPart, type StoredSnapshot, trainsOn } from '@kindred/pairs';
import { trainModel } from '@kindred/training';

/** A user whom nothing explains. */
export interface UserAnomaly {
  readonly userId: string;
  /** Row of the part. */
  readonly row: number;
  /** From 1, the strangest first. */
  readonly rank: number;
  readonly score: number;
  /** In words. */
  readonly because: string;
  readonly signals: Anomaly['signals'];
}

export interface AnomalyRequest {
  readonly engine: Engine;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/** What explains histories here: quick to train, and what it expects of somebody is a distribution over the items. */
const GENERATOR = 'dae';
/** Each user is explained by a model of the other half: one that had seen their oddities would have learned them. */
const HALVES = 2;

/**
 * Users of a part whom nothing explains, by its training events alone, the strangest first; nobody where there are too few
 * users to say what is usual.
 * @throws KindredError INTERRUPTED
 */
export async function anomaliesOf(
  snapshot: Pick<StoredSnapshot, 'events'>,
  part: SnapshotPart,
  request: AnomalyRequest,
): Promise<UserAnomaly[]> {
  if (part.users.length < LEAST_USERS) return [];
  const { flagged } = await judgeUsers(await snapshot.events(), part, request);
  const lengths = rowDegrees(part.data.positives);
  return flagged.map((anomaly) => {
    const { user: row, rank, score, signals } = anomaly;
    const because = describeAnomaly(anomaly, lengths[row] as number);
    return { userId: part.users[row] as string, row, rank, score, because, signals };
  });
}

/** How strange every user of a part is. @throws KindredError as `anomaliesOf`; DATA_EMPTY for a single user */
export async function judgeUsers(log: EventLog, part: SnapshotPart, request: AnomalyRequest): Promise<FoundAnomalies> {
  const history = part.data.positives;
  const rowOf = new Map(part.users.map((id, row) => [id, row]));
  const rowOfUser = Int32Array.from(log.users, (id) => rowOf.get(id) ?? -1);
  const behaviour = behaviourOf(trainingEvents(log, part), rowOfUser, history);
  return findAnomalies({ history, behaviour, ...(await errorsOf(part, request)) });
}

/** The events that a part learns from. */
function trainingEvents(log: EventLog, { name }: SnapshotPart): LogColumns {
  const places = Uint32Array.from(log.set.keys()).filter((at) => trainsOn(name, log.set[at] as number));
  return eventsOf(log, places);
}

/**
 * [U] each: how badly a model of the other half, and its popularity, explain each user; NaN where there is no model, for
 * histories that do not differ teach none: then the rules judge alone.
 */
async function errorsOf(
  { data, users, items }: SnapshotPart,
  { engine, seed, signal }: AnomalyRequest,
): Promise<{ errors: Float64Array; popularityErrors: Float64Array }> {
  const half = new Random(seed, 'halves').shuffle(Uint8Array.from(users, (_, row) => row % HALVES));
  const errors = new Float64Array(users.length).fill(Number.NaN);
  const ofPopularity = new Float64Array(users.length).fill(Number.NaN);
  for (let own = 0; own < HALVES; own++) {
    const others = dataWithoutUsers(data, (row) => half[row] === own);
    const artefact = await trainedOn(others, { users, items }, { engine, seed, signal });
    if (artefact === undefined) continue;
    const { positives, times } = dataWithoutUsers(data, (row) => half[row] !== own);
    const byModel = await leftOutErrors(artefact, positives, times, { seed, matmul: engine.matmul.bind(engine) });
    const byPopularity = popularityErrors(positives, columnDegrees(others.positives));
    half.forEach((of, row) => {
      if (of !== own) return;
      errors[row] = byModel[row] as number;
      ofPopularity[row] = byPopularity[row] as number;
    });
  }
  return { errors, popularityErrors: ofPopularity };
}

/** @returns undefined where there is nothing to learn. @throws KindredError INTERRUPTED */
async function trainedOn(
  data: TrainingData,
  vocabulary: Vocabulary,
  request: AnomalyRequest,
): Promise<ModelArtefact | undefined> {
  try {
    const { artefact, stopped } = await trainModel({ method: GENERATOR, data, vocabulary, ...request });
    if (stopped === 'aborted') throw new KindredError('INTERRUPTED', 'the search for anomalies was stopped');
    return artefact;
  } catch (error) {
    if (error instanceof KindredError && error.code === 'TRAINING_DEGENERATE') return undefined;
    throw error;
  }
}
